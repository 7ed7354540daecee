/* Convolution, fused with the operations before and after it while the data are in cache.
 *
 *     y[n,i,j,k] = sum_{r,q,c} w[r,q,c,k] act(x)[n, s i + r - p, s j + q - p, c],   p = (kernel - 1) / 2, zero outside
 *
 * conv_shape.h describes layouts and sizes, conv_pass.h the arguments of a pass. Results do not depend on the number of
 * threads: work is divided into units and slices of images that depend only on the shape. */
#ifndef TALE_LAYERS_CONV_H
#define TALE_LAYERS_CONV_H

#include "layers/conv_pass.h"

/* Weights in the form that conv_forward uses, computed once for many calls. conv_prepare fills `prepared`, which has
 * conv_prepared_floats(conv) floats, and returns it; or it returns `weight` itself if that already has the form. */
size_t conv_prepared_floats(const struct conv *conv);
const float *conv_prepare(const struct conv *conv, const float *weight, float *prepared);

/* Floats of scratch memory that both passes of this layer need for `images` images with the current number of
 * threads. */
size_t conv_workspace(const struct conv *conv, ptrdiff_t images);

void conv_forward(const struct conv *conv, const struct conv_forward_pass *pass);
void conv_backward(const struct conv *conv, const struct conv_backward_pass *pass);

#endif
