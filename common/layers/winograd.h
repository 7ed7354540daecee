/* The fast path of conv.h for 3x3 convolutions: Winograd's minimal filtering, F(4x4,3x3), with the products over
 * channels done by BLIS. winograd_math.h has the mathematics, conv.h the meaning of the arguments. */
#ifndef TALE_LAYERS_WINOGRAD_H
#define TALE_LAYERS_WINOGRAD_H

#include "layers/conv.h"

/* Whether this path takes the layer: 3x3, stride 1 or 2, channels in multiples of 16. */
bool winograd_covers(const struct conv *conv);

size_t winograd_workspace(const struct conv *conv, int images);

size_t winograd_prepared_floats(const struct conv *conv);
void winograd_prepare(const struct conv *conv, const float *weight, float *prepared);

void winograd_forward(const struct conv *conv, int images, struct conv_input input, const float *prepared,
                      struct conv_output output, float *workspace);

void winograd_backward(const struct conv *conv, int images, struct conv_input input, struct conv_gradient gradient,
                       const float *weight, float *dweight, float *dx, const struct conv_epilogue *epilogue,
                       float *workspace);

#endif
