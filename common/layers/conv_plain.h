/* The plain path of conv.h: patches gathered into a matrix (im2col), then BLIS's sgemm. It takes any kernel size,
 * stride and size of image; see conv.h for what the arguments mean. */
#ifndef TALE_LAYERS_CONV_PLAIN_H
#define TALE_LAYERS_CONV_PLAIN_H

#include "layers/conv.h"

size_t conv_plain_workspace(const struct conv *conv, int images);

void conv_plain_forward(const struct conv *conv, int images, struct conv_input input, const float *weight,
                        struct conv_output output, float *workspace);

void conv_plain_backward(const struct conv *conv, int images, struct conv_input input, struct conv_gradient gradient,
                         const float *weight, float *dweight, float *dx, const struct conv_epilogue *epilogue,
                         float *workspace);

#endif
