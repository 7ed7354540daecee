/* The filters of a convolution as pictures: their choice, order and scale.
 *
 * A layer's weights are F32 [K,C,kh,kw], row-major: K filters, each with a kernel for each of C input channels. */
#ifndef TALE_METHODS_FILTERS_H
#define TALE_METHODS_FILTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "pictures/image.h"
#include "pictures/palette.h"

struct filters {
    int64_t count, channels, height, width; /* K, C, kh, kw */
    const float *weight;                    /* not owned */
};

/* order [count] = 0, 1, ..., or by decreasing Euclidean norm of the filters (ties by number). */
void filters_order(int64_t *order, const struct filters *filters, bool by_norm);

/* order [channels] of the input channels of filter k by decreasing norm of their kernels (ties by number). */
void filter_inputs_order(int64_t *order, const struct filters *filters, int64_t k);

/* [-m, m] with the largest magnitude m of all weights, or of filter k's weights: zero is always in the middle. */
struct range filters_range(const struct filters *filters);
struct range filter_range(const struct filters *filters, int64_t k);

/* Filter k of a layer with three input channels as one RGB image [kh, kw]: weight -m becomes 0, zero the middle, m 255.
 * Caller frees. */
struct image filter_rgb(const struct filters *filters, int64_t k, struct range range);

/* Filter k's kernel for input channel c. Caller frees. */
struct image filter_kernel(const struct filters *filters, int64_t k, int64_t c, struct range range,
                           enum palette palette);

#endif
