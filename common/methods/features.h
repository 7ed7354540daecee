/* Features: the matrix [rows, dimension], row-major, that a field of a row stream holds, checked. */
#ifndef TALE_METHODS_FEATURES_H
#define TALE_METHODS_FEATURES_H

#include <stdint.h>

#include "data/stream.h"

struct features {
    const float *value; /* [rows, dimension], owned by the frame */
    int64_t rows, dimension;
};

/* The field as a matrix. Dies, naming the stream and the rule, where it is missing, not F32 [N, D], has rows without
 * a value, or holds a NaN or an infinity (named by its row, from 0). */
struct features features_require(const struct frame *frame, const char *field);

/* The same, but values are not looked at, and may lie at any address: of a frame of stream_map. */
struct features features_layout(const struct frame *frame, const char *field);

/* Die, naming path, field, row and frame, if one of the values [rows, dimension] is not finite. */
void features_check(const float_anywhere *value, int64_t rows, int64_t dimension, const char *path, const char *field,
                    int64_t frame);

/* Read all frames that are left as one, each checked as above; `frame` holds nothing yet, caller frees. Of the fields
 * only those named in keep (NULL-terminated, with `field` itself) stay; keep NULL: all. A stream without a frame
 * gives an empty frame and no rows. */
struct features features_read_all(struct stream *stream, const char *field, const char *const *keep,
                                  struct frame *frame);

/* mean[d] = sum_i value[i, d] / rows: mean [dimension], summed in double in the order of the rows; 0 without rows. */
void column_means(const float *value, int64_t rows, int64_t dimension, double *mean);

/* sum_d (x[d] - y[d])^2 and sum_d x[d] y[d]: x, y [dimension], in double. Partial sums let the compiler use vectors;
 * their order is fixed, so every call on the same rows gives the same bits. */
double squared_distance(const float *x, const float_anywhere *y, int64_t dimension);
double dot_product(const float_anywhere *x, const float_anywhere *y, int64_t dimension);

#endif
