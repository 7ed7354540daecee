#include "layers/conv_shape.h"

int channels_padded(int channels)
{
    return channels <= 4 ? 4 : (channels + 15) / 16 * 16;
}

ptrdiff_t conv_pad(const struct conv *conv)
{
    return (conv->kernel - 1) / 2;
}

ptrdiff_t conv_out_height(const struct conv *conv)
{
    return (conv->height + conv->stride - 1) / conv->stride;
}

ptrdiff_t conv_out_width(const struct conv *conv)
{
    return (conv->width + conv->stride - 1) / conv->stride;
}

ptrdiff_t conv_input_floats(const struct conv *conv)
{
    return conv->height * conv->width * conv->inputs;
}

ptrdiff_t conv_output_floats(const struct conv *conv)
{
    return conv_out_height(conv) * conv_out_width(conv) * conv->outputs;
}

ptrdiff_t conv_weight_floats(const struct conv *conv)
{
    return conv->kernel * conv->kernel * conv->inputs * conv->outputs;
}
