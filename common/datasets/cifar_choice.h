/* Which rows of a data set to write: split, hold-out, classes, order, number, shard. */
#ifndef TALE_DATASETS_CIFAR_CHOICE_H
#define TALE_DATASETS_CIFAR_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "datasets/cifar.h"

enum split { SPLIT_TRAIN, SPLIT_VAL, SPLIT_TEST };

/* The steps are applied in this order; each works on the rows that the one before it left. */
struct cifar_choice {
    enum split split;
    const char *val;      /* rows held out of the training part, as "5000" or "10%" */
    const char *classes;  /* names or numbers, comma-separated; NULL: all */
    enum cifar_labels labels; /* the labels that `classes` and `per_class` refer to */
    bool shuffled;
    int64_t seed;
    int64_t per_class;    /* the first so many rows of each class; 0 for all */
    int64_t rows;         /* the first so many rows; 0 for all */
    const char *shard;    /* "i/n": part i of n nearly equal parts, 1 <= i <= n; NULL for all */
};

/* The chosen row numbers, in output order. The hold-out is stratified: each class contributes in proportion to its rows
 * (largest remainders first), drawn with a fixed seed, so it is the same in every run and for fine and coarse labels.
 * Files that the user named (cifar_batch.alone) are used completely. Dies if an option does not fit the data. Caller
 * frees. */
int64_t *cifar_choose(const struct cifar *set, const struct cifar_choice *choice, int64_t *count);

#endif
