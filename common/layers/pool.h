/* Average pooling: of a whole map, or of the cells of a grid on it. Activations are NHWC with padded channels
 * (conv.h). */
#ifndef TALE_LAYERS_POOL_H
#define TALE_LAYERS_POOL_H

#include <stddef.h>

#include "layers/activation.h"

/* feature[n][c] = mean over pixels of x[n][p][c];   x: [images][pixels][channels], feature: [images][channels]. */
void pool_forward(int images, int pixels, int channels, const float *x, float *feature);

/* feature[n][i][j][c] = mean of x[n][h][w][c] over floor(i height / grid) <= h < ceil((i + 1) height / grid), and over
 * w likewise: adaptive average pooling, whose cells overlap by a pixel where the sides are not multiples of `grid`,
 * which is at most the shorter one.   x: [images][height][width][channels], feature: [images][grid][grid][channels]. */
void pool_grid_forward(int images, int height, int width, int channels, int grid, const float *x, float *feature);

/* The gradient before the activation that gave x: dx[n][p][c] = dfeature[n][c] / pixels f'; and its sums
 * [3][channels] alone and with `first` and `second` (each like x, or NULL), which the batch norms below need.
 * parts: scratch of pool_parts(images, channels) floats, so that sums are taken image by image in order. */
void pool_backward(enum activation activation, int images, int pixels, int channels, const float *dfeature,
                   const float *x, const float *first, const float *second, float *dx, double *sums, float *parts);

/* Floats of scratch that pool_backward needs. */
size_t pool_parts(int images, int channels);

#endif
