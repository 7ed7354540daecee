/* The shape of a convolution layer, and the sizes that follow from it.
 *
 * Layout: activations are NHWC; the channels of a pixel are contiguous and padded with zeros to a multiple of 16 (of 4
 * for images of up to 4 channels), so that every loop over channels uses whole vectors. Weights are
 * [kernel][kernel][C][K] with the same padding.
 *
 * Sizes that index memory are ptrdiff_t, so that their products cannot overflow an int. */
#ifndef TALE_LAYERS_CONV_SHAPE_H
#define TALE_LAYERS_CONV_SHAPE_H

#include <stddef.h>

struct conv {
    ptrdiff_t inputs, outputs; /* channels C and K, padded */
    ptrdiff_t kernel;          /* 1 or 3 */
    ptrdiff_t stride;          /* 1 or 2 */
    ptrdiff_t height, width;   /* H and W, of the input */
};

/* The number of channels stored for `channels`: the next multiple of 16, or 4 for up to 4. */
int channels_padded(int channels);

/* Zeros around the input: (kernel - 1) / 2. */
ptrdiff_t conv_pad(const struct conv *conv);

/* H' = ceil(H / stride), W' = ceil(W / stride). */
ptrdiff_t conv_out_height(const struct conv *conv);
ptrdiff_t conv_out_width(const struct conv *conv);

/* Floats of the input and output of one image, and of the weights. */
ptrdiff_t conv_input_floats(const struct conv *conv);
ptrdiff_t conv_output_floats(const struct conv *conv);
ptrdiff_t conv_weight_floats(const struct conv *conv);

#endif
