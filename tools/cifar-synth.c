/* cifar-synth: draws a data set of scenes in the layout of CIFAR-10. */
#define _POSIX_C_SOURCE 200809L /* mkdir, unlink */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/progress.h"
#include "base/random.h"
#include "datasets/scene.h"

enum { TRAIN_BATCHES = 5, RECORD = 1 + SCENE_IMAGE, CHUNK = 500 };

/* Items of the test set are numbered from here, so that the number of training images does not change them. A multiple
 * of ten, because every ten items have one of each class. */
static const uint64_t test_items = 10000000000;

static void make_folder(const char *path)
{
    struct stat status;
    if (mkdir(path, 0777) && (errno != EEXIST || stat(path, &status)))
        die_errno("%s: cannot be made", path);
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
        die("%s: cannot be made: a file of this name is there", path);
}

/* Records first .. first + count of a part. Every ten records have each class once, in random order, so every slice of
 * the data set is balanced. */
static void draw_records(uint8_t *records, uint64_t seed, uint64_t first, int64_t count)
{
#pragma omp parallel for schedule(dynamic, 16)
    for (int64_t i = 0; i < count; i++) {
        uint64_t item = first + (uint64_t)i, ten = item / SCENE_CLASSES;
        int64_t order[SCENE_CLASSES];
        struct random random = random_of(seed, ~ten);
        for (int c = 0; c < SCENE_CLASSES; c++)
            order[c] = c;
        random_shuffle(&random, order, SCENE_CLASSES);
        int class = (int)order[item % SCENE_CLASSES];
        records[i * RECORD] = (uint8_t)class;
        scene_draw(records + i * RECORD + 1, class, seed, item);
    }
}

/* A batch without images is not written, because an empty file would look truncated; an existing one is removed. */
static void write_batch(const char *folder, const char *name, uint64_t seed, uint64_t first, int64_t count,
                        struct progress *progress, int64_t *done)
{
    char *path = format_string("%s/%s", folder, name);
    if (count == 0) {
        if (unlink(path) && errno != ENOENT)
            die_errno("%s: cannot be removed", path);
        free(path);
        return;
    }
    struct output output = output_open(path);
    uint8_t *records = allocate(CHUNK, RECORD);
    for (int64_t at = 0; at < count; at += CHUNK) {
        int64_t take = count - at < CHUNK ? count - at : CHUNK;
        draw_records(records, seed, first + (uint64_t)at, take);
        write_bytes(output.file, path, records, (size_t)take * RECORD);
        progress_update(progress, *done += take, NULL);
    }
    output_close(&output);
    free(records);
    free(path);
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char *path = format_string("%s/%s", folder, name);
    struct output output = output_open(path);
    write_bytes(output.file, path, text, strlen(text));
    output_close(&output);
    free(path);
}

static void write_names(const char *folder)
{
    char names[SCENE_CLASSES * 32] = "";
    for (int c = 0; c < SCENE_CLASSES; c++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s\n", scene_names[c]);
    write_text(folder, "batches.meta.txt", names);
}

int main(int argc, char **argv)
{
    int64_t train = 10000, test = 2000, seed = 1, done = 0;
    const struct option_row options[] = {
        OPTION_INTEGER(0, "train", &train, "N", 0, 1e8, "training images, in 5 batches"),
        OPTION_INTEGER(0, "test", &test, "N", 0, 1e8, "test images"),
        OPTION_INTEGER(0, "seed", &seed, "SEED", 0, 9e15, "random seed of the scenes"),
        OPTION_END,
    };
    static const struct usage usage = {
        "[--train N] [--test N] [--seed SEED] FOLDER",
        "Draw a data set of small scenes, with ten classes of objects that have an up and a down,\n"
        "and write it as FOLDER/cifar-10-batches-bin, in the binary layout of CIFAR-10.",
        false, false, 1, 1
    };
    int operand = options_parse(argc, argv, &usage, options);
    if (train > 0 && train < TRAIN_BATCHES)
        die_usage("--train: %lld images do not fill %d batches (0, or %d and more, are possible)", (long long)train,
                  TRAIN_BATCHES, TRAIN_BATCHES);

    char *folder = format_string("%s/cifar-10-batches-bin", argv[operand]);
    char *source = format_string("cifar-synth (seed %lld)\n", (long long)seed);
    struct progress progress = progress_start("images", train + test);
    make_folder(argv[operand]);
    make_folder(folder);

    for (int64_t b = 0; b < TRAIN_BATCHES; b++) {
        int64_t begin = train * b / TRAIN_BATCHES, end = train * (b + 1) / TRAIN_BATCHES;
        char name[] = "data_batch_1.bin";
        name[strlen("data_batch_")] = (char)('1' + b);
        write_batch(folder, name, (uint64_t)seed, (uint64_t)begin, end - begin, &progress, &done);
    }
    write_batch(folder, "test_batch.bin", (uint64_t)seed, test_items, test, &progress, &done);
    write_names(folder);
    write_text(folder, "source.txt", source);

    progress_end(&progress);
    free(source);
    free(folder);
    return EXIT_OK;
}
