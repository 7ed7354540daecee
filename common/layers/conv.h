/* Convolution, with what comes before and after it done while the data are at hand.
 *
 *     y[n,i,j,k] = sum_{r,q,c} w[r,q,c,k] act(x)[n, s i + r - p, s j + q - p, c],   p = (kernel - 1) / 2, zero outside
 *
 * Layout: activations are NHWC, a pixel's channels side by side and padded with zeros to a multiple of 16 (of 4 for
 * images of up to 4 channels), so that every loop over channels runs in whole vectors. Weights are
 * [kernel][kernel][C][K], padded alike. Results do not depend on the number of threads: work is cut into units and
 * slices of images that depend on the shape only. */
#ifndef TALE_LAYERS_CONV_H
#define TALE_LAYERS_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "layers/activation.h"

struct conv {
    int inputs, outputs; /* channels C and K, as padded */
    int kernel;          /* 1 or 3 */
    int stride;          /* 1 or 2 */
    int height, width;   /* of the input */
};

/* How many channels are stored for `channels`: a multiple of 16, or of 4 up to 4. */
int channels_padded(int channels);

int conv_out_height(const struct conv *conv);
int conv_out_width(const struct conv *conv);

/* Floats of input and output of one image, and of the weights. */
size_t conv_input_floats(const struct conv *conv);
size_t conv_output_floats(const struct conv *conv);
size_t conv_weight_floats(const struct conv *conv);

/* What conv_forward takes as weights: the weights in a form that is computed once for many calls. conv_prepare fills
 * `prepared`, of conv_prepared_floats(conv) floats, and returns it; or returns `weight` itself where it is used as it
 * is. */
size_t conv_prepared_floats(const struct conv *conv);
const float *conv_prepare(const struct conv *conv, const float *weight, float *prepared);

/* Floats of scratch that forward and backward of this layer need, with the threads in use, for `images` images. */
size_t conv_workspace(const struct conv *conv, int images);

/* The input: act(x) = x, or activation(scale_c x + shift_c) where scale is given, which is how a batch norm and a ReLU
 * between two convolutions are applied without being stored. */
struct conv_input {
    const float *x;             /* [N,H,W,C] */
    const float *scale, *shift; /* [C], or NULL */
    enum activation activation;
};

/* The output, and what is done to it while it is in cache. */
struct conv_output {
    float *y;              /* [N,H',W',K] */
    double *sums;          /* [2][K]: sums of y and of y^2 over all pixels, for batch norm; or NULL */
    const float *bias;     /* [K], added; or NULL */
    const float *residual; /* [N,H',W',K], added; or NULL */
    bool activate;         /* the activation at the end */
    enum activation activation;
};

void conv_forward(const struct conv *conv, int images, struct conv_input input, const float *prepared,
                  struct conv_output output, float *workspace);

/* The gradient at the output, dy = a_k g + b_k y + c_k: the backward pass of a batch norm applied while loading (see
 * batchnorm_backward), or dy = g where a is NULL. */
struct conv_gradient {
    const float *g, *y;     /* [N,H',W',K] */
    const float *a, *b, *c; /* [K], or NULL */
};

/* What is done to the gradient at the input while it is in cache: dx = (dx + skip) f', with f' the slope of the
 * activation whose output the gate is, so with a ReLU dx + skip where gate > 0, else 0; then its sums alone and with
 * other tensors, which the batch norm below needs. */
struct conv_epilogue {
    const float *skip;                    /* [N,H,W,C], or [N,ceil(H/2),ceil(W/2),C] for even pixels; or NULL */
    int skip_stride;                      /* 1 or 2 */
    const float *gate;                    /* [N,H,W,C]; NULL: everything passes */
    const float *gate_scale, *gate_shift; /* [C]: the gate is activation(gate_scale_c gate + gate_shift_c); or NULL */
    enum activation activation;
    const float *with[2];                 /* [N,H,W,C], or NULL */
    double *sums;                         /* [3][C]: of dx, of dx with[0], of dx with[1]; or NULL */
};

/* dweight = the gradient of the weights (set, not added to). dx, [N,H,W,C] = the gradient of act(x) after the
 * epilogue; NULL: not wanted. dx may be the skip's own memory where skip_stride is 1. A 1x1 convolution takes no
 * epilogue, and its dx is [N,H',W',C], that of the pixels it read: just what the epilogue of the convolution beside
 * it takes as skip. */
void conv_backward(const struct conv *conv, int images, struct conv_input input, struct conv_gradient gradient,
                   const float *weight, float *dweight, float *dx, const struct conv_epilogue *epilogue,
                   float *workspace);

#endif
