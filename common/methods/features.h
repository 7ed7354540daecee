/* Features: a field of a row stream as a checked matrix [rows, dimension], row-major. */
#ifndef TALE_METHODS_FEATURES_H
#define TALE_METHODS_FEATURES_H

#include <stdint.h>

#include "streams/stream.h"

struct features {
    const float *value; /* [rows, dimension], owned by the frame */
    int64_t rows, dimension;
};

/* The field as a matrix. Dies with the stream and the rule if it is missing, is not F32 [N, D], has rows without a
 * value, or has a NaN or an infinity (with its row, from 0). */
struct features features_require(const struct frame *frame, const char *field);

/* The same, but values are not checked and may be at any address: for frames of stream_map. */
struct features features_layout(const struct frame *frame, const char *field);

/* Dies with path, field, row and frame if one of the values [rows, dimension] is not finite. */
void features_check(const float_anywhere *value, int64_t rows, int64_t dimension, const char *path, const char *field,
                    int64_t frame);

/* Reads all remaining frames as one, each checked as above; `frame` is empty before, caller frees. Only the fields
 * named in keep (NULL-terminated, with `field` itself) are kept; if keep is NULL, all are. A stream without a frame
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
