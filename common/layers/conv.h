/* Convolution, with what comes before and after it done while the data are at hand.
 *
 *     y[n,i,j,k] = sum_{r,q,c} w[r,q,c,k] act(x)[n, s i + r - p, s j + q - p, c],   p = (kernel - 1) / 2, zero outside
 *
 * conv_shape.h has layouts and sizes, conv_pass.h what a pass is given. Results do not depend on the number of threads:
 * work is cut into units and slices of images that depend on the shape only. */
#ifndef TALE_LAYERS_CONV_H
#define TALE_LAYERS_CONV_H

#include "layers/conv_pass.h"

/* Weights in the form that conv_forward takes, computed once for many calls. conv_prepare fills `prepared`, of
 * conv_prepared_floats(conv) floats, and returns it; or returns `weight` itself where that is the form. */
size_t conv_prepared_floats(const struct conv *conv);
const float *conv_prepare(const struct conv *conv, const float *weight, float *prepared);

/* Floats of scratch that both passes of this layer need for `images` images, with the threads in use. */
size_t conv_workspace(const struct conv *conv, ptrdiff_t images);

void conv_forward(const struct conv *conv, const struct conv_forward_pass *pass);
void conv_backward(const struct conv *conv, const struct conv_backward_pass *pass);

#endif
