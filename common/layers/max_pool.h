/* Maximum pooling over adjacent squares of 2 x 2 pixels, which halves an image. If a side is odd, its last pixels form
 * a row or column of their own. Activations are NHWC with padded channels (conv_shape.h). */
#ifndef TALE_LAYERS_MAX_POOL_H
#define TALE_LAYERS_MAX_POOL_H

#include <stddef.h>

struct max_pool {
    ptrdiff_t images, height, width, channels; /* N, H, W and C of the input */
};

/* Floats of scratch that both passes need. */
size_t max_pool_workspace(const struct max_pool *pool);

/* out[n][i][j][c] = max of x[n][2i + (0|1)][2j + (0|1)][c], NaN if one of them is NaN. sums [2][C] are the sums of out
 * and of out^2 over all pixels, for a batch norm, added image by image in order (sums may be NULL; the workspace is
 * then unused). x: [N][H][W][C],   out: [N][ceil(H / 2)][ceil(W / 2)][C]. */
void max_pool_forward(const struct max_pool *pool, const float *x, float *out, double *sums, float *workspace);

/* The gradient at `out`: dout = a_c g + b_c out + c_c, the backward pass of the batch norm above
 * (batchnorm_backward). */
struct max_pool_gradient {
    const float *out, *g;   /* [N][ceil(H / 2)][ceil(W / 2)][C] */
    const float *a, *b, *c; /* [C] */
};

/* Overwrites x with its gradient: dout at the first pixel that attained its square's maximum, 0 elsewhere. */
void max_pool_backward(const struct max_pool *pool, float *x, const struct max_pool_gradient *gradient,
                       float *workspace);

#endif
