/* Which rows of a data set: split, hold-out, classes, order, number, shard. */
#ifndef TALE_DATASETS_CIFAR_CHOICE_H
#define TALE_DATASETS_CIFAR_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "datasets/cifar.h"

enum split { SPLIT_TRAIN, SPLIT_VAL, SPLIT_TEST };

/* The steps are taken in this order; each works on what the one before left. */
struct cifar_choice {
    enum split split;
    const char *val;      /* rows held out of the training part, as "5000" or "10%" */
    const char *classes;  /* names or numbers, comma-separated; NULL: all */
    enum cifar_labels labels; /* those that classes and per_class mean */
    bool shuffled;
    int64_t seed;
    int64_t per_class;    /* of each class the first so many; 0: all */
    int64_t rows;         /* the first so many; 0: all */
    const char *shard;    /* "i/n": part i of n nearly equal ones, 1 <= i <= n; NULL: all */
};

/* The row numbers chosen, in the order in which they shall be written. The hold-out is stratified: each class gives in
 * proportion to its rows (largest remainders first), drawn by a fixed seed, so it is the same in every run and for
 * fine and coarse labels. Files named alone (cifar_batch.alone) are taken whole. Dies where an option does not fit the
 * data. Caller frees. */
int64_t *cifar_choose(const struct cifar *set, const struct cifar_choice *choice, int64_t *count);

#endif
