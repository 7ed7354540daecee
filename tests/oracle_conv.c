#include "oracle_conv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The position of pixel (i, j) of an image. */
static size_t pixel_at(int image, int i, int j, int height, int width)
{
    return ((size_t)image * (size_t)height + (size_t)i) * (size_t)width + (size_t)j;
}

static double function(enum activation activation, double x)
{
    double alpha = (double)celu_alpha;
    if (activation == ACTIVATION_CELU)
        return x > 0 ? x : alpha * expm1(x / alpha);
    return fmax(0, x);
}

/* Its slope at x, or where it gives f. */
static double slope(enum activation activation, double x, bool from_output)
{
    double alpha = (double)celu_alpha;
    if (activation == ACTIVATION_CELU)
        return x > 0 ? 1 : from_output ? 1 + x / alpha : exp(x / alpha);
    return x > 0;
}

/* act(x) of a whole batch; caller frees. */
static double *activate(const struct conv *conv, int images, struct conv_input input)
{
    size_t count = (size_t)images * conv_input_floats(conv);
    double *act = allocate(count, sizeof *act);
    for (size_t i = 0; i < count; i++) {
        size_t c = i % (size_t)conv->inputs;
        act[i] = (double)input.x[i];
        if (input.scale)
            act[i] = function(input.activation, act[i] * (double)input.scale[c] + (double)input.shift[c]);
    }
    return act;
}

/* What a visit to one term of the sums needs: an input pixel's channels, an output pixel's, and the weights between. */
struct term {
    const double *act; /* [C] */
    double *y, *dx;    /* [K], [C] */
    const double *dy;  /* [K] */
    const float *w;    /* [C][K] */
    double *dw;        /* [C][K] */
};

static void forward_term(const struct conv *conv, const struct term *t)
{
    double *restrict y = t->y;
    for (int c = 0; c < conv->inputs; c++)
        for (int k = 0; k < conv->outputs; k++)
            y[k] += t->act[c] * (double)t->w[c * conv->outputs + k];
}

static void weight_term(const struct conv *conv, const struct term *t)
{
    double *restrict dw = t->dw;
    for (int c = 0; c < conv->inputs; c++)
        for (int k = 0; k < conv->outputs; k++)
            dw[c * conv->outputs + k] += t->act[c] * t->dy[k];
}

static void input_term(const struct conv *conv, const struct term *t)
{
    for (int c = 0; c < conv->inputs; c++) {
        double sum = 0;
        for (int k = 0; k < conv->outputs; k++)
            sum += t->dy[k] * (double)t->w[c * conv->outputs + k];
        t->dx[c] += sum;
    }
}

/* The arrays that the terms are parts of. */
struct operands {
    const double *act, *dy;
    const float *w;
    double *y, *dw, *dx;
};

/* Every (output pixel, tap) whose input pixel is inside the image. */
static void each_term(const struct conv *conv, int images, const struct operands *all,
                      void (*visit)(const struct conv *, const struct term *))
{
    int rows = conv_out_height(conv), columns = conv_out_width(conv), pad = (conv->kernel - 1) / 2;
    size_t inputs = (size_t)conv->inputs, outputs = (size_t)conv->outputs;
    for (int n = 0; n < images; n++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                for (int r = 0; r < conv->kernel; r++)
                    for (int q = 0; q < conv->kernel; q++) {
                        int row = conv->stride * i + r - pad, column = conv->stride * j + q - pad;
                        if (row < 0 || row >= conv->height || column < 0 || column >= conv->width)
                            continue;
                        size_t in = pixel_at(n, row, column, conv->height, conv->width) * inputs;
                        size_t out = pixel_at(n, i, j, rows, columns) * outputs;
                        size_t tap = (size_t)(r * conv->kernel + q) * inputs * outputs;
                        struct term term = {
                            .act = all->act ? all->act + in : NULL, .w = all->w + tap,
                            .y = all->y ? all->y + out : NULL, .dy = all->dy ? all->dy + out : NULL,
                            .dx = all->dx ? all->dx + in : NULL, .dw = all->dw ? all->dw + tap : NULL,
                        };
                        visit(conv, &term);
                    }
}

void oracle_conv_forward(const struct conv *conv, int images, struct conv_input input, const float *weight,
                         struct conv_output output, double *y, double *sums)
{
    size_t count = (size_t)images * conv_output_floats(conv), outputs = (size_t)conv->outputs;
    double *act = activate(conv, images, input);
    struct operands all = { .act = act, .w = weight, .y = y };
    memset(y, 0, count * sizeof *y);
    memset(sums, 0, 2 * outputs * sizeof *sums);
    each_term(conv, images, &all, forward_term);
    for (size_t i = 0; i < count; i++) {
        size_t k = i % outputs;
        y[i] += (output.bias ? (double)output.bias[k] : 0) + (output.residual ? (double)output.residual[i] : 0);
        if (output.activate)
            y[i] = function(output.activation, y[i]);
        sums[k] += y[i];
        sums[outputs + k] += y[i] * y[i];
    }
    free(act);
}

/* The gradient at the output, through the coefficients; caller frees. */
static double *differentiate(const struct conv *conv, int images, struct conv_gradient gradient)
{
    size_t count = (size_t)images * conv_output_floats(conv);
    double *dy = allocate(count, sizeof *dy);
    for (size_t i = 0; i < count; i++) {
        size_t k = i % (size_t)conv->outputs;
        dy[i] = (double)gradient.g[i];
        if (gradient.a)
            dy[i] = (double)gradient.a[k] * dy[i] + (double)gradient.b[k] * (double)gradient.y[i] +
                    (double)gradient.c[k];
    }
    return dy;
}

/* What the skip adds at a pixel's channel. */
static double skip_value(const struct conv *conv, const struct conv_epilogue *e, int n, int i, int j, int c)
{
    int s = e->skip_stride, height = (conv->height + s - 1) / s, width = (conv->width + s - 1) / s;
    if (!e->skip || i % s || j % s)
        return 0;
    return (double)e->skip[pixel_at(n, i / s, j / s, height, width) * (size_t)conv->inputs + (size_t)c];
}

static void finish_input(const struct conv *conv, int images, const struct conv_epilogue *e, double *dx, double *sums)
{
    int channels = conv->inputs;
    size_t at = 0;
    for (int n = 0; n < images; n++)
        for (int i = 0; i < conv->height; i++)
            for (int j = 0; j < conv->width; j++)
                for (int c = 0; c < channels; c++, at++) {
                    double gate = e->gate ? (double)e->gate[at] : 1;
                    if (e->gate && e->gate_scale)
                        gate = (double)e->gate_scale[c] * gate + (double)e->gate_shift[c];
                    double factor = e->gate ? slope(e->activation, gate, !e->gate_scale) : 1;
                    dx[at] = factor * (dx[at] + skip_value(conv, e, n, i, j, c));
                    sums[c] += dx[at];
                    for (int w = 0; w < 2; w++)
                        if (e->with[w])
                            sums[(w + 1) * channels + c] += dx[at] * (double)e->with[w][at];
                }
}

/* The even pixels, which are those that a 1x1 convolution of stride 2 reads. */
static void keep_read_pixels(const struct conv *conv, int images, double *dx)
{
    double *to = dx;
    for (int n = 0; n < images; n++)
        for (int i = 0; i < conv->height; i += conv->stride)
            for (int j = 0; j < conv->width; j += conv->stride, to += conv->inputs)
                memmove(to, dx + pixel_at(n, i, j, conv->height, conv->width) * (size_t)conv->inputs,
                        (size_t)conv->inputs * sizeof *dx);
}

void oracle_conv_backward(const struct conv *conv, int images, struct conv_input input, struct conv_gradient gradient,
                          const float *weight, const struct conv_epilogue *epilogue, double *dweight, double *dx,
                          double *sums)
{
    static const struct conv_epilogue nothing = { .skip_stride = 1 };
    size_t count = (size_t)images * conv_input_floats(conv);
    double *act = activate(conv, images, input), *dy = differentiate(conv, images, gradient);
    double *whole = allocate(count, sizeof *whole);
    struct operands all = { .act = act, .dy = dy, .w = weight, .dw = dweight, .dx = whole };
    memset(dweight, 0, conv_weight_floats(conv) * sizeof *dweight);
    memset(sums, 0, 3 * (size_t)conv->inputs * sizeof *sums);
    each_term(conv, images, &all, weight_term);
    each_term(conv, images, &all, input_term);
    if (conv->kernel == 1) {
        keep_read_pixels(conv, images, whole);
        count = (size_t)images * conv_output_floats(conv) / (size_t)conv->outputs * (size_t)conv->inputs;
    } else {
        finish_input(conv, images, epilogue ? epilogue : &nothing, whole, sums);
    }
    memcpy(dx, whole, count * sizeof *dx);
    free(act);
    free(dy);
    free(whole);
}

double relative_error(const float *got, const double *want, size_t count)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        difference += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        norm += want[i] * want[i];
    }
    return norm > 0 ? sqrt(difference / norm) : sqrt(difference);
}
