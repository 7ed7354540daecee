/* The transforms of a Winograd convolution over rows of tiles, between activations (NHWC) and the transformed domain.
 * Each function transforms the rows of one block of 16 channels: first down the columns into a few lines of scratch
 * memory, then along these lines (in the other direction, the order is reversed). */
#ifndef TALE_LAYERS_WINOGRAD_TRANSFORM_H
#define TALE_LAYERS_WINOGRAD_TRANSFORM_H

#include "layers/conv_pass.h"
#include "layers/winograd_domain.h"

/* V = B^T act(x) B. v: the domain of the inputs. */
void transform_input(const struct tile_rows *rows, const struct conv_input *input, float *v);

/* y = A^T M A, with the operations in conv_output. m: the domain of a pass over outputs. stream: y is too large for the
 * caches. sums: [2][outputs], added to, or NULL. */
void transform_output(const struct tile_rows *rows, const float *m, const struct conv_output *output, bool stream,
                      double *sums);

/* Z = A dy A^T, the adjoint of transform_output. z: the domain of the outputs. */
void transform_gradient(const struct tile_rows *rows, const struct conv_gradient *gradient, float *z);

/* dx = B dV B^T with overlapping tiles added, the adjoint of transform_input, through the epilogue. The rows of an
 * image must come in order, because carry [overlap][width][16] holds sums that the next row of tiles continues. sums:
 * [3][inputs], added to, or NULL. */
void transform_adjoint(const struct tile_rows *rows, const float *dv, const struct conv_epilogue *epilogue, float *dx,
                       float *carry, double *sums);

/* U = G W G^T: from weights [3][3][C][K] to panels [36][K/16][C][16], for panel `panel`. Frequencies are weight_pitch
 * apart. */
void transform_weight(const struct winograd *shape, const float *weight, ptrdiff_t panel, float *u);

/* The same for the transposed weights, which carry gradients back: panels [36][C/16][K][16], for panel `panel` of C. */
void transform_weight_transposed(const struct winograd *shape, const float *weight, ptrdiff_t panel, float *u);

/* dW = G^T dU G, the adjoint of transform_weight, for `inputs` channels of one panel of outputs. du: [36][inputs][16];
 * dw: points to the first of these channels and outputs in [3][3][C][K]. */
void transform_weight_adjoint(const struct winograd *shape, const float *du, ptrdiff_t inputs, float *dw);

#endif
