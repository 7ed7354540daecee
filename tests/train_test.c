/* The training loop, by what it leaves in the network: batches of turned images; and that a model which was written and
 * read again is the same to the bit. */
#define _POSIX_C_SOURCE 200809L /* fileno */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/threads.h"
#include "check.h"
#include "learning/train.h"
#include "model/initialize.h"
#include "pictures/rotate.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE, TURNS = 4, GROUPS = 5, ROWS = TURNS * GROUPS };

static const struct normalization plain = { { 0, 0, 0 }, { 1, 1, 1 } };

static struct model small_model(int images)
{
    struct resnet_config config = { .stages = 1, .widths = { 4 }, .blocks = { 1 }, .classes = TURNS, .height = SIDE,
                                    .width = SIDE };
    struct model model = model_new(&config, images);
    model.normalization = plain;
    resnet_initialize(model.net, 1);
    return model;
}

/* Where each pixel of an image that was turned stood before. */
static void find_sources(int turns, uint8_t *source)
{
    uint8_t index[PIXELS];
    for (int p = 0; p < PIXELS; p++)
        index[p] = (uint8_t)p;
    rotate_quarter(source, index, 1, SIDE, turns);
}

/* Images of a batch turned back. */
static void turn_back(const float *turned, int turns, float *upright)
{
    uint8_t source[PIXELS];
    find_sources(turns, source);
    for (int p = 0; p < PIXELS; p++)
        memcpy(upright + 4 * source[p], turned + 4 * p, 4 * sizeof *turned);
}

/* The turns of an image are shifted, mirrored and cut alike: turned back, they are four times the same image, and
 * another than it was. */
static void turns_of_an_image_are_changed_alike(void)
{
    uint8_t image[ROWS][3 * PIXELS];
    int64_t rotation[ROWS];
    struct model model = small_model(ROWS);
    struct examples examples = { .count = ROWS, .height = SIDE, .width = SIDE, .image = image[0], .target = rotation,
                                 .rotation = rotation, .group = TURNS };
    struct train_options options = { .epochs = 1, .batch = ROWS, .seed = 1,
                                     .augment = { .crop = 3, .flip = true, .cutout = 3, .reflect = true } };
    struct random random = random_of(1, 0);
    for (int row = 0; row < ROWS; row++) {
        rotation[row] = row % TURNS;
        for (int p = 0; p < 3 * PIXELS && row % TURNS == 0; p++)
            image[row][p] = (uint8_t)(1 + random_below(&random, 255));
        rotate_quarter(image[row], image[row - row % TURNS], 3, SIDE, row % TURNS);
    }
    train(&model, &examples, NULL, &options);
    int same = 0;
    for (int row = 0; row < ROWS; row += TURNS) {
        float first[4 * PIXELS], other[4 * PIXELS];
        turn_back(model.net->input + (size_t)row * 4 * PIXELS, 0, first);
        for (int turns = 1; turns < TURNS; turns++) {
            turn_back(model.net->input + (size_t)(row + turns) * 4 * PIXELS, turns, other);
            CHECK_FLOATS(other, first, 4 * PIXELS, 0);
        }
        for (int group = 0; group < GROUPS; group++) {
            input_normalize(&plain, image[group * TURNS], SIDE, SIDE, other);
            same += memcmp(first, other, sizeof first) == 0;
        }
    }
    CHECK(same <= 1);
    model_free(&model);
}

static void a_model_comes_back_to_the_bit(void)
{
    struct model model = small_model(0);
    struct random random = random_of(2, 0);
    char path[64];
    FILE *file = tmpfile();
    CHECK(file != NULL);
    if (!file)
        return;
    for (int c = 0; c < 3; c++) {
        model.normalization.mean[c] = 1 / (3.0f + (float)c);
        model.normalization.deviation[c] = 1 / (7.0f + (float)c);
    }
    for (size_t i = 0; i < model.net->statistics; i++)
        model.net->running[i] = random_uniform(&random);
    model.net->steps = 12345;
    model_save(&model, file, "the model");
    fflush(file);
    snprintf(path, sizeof path, "/dev/fd/%d", fileno(file));
    struct model back = model_load(path, 0);
    CHECK_BYTES(&back.normalization, &model.normalization, sizeof back.normalization);
    for (int i = 0; i < model.net->tensors; i++) {
        const struct resnet_tensor *t = &model.net->tensor[i];
        const struct resnet_tensor *again = &back.net->tensor[i];
        size_t floats = (size_t)t->outputs * (size_t)(t->rank > 1 ? t->inputs : 1) *
                        (size_t)(t->rank == 4 ? t->kernel * t->kernel : 1);
        float *was = allocate_floats(floats), *is = allocate_floats(floats);
        resnet_export(t, resnet_values(model.net, t), was);
        resnet_export(again, resnet_values(back.net, again), is);
        CHECK_BYTES(is, was, floats * sizeof *is);
        free(was);
        free(is);
    }
    fclose(file);
    model_free(&model);
    model_free(&back);
}

int main(void)
{
    threads_start(2);
    program_quiet = true;
    RUN(turns_of_an_image_are_changed_alike);
    RUN(a_model_comes_back_to_the_bit);
    return check_verdict();
}
