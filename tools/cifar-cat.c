/* cifar-cat: writes images and labels of CIFAR files as a tensor stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/progress.h"
#include "datasets/cifar.h"
#include "datasets/cifar_choice.h"
#include "streams/stream.h"

static const char *const splits[] = { "train", "val", "test", NULL }, *const kinds[] = { "fine", "coarse", NULL };

/* A frame of rows[0..count) with the fields image, label and index. */
static struct frame make_frame(const struct cifar *set, const int64_t *rows, int64_t count, enum cifar_labels labels)
{
    struct frame frame = { 0 };
    int64_t shape[] = { count, CIFAR_CHANNELS, CIFAR_SIDE, CIFAR_SIDE };
    unsigned char *image = frame_put(&frame, "image", DTYPE_U8, 4, shape)->data;
    int64_t *label = frame_put(&frame, "label", DTYPE_I64, 1, shape)->data;
    int64_t *index = frame_put(&frame, "index", DTYPE_I64, 1, shape)->data;
    for (int64_t i = 0; i < count; i++) {
        int64_t within;
        const struct cifar_batch *batch = cifar_find_row(set, rows[i], &within);
        memcpy(image + i * CIFAR_IMAGE, batch->images + (size_t)within * batch->stride, CIFAR_IMAGE);
        label[i] = batch->label[labels][within];
        index[i] = rows[i];
    }
    return frame;
}

/* The name of the data: data set and split, or the single file that was given. Caller frees. */
static char *name_source(const struct cifar *set, enum split split)
{
    const char *part = splits[split];
    if (set->batches == 1 && set->batch[0].alone) {
        const char *slash = strrchr(set->batch[0].path, '/');
        part = slash ? slash + 1 : set->batch[0].path;
    }
    return format_string("%s %s", set->source, part);
}

/* Write the rows in frames of per_frame rows. */
static void write_rows(const struct cifar *set, const int64_t *rows, int64_t count, int64_t per_frame,
                       const struct cifar_choice *choice)
{
    char *classes = class_names_join(&set->names[choice->labels]);
    char *source = name_source(set, choice->split);
    struct progress progress = progress_start("images", count);
    int64_t done = 0;
    do { /* at least one frame: even a frame of 0 rows contains the fields and classes */
        int64_t take = count - done < per_frame ? count - done : per_frame;
        struct frame frame = make_frame(set, rows + done, take, choice->labels);
        frame_set_metadata(&frame, "classes", classes);
        frame_set_metadata(&frame, "source", source);
        stream_write(stdout, NULL, &frame);
        frame_free(&frame);
        done += take;
        progress_update(&progress, done, NULL);
    } while (done < count);
    progress_end(&progress);
    free(source);
    free(classes);
}

int main(int argc, char **argv)
{
    struct cifar_choice choice = { .val = "10%" };
    int split = SPLIT_TRAIN, labels = CIFAR_FINE;
    int64_t per_frame = 1000, count;
    const double many = 9e15; /* whole numbers up to here are exact in a double */
    const struct option_row options[] = {
        OPTION_CHOICE('s', "split", &split, "SPLIT", splits, "part of the data set"),
        OPTION_TEXT(0, "val", &choice.val, "N|P%", "number of training rows held out for validation"),
        OPTION_TEXT(0, "classes", &choice.classes, "LIST", "only these classes, names or numbers"),
        OPTION_CHOICE(0, "labels", &labels, "KIND", kinds, "labels of CIFAR-100"),
        OPTION_INTEGER(0, "shuffle", &choice.seed, "SEED", 0, many,
                       "seed of a random order; not given: the data set's order"),
        OPTION_INTEGER(0, "per-class", &choice.per_class, "N", 0, many, "only the first N rows of each class; 0: all"),
        OPTION_INTEGER('n', "number", &choice.rows, "N", 0, many, "only the first N rows; 0: all"),
        OPTION_TEXT(0, "shard", &choice.shard, "I/N", "only slice I of N of these rows"),
        OPTION_INTEGER(0, "rows", &per_frame, "N", 1, 1000000, "rows in a frame"),
        OPTION_END,
    };
    static const struct usage usage = {
        "[-s train|val|test] [OPTION...] PATH...",
        "Write images, labels and row numbers of CIFAR-10 or CIFAR-100 as a tensor stream.\n"
        "PATH is a folder, an archive or a single batch, in the binary or the python layout.",
        false, true, 1, -1
    };
    int operand = options_parse(argc, argv, &usage, options);

    choice.split = (enum split)split;
    choice.labels = (enum cifar_labels)labels;
    choice.shuffled = option_given(&choice.seed);
    struct cifar set = cifar_open(argv + operand, argc - operand, split == SPLIT_TEST ? CIFAR_TEST : CIFAR_TRAIN);
    int64_t *rows = cifar_choose(&set, &choice, &count);

    write_rows(&set, rows, count, per_frame, &choice);

    free(rows);
    cifar_close(&set);
    close_stdout();
    return EXIT_OK;
}
