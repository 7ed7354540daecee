/* The element-wise end of a residual block, the only pass over the data that is not part of a convolution. Activations
 * are NHWC with padded channels (conv_shape.h). */
#ifndef TALE_LAYERS_RESIDUAL_H
#define TALE_LAYERS_RESIDUAL_H

#include <stddef.h>

#include "layers/activation.h"

struct residual {
    enum activation activation;
    size_t pixels;
    int channels;                         /* C */
    const float *y, *scale, *shift;       /* [pixels][C], [C], [C] */
    const float *skip;                    /* [pixels][C], or NULL */
    const float *skip_scale, *skip_shift; /* [C], or NULL */
    float *out;                           /* [pixels][C] */
};

/* out = f(scale_c y + shift_c + skip), or + skip_scale_c skip + skip_shift_c if these are given; f is the
 * activation. */
void residual_forward(const struct residual *residual);

#endif
