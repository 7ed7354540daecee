/* The element-wise end of a residual block, the one pass over the data that is not part of a convolution.
 * Activations are NHWC with padded channels (conv.h). */
#ifndef TALE_LAYERS_RESIDUAL_H
#define TALE_LAYERS_RESIDUAL_H

#include <stddef.h>

#include "layers/activation.h"

/* out = f(scale_c y + shift_c + skip), or + skip_scale_c skip + skip_shift_c where these are given, f
 * the activation; skip may be NULL. y, skip, out: [pixels][channels]. */
void residual_forward(enum activation activation, size_t pixels, int channels, const float *y, const float *scale,
                      const float *shift, const float *skip, const float *skip_scale, const float *skip_shift,
                      float *out);

#endif
