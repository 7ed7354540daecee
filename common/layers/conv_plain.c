/* With the patches of some images as rows of a matrix P [pixels][r,q,c], and W as [r,q,c][k],
 *
 *     forward   Y = P W          backward   dW = P^T dY,   dP = dY W^T, and dX = dP summed over overlapping patches.
 *
 * P is not built for 3x3: line r of the patches of a row of pixels lies in a row of the image inside its border of
 * zeros, each patch one pixel (or two, with stride 2) after the one before. So with P_r for what is there,
 *
 *     forward   Y = sum_r P_r W_r          backward   dW_r = P_r^T dY,     a row of pixels at a time.
 *
 * A unit is a few whole images, enough for a matrix product to run at speed. Units go to threads; each thread has
 * one image with its border of zeros and one matrix of patches (those of a 1x1 convolution, and dP). Gradients of
 * weights are summed in a fixed number of slices of units, each slice in order by one thread, then over the slices in
 * order. */
#define _POSIX_C_SOURCE 200809L /* blis.h wants pthread barriers */
#include "layers/conv_plain.h"

#include <blis.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "layers/activation_math.h"
#include "layers/panel_gemm.h"
#include "layers/workspace.h"

/* Rows of patches per product: below, BLIS's packing costs more than it saves. */
enum { UNIT_ROWS = 256 };
/* Slices that the gradients of the weights are summed in: the bound on the threads that a backward pass can use. */
enum { SLICES = 8 };
/* Rows of B in the first cache: 4 KiB, beside the columns of A. */
enum { DEPTH = 64 };

/* Sizes that follow from a layer. */
struct plan {
    int pad;             /* border of zeros */
    int rows, columns;   /* of the output */
    int patch;           /* floats of a patch */
    int border_width;    /* of the input with its border */
    size_t bordered;     /* floats of the input with its border */
    int unit;            /* images in a unit */
    size_t patches;      /* floats of a unit's matrix of patches */
    size_t gradient;     /* floats of a unit's gradient at the output */
    size_t sums;         /* doubles of the sums of one unit or slice */
    size_t thread_floats; /* scratch of one thread */
};

static struct plan plan_layer(const struct conv *conv)
{
    struct plan plan;
    int wider = conv->inputs > conv->outputs ? conv->inputs : conv->outputs;
    plan.pad = (conv->kernel - 1) / 2;
    plan.rows = conv_out_height(conv);
    plan.columns = conv_out_width(conv);
    plan.patch = conv->kernel * conv->kernel * conv->inputs;
    plan.border_width = conv->width + 2 * plan.pad;
    plan.bordered = (size_t)(conv->height + 2 * plan.pad) * (size_t)plan.border_width * (size_t)conv->inputs;
    plan.unit = (UNIT_ROWS + plan.rows * plan.columns - 1) / (plan.rows * plan.columns);
    plan.patches = (size_t)plan.unit * (size_t)(plan.rows * plan.columns) * (size_t)plan.patch;
    plan.gradient = (size_t)plan.unit * conv_output_floats(conv);
    plan.sums = 3 * (size_t)wider;
    plan.thread_floats = workspace_part(plan.bordered) + workspace_part(plan.patches) + workspace_part(plan.gradient);
    return plan;
}

static int unit_count(const struct plan *plan, int images)
{
    return (images + plan->unit - 1) / plan->unit;
}

size_t conv_plain_workspace(const struct conv *conv, int images)
{
    struct plan plan = plan_layer(conv);
    size_t parts = (size_t)(unit_count(&plan, images) > SLICES ? unit_count(&plan, images) : SLICES);
    size_t floats = checked_multiply(plan.thread_floats, (size_t)threads_count());
    floats = checked_add(floats, checked_multiply(workspace_part(2 * plan.sums), parts));
    panel_gemm_start();
    return checked_add(floats, checked_multiply(workspace_part(conv_weight_floats(conv)), SLICES + 1));
}

/* The parts of the workspace. */
struct scratch {
    float *bordered, *patches, *gradient; /* the calling thread's */
};

static float *all_sums(const struct plan *plan, float *workspace)
{
    return workspace + plan->thread_floats * (size_t)threads_count();
}

static double *part_sums(const struct plan *plan, float *workspace, int part)
{
    return workspace_doubles(all_sums(plan, workspace), workspace_part(2 * plan->sums), part);
}

/* The gradient of the weights of a slice, after the sums of the slices. */
static float *slice_weights(const struct plan *plan, const struct conv *conv, float *workspace, int slice)
{
    float *base = all_sums(plan, workspace) + workspace_part(2 * plan->sums) * (size_t)SLICES;
    return base + workspace_part(conv_weight_floats(conv)) * (size_t)slice;
}

/* W^T, [K][patch], for the backward pass; after the slices. */
static float *transposed_weights(const struct plan *plan, const struct conv *conv, float *workspace)
{
    return slice_weights(plan, conv, workspace, SLICES);
}

static struct scratch thread_scratch(const struct plan *plan, float *workspace)
{
    struct scratch scratch;
    scratch.bordered = workspace + plan->thread_floats * (size_t)threads_index();
    scratch.patches = scratch.bordered + workspace_part(plan->bordered);
    scratch.gradient = scratch.patches + workspace_part(plan->patches);
    return scratch;
}

/* count floats of x, whole pixels, through act. */
static void load_floats(struct conv_input input, int channels, const float *x, size_t count, float *to)
{
    if (!input.scale) {
        memcpy(to, x, count * sizeof *x);
        return;
    }
    for (size_t at = 0; at < count; at += (size_t)channels)
        for (int c = 0; c < channels; c++) {
            float value = x[at + (size_t)c] * input.scale[c] + input.shift[c];
            to[at + (size_t)c] = activate(input.activation, value);
        }
}

/* bordered = act(x) of one image inside a border of zeros, which the caller has cleared. */
static void load_image(const struct conv *conv, const struct plan *plan, struct conv_input input, const float *x,
                       float *bordered)
{
    size_t line = (size_t)conv->width * (size_t)conv->inputs;
    for (int i = 0; i < conv->height; i++, x += line)
        load_floats(input, conv->inputs, x, line,
                    bordered + ((size_t)(i + plan->pad) * (size_t)plan->border_width + (size_t)plan->pad) *
                                   (size_t)conv->inputs);
}

/* The matrix of patches of some images, for a 1x1 convolution: the pixels that it reads. */
static void load_pixels(const struct conv *conv, const struct plan *plan, struct conv_input input, int first, int last,
                        float *patches)
{
    size_t channels = (size_t)conv->inputs;
    for (int image = first; image < last; image++) {
        const float *x = input.x + (size_t)image * conv_input_floats(conv);
        for (int i = 0; i < plan->rows; i++)
            for (int j = 0; j < plan->columns; j++, patches += channels)
                load_floats(input, conv->inputs, x + (size_t)(conv->stride * (i * conv->width + j)) * channels,
                            channels, patches);
    }
}

/* Patches are added to where they came from. */
static void scatter(const struct conv *conv, const struct plan *plan, const float *patches, float *bordered)
{
    size_t line = (size_t)conv->kernel * (size_t)conv->inputs;
    memset(bordered, 0, plan->bordered * sizeof *bordered);
    for (int i = 0; i < plan->rows; i++)
        for (int j = 0; j < plan->columns; j++)
            for (int r = 0; r < conv->kernel; r++, patches += line) {
                size_t pixel = (size_t)(i * conv->stride + r) * (size_t)plan->border_width + (size_t)(j * conv->stride);
                float *to = bordered + pixel * (size_t)conv->inputs;
                for (size_t c = 0; c < line; c++)
                    to[c] += patches[c];
            }
}

/* C = A B, or C += A B; A is [m][k] with strides, B [k][n] and C [m][n] row-major. One thread. Whole panels of columns
 * go without packing, and so much of k at a time as the first cache holds of a panel of B; bli_sgemm takes the columns
 * that remain. */
static void multiply(int m, int n, int k, const float *a, int row_a, int column_a, const float *b, bool add, float *c,
                     struct ahead *ahead)
{
    float one = 1, beta = add ? 1 : 0;
    int whole = n / PANEL * PANEL;
    const struct panels layout = { n, PANEL };
    for (int p = 0; p < k; p += DEPTH)
        panel_gemm(m, k - p < DEPTH ? k - p : DEPTH, n / PANEL, a + (ptrdiff_t)p * column_a, row_a, column_a,
                   b + (ptrdiff_t)p * n, layout, add || p > 0, c, layout, ahead);
    if (whole < n)
        bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n - whole, k, &one, (float *)(uintptr_t)a, row_a, column_a,
                  (float *)(uintptr_t)(b + whole), n, 1, &beta, c + whole, n, 1);
}

/* A 1x1 convolution of some images. */
static void pixels_forward(const struct conv *conv, const struct plan *plan, struct conv_input input, int first,
                           int last, const float *weight, float *y, const struct scratch *scratch, struct ahead *ahead)
{
    load_pixels(conv, plan, input, first, last, scratch->patches);
    multiply((last - first) * plan->rows * plan->columns, conv->outputs, plan->patch, scratch->patches, plan->patch, 1,
             weight, false, y + (size_t)first * conv_output_floats(conv), ahead);
}

/* Where line r of the patches of a row of output pixels begins. */
static const float *patch_line(const struct conv *conv, const struct plan *plan, const float *bordered, int row, int r)
{
    return bordered + (size_t)(row * conv->stride + r) * (size_t)plan->border_width * (size_t)conv->inputs;
}

/* A 3x3 convolution of some images. The border of scratch->bordered is zero before and after. */
static void lines_forward(const struct conv *conv, const struct plan *plan, struct conv_input input, int first,
                          int last, const float *weight, float *y, const struct scratch *scratch, struct ahead *ahead)
{
    int line = conv->kernel * conv->inputs;
    y += (size_t)first * conv_output_floats(conv);
    for (int image = first; image < last; image++) {
        load_image(conv, plan, input, input.x + (size_t)image * conv_input_floats(conv), scratch->bordered);
        for (int i = 0; i < plan->rows; i++, y += plan->columns * conv->outputs)
            for (int r = 0; r < conv->kernel; r++)
                multiply(plan->columns, conv->outputs, line, patch_line(conv, plan, scratch->bordered, i, r),
                         conv->stride * conv->inputs, 1, weight + (size_t)r * (size_t)(line * conv->outputs), r > 0, y,
                         ahead);
    }
}

/* The gradient of its weights, added to dweight. */
static void lines_backward(const struct conv *conv, const struct plan *plan, struct conv_input input, int first,
                           int last, const float *dy, float *dweight, const struct scratch *scratch,
                           struct ahead *ahead)
{
    int line = conv->kernel * conv->inputs;
    for (int image = first; image < last; image++) {
        load_image(conv, plan, input, input.x + (size_t)image * conv_input_floats(conv), scratch->bordered);
        for (int i = 0; i < plan->rows; i++, dy += plan->columns * conv->outputs)
            for (int r = 0; r < conv->kernel; r++)
                multiply(line, conv->outputs, plan->columns, patch_line(conv, plan, scratch->bordered, i, r), 1,
                         conv->stride * conv->inputs, dy, true, dweight + (size_t)r * (size_t)(line * conv->outputs),
                         ahead);
    }
}

/* sums[0][k] += sum of y, sums[1][k] += sum of y^2 over some pixels: in single precision over runs of a few, which
 * keeps the loop in vectors, and in double over the runs. */
static void add_sums(size_t pixels, int channels, const float *y, double *sums)
{
    enum { RUN = 64, PART = 16 };
    for (size_t begin = 0; begin < pixels; begin += RUN) {
        size_t end = begin + RUN < pixels ? begin + RUN : pixels;
        for (int k = 0; k < channels; k += PART) {
            int part = channels - k < PART ? channels - k : PART;
            float sum[PART] = { 0 }, squares[PART] = { 0 };
            for (size_t p = begin; p < end; p++)
                for (int i = 0; i < part; i++) {
                    float value = y[p * (size_t)channels + (size_t)(k + i)];
                    sum[i] += value;
                    squares[i] += value * value;
                }
            for (int i = 0; i < part; i++) {
                sums[k + i] += sum[i];
                sums[channels + k + i] += squares[i];
            }
        }
    }
}

static void finish_output(const struct conv *conv, size_t first, size_t pixels, struct conv_output output, double *sums)
{
    size_t channels = (size_t)conv->outputs;
    float *y = output.y + first * channels;
    const float *residual = output.residual ? output.residual + first * channels : NULL;
    for (size_t p = 0; p < pixels && (output.bias || residual); p++)
        for (size_t k = 0; k < channels; k++) {
            float *value = &y[p * channels + k];
            if (output.bias)
                *value += output.bias[k];
            if (residual)
                *value += residual[p * channels + k];
        }
    if (output.activate)
        activate_pixels(output.activation, pixels, channels, y);
    if (sums)
        add_sums(pixels, conv->outputs, y, sums);
}

/* What the products of some images fetch: y, which is about to be written. */
static struct ahead forward_ahead(const struct conv *conv, int first, int last, const float *y,
                                  const struct scratch *scratch)
{
    struct ahead ahead = ahead_new(scratch->patches);
    ahead_add(&ahead, y + (size_t)first * conv_output_floats(conv), (size_t)(last - first) * conv_output_floats(conv));
    return ahead;
}

void conv_plain_forward(const struct conv *conv, int images, struct conv_input input, const float *weight,
                        struct conv_output output, float *workspace)
{
    struct plan plan = plan_layer(conv);
    int units = unit_count(&plan, images), pixels = plan.rows * plan.columns;
#pragma omp parallel num_threads(threads_count())
    {
        struct scratch scratch = thread_scratch(&plan, workspace);
        memset(scratch.bordered, 0, plan.bordered * sizeof(float));
#pragma omp for schedule(static)
        for (int unit = 0; unit < units; unit++) {
            int first = unit * plan.unit, last = first + plan.unit < images ? first + plan.unit : images;
            double *sums = output.sums ? part_sums(&plan, workspace, unit) : NULL;
            if (sums)
                memset(sums, 0, plan.sums * sizeof *sums);
            struct ahead ahead = forward_ahead(conv, first, last, output.y, &scratch);
            if (conv->kernel == 1)
                pixels_forward(conv, &plan, input, first, last, weight, output.y, &scratch, &ahead);
            else
                lines_forward(conv, &plan, input, first, last, weight, output.y, &scratch, &ahead);
            finish_output(conv, (size_t)first * (size_t)pixels, (size_t)(last - first) * (size_t)pixels, output, sums);
        }
    }
    if (output.sums)
        workspace_sum(all_sums(&plan, workspace), workspace_part(2 * plan.sums), units, 2 * (size_t)conv->outputs,
                      output.sums);
}

/* to[column][row] = from[row][column]. */
static void transpose(const float *from, int rows, int columns, float *to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            to[(size_t)j * (size_t)rows + (size_t)i] = from[(size_t)i * (size_t)columns + (size_t)j];
}

/* dy of some images, [pixels][K]. */
static void load_gradient(const struct conv *conv, struct conv_gradient gradient, size_t first, size_t pixels,
                          float *dy)
{
    int channels = conv->outputs;
    const float *g = gradient.g + first * (size_t)channels;
    if (!gradient.a) {
        memcpy(dy, g, pixels * (size_t)channels * sizeof *g);
        return;
    }
    const float *y = gradient.y + first * (size_t)channels;
    for (size_t p = 0; p < pixels; p++, g += channels, y += channels, dy += channels)
        for (int k = 0; k < channels; k++)
            dy[k] = gradient.a[k] * g[k] + (gradient.b[k] * y[k] + gradient.c[k]);
}

/* One image's dx from its bordered form, through the epilogue. */
static void finish_gradient(const struct conv *conv, const struct plan *plan, const float *bordered, int image,
                            const struct conv_epilogue *epilogue, float *dx, double *sums)
{
    int channels = conv->inputs, width = conv->width;
    int skip_width = epilogue->skip_stride == 2 ? (width + 1) / 2 : width;
    int skip_height = epilogue->skip_stride == 2 ? (conv->height + 1) / 2 : conv->height;
    for (int i = 0; i < conv->height; i++)
        for (int j = 0; j < width; j++) {
            size_t at = (((size_t)image * (size_t)conv->height + (size_t)i) * (size_t)width + (size_t)j) *
                        (size_t)channels;
            const float *from = bordered + ((size_t)(i + plan->pad) * (size_t)plan->border_width +
                                            (size_t)(j + plan->pad)) * (size_t)channels;
            const float *skip = NULL;
            if (epilogue->skip && i % epilogue->skip_stride == 0 && j % epilogue->skip_stride == 0)
                skip = epilogue->skip + (((size_t)image * (size_t)skip_height + (size_t)(i / epilogue->skip_stride)) *
                                             (size_t)skip_width +
                                         (size_t)(j / epilogue->skip_stride)) * (size_t)channels;
            for (int c = 0; c < channels; c++) {
                float value = from[c] + (skip ? skip[c] : 0);
                if (epilogue->gate) {
                    float gate = epilogue->gate[at + (size_t)c];
                    if (epilogue->gate_scale)
                        gate = activate(epilogue->activation,
                                        gate * epilogue->gate_scale[c] + epilogue->gate_shift[c]);
                    value = activate_backward(epilogue->activation, value, gate);
                }
                dx[at + (size_t)c] = value;
                if (sums) {
                    sums[c] += value;
                    for (int w = 0; w < 2; w++)
                        if (epilogue->with[w])
                            sums[(w + 1) * channels + c] += (double)value * epilogue->with[w][at + (size_t)c];
                }
            }
        }
}

/* What the products of a unit fetch: the gradient of the next one, which begins at image `first`. */
static struct ahead backward_ahead(const struct conv *conv, const struct plan *plan, int first, int end,
                                   struct conv_gradient gradient, const struct scratch *scratch)
{
    struct ahead ahead = ahead_new(scratch->patches);
    size_t at = (size_t)first * conv_output_floats(conv), images = (size_t)(end - first);
    size_t floats = (images < (size_t)plan->unit ? images : (size_t)plan->unit) * conv_output_floats(conv);
    ahead_add(&ahead, gradient.g + at, floats);
    if (gradient.a)
        ahead_add(&ahead, gradient.y + at, floats);
    return ahead;
}

/* One unit of images of those up to `end`: dweight is added to, dx is set. */
static void backward_unit(const struct conv *conv, const struct plan *plan, int first, int last, int end,
                          struct conv_input input, struct conv_gradient gradient, const float *transposed,
                          float *dweight, float *dx, const struct conv_epilogue *epilogue, double *sums,
                          struct scratch *scratch)
{
    int pixels = plan->rows * plan->columns, rows = (last - first) * pixels;
    struct ahead ahead = backward_ahead(conv, plan, last, end, gradient, scratch);
    load_gradient(conv, gradient, (size_t)first * (size_t)pixels, (size_t)rows, scratch->gradient);
    if (conv->kernel == 1) {
        load_pixels(conv, plan, input, first, last, scratch->patches);
        multiply(plan->patch, conv->outputs, rows, scratch->patches, 1, plan->patch, scratch->gradient, true, dweight,
                 &ahead);
    } else {
        memset(scratch->bordered, 0, plan->bordered * sizeof(float));
        lines_backward(conv, plan, input, first, last, scratch->gradient, dweight, scratch, &ahead);
    }
    if (!dx)
        return;
    bool compact = conv->kernel == 1; /* patches are pixels: their gradients are dx as it stands */
    float *patches = compact ? dx + (size_t)first * (size_t)pixels * (size_t)conv->inputs : scratch->patches;
    multiply(rows, plan->patch, conv->outputs, scratch->gradient, conv->outputs, 1, transposed, false, patches, &ahead);
    if (compact)
        return;
    for (int image = first; image < last; image++) {
        scatter(conv, plan, scratch->patches + (size_t)(image - first) * (size_t)pixels * (size_t)plan->patch,
                scratch->bordered);
        finish_gradient(conv, plan, scratch->bordered, image, epilogue, dx, sums);
    }
}

/* sum[count] = the sum of the slices, which begin `pitch` floats apart, in their order. */
static void sum_slices(const float *first, size_t pitch, int slices, size_t count, float *sum)
{
    enum { RUN = 1024 };
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (size_t begin = 0; begin < count; begin += RUN) {
        size_t floats = count - begin < RUN ? count - begin : RUN;
        float *restrict to = sum + begin;
        memcpy(to, first + begin, floats * sizeof *to);
        for (int slice = 1; slice < slices; slice++) {
            const float *restrict from = first + (size_t)slice * pitch + begin;
            for (size_t i = 0; i < floats; i++)
                to[i] += from[i];
        }
    }
}

void conv_plain_backward(const struct conv *conv, int images, struct conv_input input, struct conv_gradient gradient,
                         const float *weight, float *dweight, float *dx, const struct conv_epilogue *epilogue,
                         float *workspace)
{
    static const struct conv_epilogue nothing = { .skip_stride = 1 };
    struct plan plan = plan_layer(conv);
    size_t weights = conv_weight_floats(conv);
    int units = unit_count(&plan, images), slices = units < SLICES ? units : SLICES;
    float *transposed = transposed_weights(&plan, conv, workspace);
    if (!epilogue)
        epilogue = &nothing;
    if (dx)
        transpose(weight, plan.patch, conv->outputs, transposed);
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int slice = 0; slice < slices; slice++) {
        struct scratch scratch = thread_scratch(&plan, workspace);
        float *part = slice_weights(&plan, conv, workspace, slice);
        double *sums = epilogue->sums ? part_sums(&plan, workspace, slice) : NULL;
        memset(part, 0, weights * sizeof *part);
        if (sums)
            memset(sums, 0, plan.sums * sizeof *sums);
        for (int unit = units * slice / slices; unit < units * (slice + 1) / slices; unit++) {
            int first = unit * plan.unit, last = first + plan.unit < images ? first + plan.unit : images;
            backward_unit(conv, &plan, first, last, images, input, gradient, transposed, part, dx, epilogue, sums,
                          &scratch);
        }
    }
    sum_slices(slice_weights(&plan, conv, workspace, 0), workspace_part(weights), slices, weights, dweight);
    if (epilogue->sums)
        workspace_sum(all_sums(&plan, workspace), workspace_part(2 * plan.sums), slices, 3 * (size_t)conv->inputs,
                      epilogue->sums);
}
