/* Maximum pooling over squares of 2 x 2 pixels, side by side, which halves an image: of an odd side the last pixels
 * are a row or column of their own. Activations are NHWC with padded channels (conv.h). */
#ifndef TALE_LAYERS_MAX_POOL_H
#define TALE_LAYERS_MAX_POOL_H

#include <stddef.h>

/* Floats of scratch that both passes need. */
size_t max_pool_scratch(int images, int channels);

/* out[n][i][j][c] = max of x[n][2i + (0|1)][2j + (0|1)][c], NaN if one of them is; and its sums [2][channels] for batch
 * norm, of out and of out^2 over all pixels, taken image by image in order (NULL: not wanted, nor is scratch).
 * x: [images][height][width][channels],   out: [images][ceil(height / 2)][ceil(width / 2)][channels]. */
void max_pool_forward(int images, int height, int width, int channels, const float *x, float *out, double *sums,
                      float *scratch);

/* In place of x, the gradient at it: where x was the first of its square to be out, dout = a_c g + b_c out + c_c, else
 * 0. That dout is the backward pass of the batch norm above (batchnorm_backward).
 * g, out: as out of the forward pass. */
void max_pool_backward(int images, int height, int width, int channels, float *x, const float *out, const float *g,
                       const float *a, const float *b, const float *c, float *scratch);

#endif
