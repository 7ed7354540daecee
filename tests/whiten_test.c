/* The whitening stem: against loops, and by what it does to the patches of the images it was made from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"
#include "learning/whiten.h"
#include "model/initialize.h"
#include "model/train_step.h"

enum { COUNT = 80, HEIGHT = 7, WIDTH = 9, PIXELS = HEIGHT * WIDTH, PATCHES = COUNT * (HEIGHT - 2) * (WIDTH - 2) };

static uint8_t images[COUNT * 3 * PIXELS];
static struct normalization normalization;

/* Smooth images: neighbours are alike, and so are colours. */
static void make_images(void)
{
    struct random random = random_of(1, 0);
    for (int n = 0; n < COUNT; n++) {
        double slope[4];
        for (int i = 0; i < 4; i++)
            slope[i] = 12 * (double)random_normal(&random);
        for (int c = 0; c < 3; c++)
            for (int p = 0; p < PIXELS; p++) {
                double value = 128 + slope[0] * (p / WIDTH - 3) + slope[1] * (p % WIDTH - 4) + slope[2] +
                               slope[3] * (c - 1) + 6 * (double)random_normal(&random);
                images[(n * 3 + c) * PIXELS + p] = (uint8_t)fmin(fmax(value, 0), 255);
            }
    }
    normalization = normalization_measure(images, COUNT, HEIGHT, WIDTH);
}

/* Value i of patch number `at`. */
static double patch_value(int at, int i)
{
    int n = at / ((HEIGHT - 2) * (WIDTH - 2)), y = at / (WIDTH - 2) % (HEIGHT - 2), x = at % (WIDTH - 2);
    int c = i / 9, pixel = (y + i / 3 % 3) * WIDTH + x + i % 3;
    double value = (double)images[(n * 3 + c) * PIXELS + pixel] / 255;
    return (value - (double)normalization.mean[c]) / (double)normalization.deviation[c];
}

static void the_covariance_is_the_mean_product(void)
{
    double got[PATCH_VALUES * PATCH_VALUES], again[PATCH_VALUES * PATCH_VALUES];
    patch_covariance(&normalization, images, COUNT, HEIGHT, WIDTH, got);
    for (int i = 0; i < PATCH_VALUES; i++)
        for (int j = 0; j < PATCH_VALUES; j++) {
            double sum = 0;
            for (int at = 0; at < PATCHES; at++)
                sum += patch_value(at, i) * patch_value(at, j);
            CHECK_NEAR(got[i * PATCH_VALUES + j], sum / PATCHES, 1e-6);
        }
    for (int threads = 1; threads <= 3; threads++) {
        threads_start(threads);
        patch_covariance(&normalization, images, COUNT, HEIGHT, WIDTH, again);
        CHECK_BYTES(again, got, sizeof got);
    }
    patch_covariance(&normalization, images, COUNT, 2, WIDTH, again);
    CHECK_NEAR(again[0], 0, 0);
}

static struct resnet *network(int channels)
{
    struct resnet_config config = { .stages = 1, .widths = { channels }, .blocks = { 1 }, .classes = 2,
                                    .height = HEIGHT, .width = WIDTH };
    struct resnet *net = resnet_new(&config, 2);
    resnet_initialize(net, 1);
    return net;
}

/* What the filters give is uncorrelated, each of variance lambda / (lambda + epsilon), which is the square of the scale
 * that its batch norm has. */
static void patches_come_out_white(void)
{
    enum { FILTERS = 27 };
    struct resnet *net = network(60), *plain = network(60);
    float filter[60 * PATCH_VALUES], random[60 * PATCH_VALUES], *given = allocate_floats(FILTERS * PATCHES);
    whiten_stem(net, &normalization, images, COUNT, HEIGHT, WIDTH);
    resnet_export(net->unit[0].weight, resnet_values(net, net->unit[0].weight), filter);
    resnet_export(plain->unit[0].weight, resnet_values(plain, plain->unit[0].weight), random);
    for (int k = 0; k < FILTERS; k++) {
        for (int i = 0; i < PATCH_VALUES; i++)
            CHECK_NEAR(filter[2 * k * PATCH_VALUES + i], -filter[(2 * k + 1) * PATCH_VALUES + i], 0);
        for (int at = 0; at < PATCHES; at++) {
            double sum = 0;
            for (int i = 0; i < PATCH_VALUES; i++)
                sum += (double)filter[2 * k * PATCH_VALUES + i] * patch_value(at, i);
            given[k * PATCHES + at] = (float)sum;
        }
    }
    for (int k = 0; k < FILTERS; k++)
        for (int l = 0; l < FILTERS; l++) {
            double sum = 0, scale = (double)net->unit[0].norm.gamma[2 * k];
            for (int at = 0; at < PATCHES; at++)
                sum += (double)given[k * PATCHES + at] * (double)given[l * PATCHES + at];
            CHECK_NEAR(sum / PATCHES, k == l ? scale * scale : 0, 1e-3);
        }
    for (int k = 0; k < FILTERS; k++) { /* |filter|^2 = 1 / (lambda + epsilon), scale^2 = lambda / (lambda + epsilon) */
        double square = 0, scale = (double)net->unit[0].norm.gamma[2 * k];
        for (int i = 0; i < PATCH_VALUES; i++)
            square += pow((double)filter[2 * k * PATCH_VALUES + i], 2);
        CHECK_NEAR((1 - scale * scale) / square, 5e-4, 1e-5 + 2e-7 / square);
    }
    CHECK_NEAR(net->unit[0].norm.gamma[0], 1, 1e-3); /* the largest variance is far above epsilon */
    CHECK_FLOATS(filter + 54 * PATCH_VALUES, random + 54 * PATCH_VALUES, 6 * PATCH_VALUES, 0);
    free(given);
    resnet_free(net);
    resnet_free(plain);
}

/* Of a frozen stem all gradients but the filters' are those of one that trains. */
static void gradients_above_a_frozen_stem(void)
{
    struct resnet *frozen = network(8), *trained = network(8);
    const int64_t label[2] = { 0, 1 };
    whiten_stem(frozen, &normalization, images, COUNT, HEIGHT, WIDTH);
    whiten_stem(trained, &normalization, images, COUNT, HEIGHT, WIDTH);
    CHECK(frozen->tensor[0].frozen);
    trained->tensor[0].frozen = false;
    struct resnet *nets[2] = { frozen, trained };
    for (int i = 0; i < 2; i++) {
        double loss = 0;
        int64_t right = 0;
        for (int n = 0; n < 2; n++)
            input_normalize(&normalization, images + n * 3 * PIXELS, HEIGHT, WIDTH, nets[i]->input + n * 4 * PIXELS);
        resnet_train_step(nets[i], 2, label, 0, &loss, &right);
    }
    size_t rest = frozen->tensor[1].offset;
    CHECK_BYTES(frozen->gradients + rest, trained->gradients + rest, (frozen->parameters - rest) * sizeof(float));
    resnet_free(frozen);
    resnet_free(trained);
}

int main(void)
{
    threads_start(2);
    make_images();
    RUN(the_covariance_is_the_mean_product);
    RUN(patches_come_out_white);
    RUN(gradients_above_a_frozen_stem);
    return check_verdict();
}
