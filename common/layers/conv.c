#include "layers/conv.h"

#include "base/memory.h"
#include "layers/conv_plain.h"
#include "layers/winograd.h"

int channels_padded(int channels)
{
    return channels <= 4 ? 4 : (channels + 15) / 16 * 16;
}

int conv_out_height(const struct conv *conv)
{
    return (conv->height + conv->stride - 1) / conv->stride;
}

int conv_out_width(const struct conv *conv)
{
    return (conv->width + conv->stride - 1) / conv->stride;
}

size_t conv_input_floats(const struct conv *conv)
{
    return (size_t)conv->height * (size_t)conv->width * (size_t)conv->inputs;
}

size_t conv_output_floats(const struct conv *conv)
{
    return (size_t)conv_out_height(conv) * (size_t)conv_out_width(conv) * (size_t)conv->outputs;
}

size_t conv_weight_floats(const struct conv *conv)
{
    return (size_t)conv->kernel * (size_t)conv->kernel * (size_t)conv->inputs * (size_t)conv->outputs;
}

size_t conv_workspace(const struct conv *conv, int images)
{
    return winograd_covers(conv) ? winograd_workspace(conv, images) : conv_plain_workspace(conv, images);
}

size_t conv_prepared_floats(const struct conv *conv)
{
    return winograd_covers(conv) ? winograd_prepared_floats(conv) : 0;
}

const float *conv_prepare(const struct conv *conv, const float *weight, float *prepared)
{
    if (!winograd_covers(conv))
        return weight;
    winograd_prepare(conv, weight, prepared);
    return prepared;
}

void conv_forward(const struct conv *conv, int images, struct conv_input input, const float *prepared,
                  struct conv_output output, float *workspace)
{
    if (winograd_covers(conv))
        winograd_forward(conv, images, input, prepared, output, workspace);
    else
        conv_plain_forward(conv, images, input, prepared, output, workspace);
}

void conv_backward(const struct conv *conv, int images, struct conv_input input, struct conv_gradient gradient,
                   const float *weight, float *dweight, float *dx, const struct conv_epilogue *epilogue,
                   float *workspace)
{
    if (winograd_covers(conv))
        winograd_backward(conv, images, input, gradient, weight, dweight, dx, epilogue, workspace);
    else
        conv_plain_backward(conv, images, input, gradient, weight, dweight, dx, epilogue, workspace);
}
