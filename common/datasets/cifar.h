/* CIFAR data sets (Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"): 32x32 colour images and
 * their classes, in the official layouts.
 *
 *     CIFAR-10 binary    data_batch_1.bin ... data_batch_5.bin, test_batch.bin; batches.meta.txt
 *     CIFAR-10 python    data_batch_1 ... data_batch_5, test_batch; batches.meta
 *     CIFAR-100 binary   train.bin, test.bin; fine_label_names.txt, coarse_label_names.txt
 *     CIFAR-100 python   train, test; meta
 *
 * A binary record is a label byte (CIFAR-100: a coarse and a fine one), then 1024 bytes each of red, green and blue,
 * row by row; a batch is any whole number of records. */
#ifndef TALE_DATASETS_CIFAR_H
#define TALE_DATASETS_CIFAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datasets/cifar_files.h"

enum { CIFAR_SIDE = 32, CIFAR_CHANNELS = 3, CIFAR_IMAGE = CIFAR_CHANNELS * CIFAR_SIDE * CIFAR_SIDE };

enum cifar_part { CIFAR_TRAIN, CIFAR_TEST };
enum cifar_labels { CIFAR_FINE, CIFAR_COARSE, CIFAR_LABELS };

struct pickle;

struct cifar_batch {
    const char *path;              /* for messages */
    int64_t rows;
    const unsigned char *images;   /* image of row r: images + r * stride, CIFAR_IMAGE bytes */
    size_t stride;
    uint8_t *label[CIFAR_LABELS];  /* [rows] each; CIFAR_COARSE: NULL if there are only fine labels */
    bool alone;                    /* the user named this file: all its rows are used, for any split */
    struct pickle *pickle;         /* owns the images of the python layout */
};

struct class_names {
    char **name;
    int count;
};

struct cifar {
    struct cifar_files *files; /* [paths]; own the bytes */
    int paths;
    struct cifar_batch *batch; /* in the order of the paths and their batches */
    int batches;
    int64_t rows;              /* in all batches */
    struct class_names names[CIFAR_LABELS];
    char *source;              /* the name of the data: "CIFAR-10", or the first line of source.txt */
};

/* Opens the data sets at `paths` as one, with rows numbered through. A path is a folder with the files of one layout,
 * or with one such folder; an archive of such files; or a single batch. Only `part` is read from folders and archives.
 * Every label is checked against the number of classes, every file against its layout. Dies with the file and the rule
 * that it breaks. Caller frees with cifar_close(). */
struct cifar cifar_open(char **paths, int count, enum cifar_part part);
void cifar_close(struct cifar *set);

/* The batch that contains row `row`, and the row's position in it. */
const struct cifar_batch *cifar_find_row(const struct cifar *set, int64_t row, int64_t *within);

/* The names, comma-separated, as the metadata `classes` holds them. Caller frees. */
char *class_names_join(const struct class_names *names);

/* The class with a name or a number, or -1. */
int class_names_find(const struct class_names *names, const char *text);

#endif
