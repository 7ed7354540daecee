/* The arguments of a forward or backward pass of a convolution, and the operations applied to the data while they are
 * in cache. Shapes: N images; C, H, W channels and size of the input; K, H', W' those of the output (conv_shape.h). */
#ifndef TALE_LAYERS_CONV_PASS_H
#define TALE_LAYERS_CONV_PASS_H

#include <stdbool.h>

#include "layers/activation.h"
#include "layers/conv_shape.h"

/* The input: act(x) = x, or act(x) = activation(scale_c x + shift_c) if scale is given. This applies a batch norm and
 * an activation between two convolutions without storing the result. */
struct conv_input {
    const float *x;             /* [N,H,W,C] */
    const float *scale, *shift; /* [C], or NULL */
    enum activation activation;
};

/* The output, and the operations on it before it is stored. */
struct conv_output {
    float *y;              /* [N,H',W',K] */
    double *sums;          /* [2][K]: sums of y and of y^2 over all pixels, for a batch norm; or NULL */
    const float *bias;     /* [K], added; or NULL */
    const float *residual; /* [N,H',W',K], added; or NULL */
    bool activate;         /* apply the activation at the end */
    enum activation activation;
};

/* y = conv(act(x)). */
struct conv_forward_pass {
    ptrdiff_t images; /* N */
    struct conv_input input;
    const float *weight; /* as conv_prepare returned it */
    struct conv_output output;
    float *workspace; /* [conv_workspace] */
};

/* The gradient at the output: dy = a_k g + b_k y + c_k, the backward pass of a batch norm applied while loading (see
 * batchnorm_backward); or dy = g if a is NULL. */
struct conv_gradient {
    const float *g, *y;     /* [N,H',W',K] */
    const float *a, *b, *c; /* [K], or NULL */
};

/* Operations on the gradient at the input before it is stored: dx = (dx + skip) f', where f' is the slope of the
 * activation whose output is the gate. With a ReLU this is dx + skip where gate > 0, else 0. Then come the sums of dx,
 * alone and times other tensors, which the batch norm below needs. All zero: no operations. */
struct conv_epilogue {
    const float *skip;                    /* [N,H,W,C], or [N,ceil(H/2),ceil(W/2),C] for even pixels; or NULL */
    int skip_stride;                      /* 1 or 2 */
    const float *gate;                    /* [N,H,W,C]; NULL: f' = 1 */
    const float *gate_scale, *gate_shift; /* [C]: the gate is activation(gate_scale_c gate + gate_shift_c); or NULL */
    enum activation activation;
    const float *with[2];                 /* [N,H,W,C], or NULL */
    double *sums;                         /* [3][C]: of dx, of dx with[0], of dx with[1]; or NULL */
};

/* dweight and dx from the gradient at the output. A 1x1 convolution takes no epilogue, and its dx is [N,H',W',C], for
 * the pixels that it read: the form that the epilogue of the parallel 3x3 convolution takes as skip. */
struct conv_backward_pass {
    ptrdiff_t images; /* N */
    struct conv_input input;
    struct conv_gradient gradient;
    const float *weight; /* [kernel][kernel][C][K], not prepared */
    float *dweight;      /* the same shape; overwritten, not added to */
    float *dx;           /* [N,H,W,C], of act(x), after the epilogue; may be the skip's memory where skip_stride is 1.
                            NULL: not wanted */
    struct conv_epilogue epilogue;
    float *workspace; /* [conv_workspace] */
};

#endif
