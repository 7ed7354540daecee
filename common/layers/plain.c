/* The engine for every layer: patches as rows of a matrix (im2col), multiplied by panel_gemm and BLIS's sgemm. With the
 * patches of some images as rows of a matrix P [pixels][r,q,c], and W as [r,q,c][k],
 *
 *     forward   Y = P W          backward   dW = P^T dY,   dP = dY W^T, and dX = dP summed over overlapping patches.
 *
 * For 3x3, P is not built: row r of all patches in a row of pixels is part of one row of the image with its border of
 * zeros, and each patch starts one pixel (or two, with stride 2) after the previous one. With P_r for this part,
 *
 *     forward   Y = sum_r P_r W_r          backward   dW_r = P_r^T dY,     a row of pixels at a time.
 *
 * A unit is a few whole images, enough for an efficient matrix product. Units are distributed to threads; each thread
 * has one image with its border of zeros and one matrix of patches (those of a 1x1 convolution, and dP). Gradients of
 * weights are summed in a fixed number of slices of units: one thread adds each slice in order, then the slices are
 * added in order. */
#define _POSIX_C_SOURCE 200809L /* blis.h needs pthread barriers */
#include <blis.h>
#include <string.h>

#include "base/threads.h"
#include "layers/activation_math.h"
#include "layers/conv_engine.h"
#include "layers/panel_gemm.h"
#include "layers/workspace.h"

/* Rows of patches in a product: with fewer, BLIS's packing costs more than it saves. */
enum { UNIT_ROWS = 256 };
/* Slices for the sums of the weights' gradients; an upper bound for the threads in a backward pass. */
enum { SLICES = 8 };
/* Rows of B in the first-level cache: 4 KiB, with the columns of A. */
enum { DEPTH = 64 };

/* Sizes that follow from a layer and the number of images. */
struct plan {
    struct conv conv;
    ptrdiff_t images;
    ptrdiff_t pad;           /* border of zeros */
    ptrdiff_t rows, columns; /* of the output */
    ptrdiff_t pixels;        /* of the output of one image */
    ptrdiff_t line, patch;   /* floats of a line of a patch, of a patch */
    ptrdiff_t border_width;  /* of the input with its border */
    ptrdiff_t bordered;      /* floats of the input with its border */
    ptrdiff_t unit, units;   /* images in a unit; units in all images */
    ptrdiff_t patches;       /* floats of a unit's matrix of patches */
    ptrdiff_t gradient;      /* floats of a unit's gradient at the output */
    struct workspace workspace; /* scratch per thread; dW per slice; W^T */
};

static void plan_workspace(struct plan *plan)
{
    const struct conv *conv = &plan->conv;
    ptrdiff_t wider = conv->inputs > conv->outputs ? conv->inputs : conv->outputs;
    struct workspace *workspace = &plan->workspace;
    workspace->thread = workspace_part((size_t)plan->bordered) + workspace_part((size_t)plan->patches) +
                        (size_t)plan->gradient;
    workspace->sums = 3 * (size_t)wider;
    workspace->parts = plan->units > SLICES ? plan->units : SLICES;
    workspace->slice = workspace->extra = (size_t)conv_weight_floats(conv);
    workspace->slices = SLICES;
}

static struct plan plan_layer(const struct conv *conv, ptrdiff_t images, float *memory)
{
    struct plan plan = { .conv = *conv, .images = images };
    plan.pad = conv_pad(conv);
    plan.rows = conv_out_height(conv);
    plan.columns = conv_out_width(conv);
    plan.pixels = plan.rows * plan.columns;
    plan.line = conv->kernel * conv->inputs;
    plan.patch = conv->kernel * plan.line;
    plan.border_width = conv->width + 2 * plan.pad;
    plan.bordered = (conv->height + 2 * plan.pad) * plan.border_width * conv->inputs;
    plan.unit = (UNIT_ROWS + plan.pixels - 1) / plan.pixels;
    plan.units = (images + plan.unit - 1) / plan.unit;
    plan.patches = plan.unit * plan.pixels * plan.patch;
    plan.gradient = plan.unit * conv_output_floats(conv);
    plan_workspace(&plan);
    plan.workspace.memory = memory;
    return plan;
}

/* A unit of images, and the scratch memory of the thread that processes it. */
struct unit {
    ptrdiff_t first, last;               /* images from first up to but not including last */
    float *bordered, *patches, *gradient;
    double *sums; /* of the unit or of its slice, or NULL */
};

static struct unit unit_new(const struct plan *plan)
{
    struct unit unit = { .bordered = workspace_thread(&plan->workspace) };
    unit.patches = unit.bordered + workspace_part((size_t)plan->bordered);
    unit.gradient = unit.patches + workspace_part((size_t)plan->patches);
    return unit;
}

static void unit_move(struct unit *unit, const struct plan *plan, ptrdiff_t number)
{
    unit->first = number * plan->unit;
    unit->last = unit->first + plan->unit < plan->images ? unit->first + plan->unit : plan->images;
}

/* ---- patches ---- */

/* count floats of x, whole pixels, through act. */
static void load_floats(const struct conv_input *input, ptrdiff_t channels, const float *x, ptrdiff_t count, float *to)
{
    if (!input->scale) {
        memcpy(to, x, (size_t)count * sizeof *x);
        return;
    }
    for (ptrdiff_t at = 0; at < count; at += channels)
        for (ptrdiff_t c = 0; c < channels; c++) {
            float value = x[at + c] * input->scale[c] + input->shift[c];
            to[at + c] = activate(input->activation, value);
        }
}

/* bordered = act(x) of one image inside a border of zeros, which the caller has cleared. */
static void load_image(const struct plan *plan, const struct conv_input *input, ptrdiff_t image, float *bordered)
{
    const struct conv *conv = &plan->conv;
    ptrdiff_t row = conv->width * conv->inputs;
    const float *x = input->x + image * conv_input_floats(conv);
    for (ptrdiff_t i = 0; i < conv->height; i++, x += row)
        load_floats(input, conv->inputs, x, row,
                    bordered + ((i + plan->pad) * plan->border_width + plan->pad) * conv->inputs);
}

/* The matrix of patches of a unit for a 1x1 convolution: the pixels that it reads. */
static void load_pixels(const struct plan *plan, const struct conv_input *input, const struct unit *unit)
{
    const struct conv *conv = &plan->conv;
    float *patch = unit->patches;
    for (ptrdiff_t image = unit->first; image < unit->last; image++) {
        const float *x = input->x + image * conv_input_floats(conv);
        for (ptrdiff_t i = 0; i < plan->rows; i++)
            for (ptrdiff_t j = 0; j < plan->columns; j++, patch += conv->inputs)
                load_floats(input, conv->inputs, x + conv->stride * (i * conv->width + j) * conv->inputs, conv->inputs,
                            patch);
    }
}

/* Adds patches to the pixels that they came from. */
static void scatter(const struct plan *plan, const float *patches, float *bordered)
{
    const struct conv *conv = &plan->conv;
    memset(bordered, 0, (size_t)plan->bordered * sizeof *bordered);
    for (ptrdiff_t i = 0; i < plan->rows; i++)
        for (ptrdiff_t j = 0; j < plan->columns; j++)
            for (ptrdiff_t r = 0; r < conv->kernel; r++, patches += plan->line) {
                ptrdiff_t pixel = (i * conv->stride + r) * plan->border_width + j * conv->stride;
                float *to = bordered + pixel * conv->inputs;
                for (ptrdiff_t c = 0; c < plan->line; c++)
                    to[c] += patches[c];
            }
}

/* ---- products ---- */

/* A product of row-major B [depth][columns] and C [rows][columns]. */
struct whole_product {
    ptrdiff_t rows, depth, columns;
    struct operand a;
    const float *b;
    float *c;
    bool add;
};

/* One thread. Whole panels of columns are multiplied without packing, as much of the depth at a time as a panel of B
 * has in the first-level cache; bli_sgemm multiplies the remaining columns. */
static void multiply(const struct whole_product *whole, struct ahead *ahead)
{
    float one = 1, beta = whole->add ? 1 : 0;
    ptrdiff_t n = whole->columns, taken = n / PANEL * PANEL;
    const struct operand *a = &whole->a;
    struct product part = { .rows = whole->rows, .panels = n / PANEL, .a = *a, .c = { whole->c, n, PANEL } };
    for (ptrdiff_t p = 0; p < whole->depth; p += DEPTH) {
        part.depth = whole->depth - p < DEPTH ? whole->depth - p : DEPTH;
        part.a.at = a->at + p * a->column;
        part.b = (struct panel_operand){ whole->b + p * n, n, PANEL };
        part.add = whole->add || p > 0;
        panel_gemm(&part, ahead);
    }
    if (taken < n)
        bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, whole->rows, n - taken, whole->depth, &one,
                  (float *)(uintptr_t)a->at, a->row, a->column, (float *)(uintptr_t)(whole->b + taken), n, 1, &beta,
                  whole->c + taken, n, 1);
}

/* Line r of the patches of a row of output pixels: a patch is a row of the operand, or a column where `transposed`. */
static struct operand patch_line(const struct plan *plan, const float *bordered, ptrdiff_t row, ptrdiff_t r,
                                 bool transposed)
{
    const struct conv *conv = &plan->conv;
    const float *at = bordered + (row * conv->stride + r) * plan->border_width * conv->inputs;
    ptrdiff_t next = conv->stride * conv->inputs;
    return transposed ? (struct operand){ at, 1, next } : (struct operand){ at, next, 1 };
}

/* ---- forward ---- */

/* A 1x1 convolution of a unit. */
static void pixels_forward(const struct plan *plan, const struct unit *unit, const struct conv_forward_pass *pass,
                           struct ahead *ahead)
{
    load_pixels(plan, &pass->input, unit);
    const struct whole_product product = {
        .rows = (unit->last - unit->first) * plan->pixels,
        .depth = plan->patch,
        .columns = plan->conv.outputs,
        .a = { unit->patches, plan->patch, 1 },
        .b = pass->weight,
        .c = pass->output.y + unit->first * conv_output_floats(&plan->conv),
    };
    multiply(&product, ahead);
}

/* A 3x3 convolution of a unit. The border of unit->bordered is zero before and after. */
static void lines_forward(const struct plan *plan, const struct unit *unit, const struct conv_forward_pass *pass,
                          struct ahead *ahead)
{
    const struct conv *conv = &plan->conv;
    float *y = pass->output.y + unit->first * conv_output_floats(conv);
    for (ptrdiff_t image = unit->first; image < unit->last; image++) {
        load_image(plan, &pass->input, image, unit->bordered);
        for (ptrdiff_t i = 0; i < plan->rows; i++, y += plan->columns * conv->outputs)
            for (ptrdiff_t r = 0; r < conv->kernel; r++) {
                const struct whole_product product = {
                    .rows = plan->columns,
                    .depth = plan->line,
                    .columns = conv->outputs,
                    .a = patch_line(plan, unit->bordered, i, r, false),
                    .b = pass->weight + r * plan->line * conv->outputs,
                    .c = y,
                    .add = r > 0,
                };
                multiply(&product, ahead);
            }
    }
}

/* sums[0][k] += sum of y, sums[1][k] += sum of y^2 over some pixels: in single precision over short runs, which keeps
 * the loop in vectors, and in double precision over the runs. */
static void add_sums(ptrdiff_t pixels, ptrdiff_t channels, const float *y, double *sums)
{
    enum { RUN = 64, PART = 16 };
    for (ptrdiff_t begin = 0; begin < pixels; begin += RUN) {
        ptrdiff_t end = begin + RUN < pixels ? begin + RUN : pixels;
        for (ptrdiff_t k = 0; k < channels; k += PART) {
            ptrdiff_t part = channels - k < PART ? channels - k : PART;
            float sum[PART] = { 0 }, squares[PART] = { 0 };
            for (ptrdiff_t p = begin; p < end; p++)
                for (ptrdiff_t i = 0; i < part; i++) {
                    float value = y[p * channels + k + i];
                    sum[i] += value;
                    squares[i] += value * value;
                }
            for (ptrdiff_t i = 0; i < part; i++) {
                sums[k + i] += sum[i];
                sums[channels + k + i] += squares[i];
            }
        }
    }
}

/* to[i] += from[i]. */
static void add_floats(ptrdiff_t count, const float *restrict from, float *restrict to)
{
    for (ptrdiff_t i = 0; i < count; i++)
        to[i] += from[i];
}

/* Bias, residual and activation of a unit's output, and its sums. */
static void finish_output(const struct plan *plan, const struct unit *unit, const struct conv_output *output)
{
    ptrdiff_t channels = plan->conv.outputs, at = unit->first * conv_output_floats(&plan->conv);
    ptrdiff_t pixels = (unit->last - unit->first) * plan->pixels;
    float *y = output->y + at;
    for (ptrdiff_t p = 0; output->bias && p < pixels; p++)
        add_floats(channels, output->bias, y + p * channels);
    if (output->residual)
        add_floats(pixels * channels, output->residual + at, y);
    if (output->activate)
        activate_pixels(output->activation, (size_t)pixels, (size_t)channels, y);
    if (unit->sums)
        add_sums(pixels, channels, y, unit->sums);
}

/* Memory that the products of a unit prefetch: y, which is about to be written. */
static struct ahead forward_ahead(const struct plan *plan, const struct unit *unit, const float *y)
{
    struct ahead ahead = ahead_new(unit->patches);
    ptrdiff_t floats = conv_output_floats(&plan->conv);
    ahead_add(&ahead, y + unit->first * floats, (size_t)((unit->last - unit->first) * floats));
    return ahead;
}

static void forward_unit(const struct plan *plan, const struct unit *unit, const struct conv_forward_pass *pass)
{
    struct ahead ahead = forward_ahead(plan, unit, pass->output.y);
    if (plan->conv.kernel == 1)
        pixels_forward(plan, unit, pass, &ahead);
    else
        lines_forward(plan, unit, pass, &ahead);
    finish_output(plan, unit, &pass->output);
}

static void forward(const struct conv *conv, const struct conv_forward_pass *pass)
{
    const struct plan plan = plan_layer(conv, pass->images, pass->workspace);
    bool sums = pass->output.sums;
    if (sums)
        workspace_clear_sums(&plan.workspace, plan.units);
#pragma omp parallel num_threads(threads_count())
    {
        struct unit unit = unit_new(&plan);
        memset(unit.bordered, 0, (size_t)plan.bordered * sizeof(float));
#pragma omp for schedule(static)
        for (ptrdiff_t number = 0; number < plan.units; number++) {
            unit_move(&unit, &plan, number);
            unit.sums = sums ? workspace_part_sums(&plan.workspace, number) : NULL;
            forward_unit(&plan, &unit, pass);
        }
    }
    if (sums)
        workspace_total(&plan.workspace, plan.units, 2 * conv->outputs, pass->output.sums);
}

/* ---- backward ---- */

/* to[column][row] = from[row][column]. */
static void transpose(const float *from, ptrdiff_t rows, ptrdiff_t columns, float *to)
{
    for (ptrdiff_t i = 0; i < rows; i++)
        for (ptrdiff_t j = 0; j < columns; j++)
            to[j * rows + i] = from[i * columns + j];
}

/* dy of a unit, [pixels][K]. */
static void load_gradient(const struct plan *plan, const struct conv_gradient *gradient, const struct unit *unit)
{
    ptrdiff_t channels = plan->conv.outputs, at = unit->first * conv_output_floats(&plan->conv);
    ptrdiff_t pixels = (unit->last - unit->first) * plan->pixels;
    const float *g = gradient->g + at;
    float *dy = unit->gradient;
    if (!gradient->a) {
        memcpy(dy, g, (size_t)(pixels * channels) * sizeof *g);
        return;
    }
    const float *y = gradient->y + at;
    for (ptrdiff_t p = 0; p < pixels; p++, g += channels, y += channels, dy += channels)
        for (ptrdiff_t k = 0; k < channels; k++)
            dy[k] = gradient->a[k] * g[k] + (gradient->b[k] * y[k] + gradient->c[k]);
}

/* dW of a 3x3 convolution, added to dweight. */
static void lines_backward(const struct plan *plan, const struct unit *unit, const struct conv_input *input,
                           float *dweight, struct ahead *ahead)
{
    const struct conv *conv = &plan->conv;
    const float *dy = unit->gradient;
    memset(unit->bordered, 0, (size_t)plan->bordered * sizeof(float));
    for (ptrdiff_t image = unit->first; image < unit->last; image++) {
        load_image(plan, input, image, unit->bordered);
        for (ptrdiff_t i = 0; i < plan->rows; i++, dy += plan->columns * conv->outputs)
            for (ptrdiff_t r = 0; r < conv->kernel; r++) {
                const struct whole_product product = {
                    .rows = plan->line,
                    .depth = plan->columns,
                    .columns = conv->outputs,
                    .a = patch_line(plan, unit->bordered, i, r, true),
                    .b = dy,
                    .c = dweight + r * plan->line * conv->outputs,
                    .add = true,
                };
                multiply(&product, ahead);
            }
    }
}

/* dW of a 1x1 convolution, added to dweight. */
static void pixels_backward(const struct plan *plan, const struct unit *unit, const struct conv_input *input,
                            float *dweight, struct ahead *ahead)
{
    load_pixels(plan, input, unit);
    const struct whole_product product = {
        .rows = plan->patch,
        .depth = (unit->last - unit->first) * plan->pixels,
        .columns = plan->conv.outputs,
        .a = { unit->patches, 1, plan->patch },
        .b = unit->gradient,
        .c = dweight,
        .add = true,
    };
    multiply(&product, ahead);
}

/* The skip of an epilogue at a pixel, or NULL. */
static const float *skip_at(const struct plan *plan, const struct conv_epilogue *epilogue, ptrdiff_t image, ptrdiff_t i,
                            ptrdiff_t j)
{
    const struct conv *conv = &plan->conv;
    ptrdiff_t stride = epilogue->skip_stride == 2 ? 2 : 1;
    ptrdiff_t width = (conv->width + stride - 1) / stride, height = (conv->height + stride - 1) / stride;
    if (!epilogue->skip || i % stride || j % stride)
        return NULL;
    return epilogue->skip + ((image * height + i / stride) * width + j / stride) * conv->inputs;
}

/* The channels of one pixel of dx, from `from` through the epilogue. `at`: the pixel in tensors like x, in floats. */
static void finish_pixel(const struct plan *plan, const struct conv_epilogue *epilogue, const float *from,
                         const float *skip, ptrdiff_t at, float *dx, double *sums)
{
    ptrdiff_t channels = plan->conv.inputs;
    for (ptrdiff_t c = 0; c < channels; c++) {
        float value = from[c] + (skip ? skip[c] : 0);
        if (epilogue->gate) {
            float gate = epilogue->gate[at + c];
            if (epilogue->gate_scale)
                gate = activate(epilogue->activation, gate * epilogue->gate_scale[c] + epilogue->gate_shift[c]);
            value = activate_backward(epilogue->activation, value, gate);
        }
        dx[at + c] = value;
        if (!sums)
            continue;
        sums[c] += value;
        for (int w = 0; w < 2; w++)
            if (epilogue->with[w])
                sums[(w + 1) * channels + c] += (double)value * epilogue->with[w][at + c];
    }
}

/* One image's dx from its bordered form. */
static void finish_gradient(const struct plan *plan, const struct unit *unit, ptrdiff_t image,
                            const struct conv_epilogue *epilogue, float *dx)
{
    const struct conv *conv = &plan->conv;
    for (ptrdiff_t i = 0; i < conv->height; i++)
        for (ptrdiff_t j = 0; j < conv->width; j++) {
            ptrdiff_t at = ((image * conv->height + i) * conv->width + j) * conv->inputs;
            const float *from = unit->bordered + ((i + plan->pad) * plan->border_width + j + plan->pad) * conv->inputs;
            finish_pixel(plan, epilogue, from, skip_at(plan, epilogue, image, i, j), at, dx, unit->sums);
        }
}

/* Memory that the products of a unit prefetch: the gradient of the next unit. */
static struct ahead backward_ahead(const struct plan *plan, const struct unit *unit,
                                   const struct conv_gradient *gradient)
{
    struct ahead ahead = ahead_new(unit->patches);
    ptrdiff_t images = plan->images - unit->last, floats = conv_output_floats(&plan->conv), at = unit->last * floats;
    size_t count = (size_t)((images < plan->unit ? images : plan->unit) * floats);
    ahead_add(&ahead, gradient->g + at, count);
    if (gradient->a)
        ahead_add(&ahead, gradient->y + at, count);
    return ahead;
}

/* dX of a unit. The patches of a 1x1 convolution are single pixels, so their gradients are dx directly. */
static void unit_dx(const struct plan *plan, const struct unit *unit, const struct conv_backward_pass *pass,
                    struct ahead *ahead)
{
    bool compact = plan->conv.kernel == 1;
    const struct whole_product product = {
        .rows = (unit->last - unit->first) * plan->pixels,
        .depth = plan->conv.outputs,
        .columns = plan->patch,
        .a = { unit->gradient, plan->conv.outputs, 1 },
        .b = workspace_extra(&plan->workspace),
        .c = compact ? pass->dx + unit->first * plan->pixels * plan->conv.inputs : unit->patches,
    };
    multiply(&product, ahead);
    for (ptrdiff_t image = unit->first; image < unit->last && !compact; image++) {
        scatter(plan, unit->patches + (image - unit->first) * plan->pixels * plan->patch, unit->bordered);
        finish_gradient(plan, unit, image, &pass->epilogue, pass->dx);
    }
}

/* One unit: adds to dweight, sets dx. */
static void backward_unit(const struct plan *plan, const struct unit *unit, const struct conv_backward_pass *pass,
                          float *dweight)
{
    struct ahead ahead = backward_ahead(plan, unit, &pass->gradient);
    load_gradient(plan, &pass->gradient, unit);
    if (plan->conv.kernel == 1)
        pixels_backward(plan, unit, &pass->input, dweight, &ahead);
    else
        lines_backward(plan, unit, &pass->input, dweight, &ahead);
    if (pass->dx)
        unit_dx(plan, unit, pass, &ahead);
}

/* One slice of the units, in order. */
static void backward_slice(const struct plan *plan, ptrdiff_t slices, ptrdiff_t slice,
                           const struct conv_backward_pass *pass)
{
    struct unit unit = unit_new(plan);
    float *dweight = workspace_slice(&plan->workspace, slice);
    memset(dweight, 0, plan->workspace.slice * sizeof *dweight);
    unit.sums = pass->epilogue.sums ? workspace_part_sums(&plan->workspace, slice) : NULL;
    for (ptrdiff_t number = plan->units * slice / slices; number < plan->units * (slice + 1) / slices; number++) {
        unit_move(&unit, plan, number);
        backward_unit(plan, &unit, pass, dweight);
    }
}

static void sum_slices(const struct workspace *workspace, ptrdiff_t slices, float *dweight)
{
    enum { RUN = 1024 };
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (size_t begin = 0; begin < workspace->slice; begin += RUN) {
        size_t floats = workspace->slice - begin < RUN ? workspace->slice - begin : RUN;
        workspace_sum_slices(workspace, slices, begin, floats, dweight + begin);
    }
}

static void backward(const struct conv *conv, const struct conv_backward_pass *pass)
{
    const struct plan plan = plan_layer(conv, pass->images, pass->workspace);
    ptrdiff_t slices = plan.units < SLICES ? plan.units : SLICES;
    if (pass->dx)
        transpose(pass->weight, plan.patch, conv->outputs, workspace_extra(&plan.workspace));
    if (pass->epilogue.sums)
        workspace_clear_sums(&plan.workspace, slices);
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (ptrdiff_t slice = 0; slice < slices; slice++)
        backward_slice(&plan, slices, slice, pass);
    sum_slices(&plan.workspace, slices, pass->dweight);
    if (pass->epilogue.sums)
        workspace_total(&plan.workspace, slices, 3 * conv->inputs, pass->epilogue.sums);
}

/* ---- the engine ---- */

static bool covers(const struct conv *conv)
{
    (void)conv;
    return true;
}

static size_t workspace(const struct conv *conv, ptrdiff_t images)
{
    const struct plan plan = plan_layer(conv, images, NULL);
    panel_gemm_start();
    return workspace_floats(&plan.workspace);
}

static size_t prepared_floats(const struct conv *conv)
{
    (void)conv;
    return 0;
}

static const float *prepare(const struct conv *conv, const float *weight, float *prepared)
{
    (void)conv;
    (void)prepared;
    return weight;
}

const struct conv_engine plain_engine = { covers, workspace, prepared_floats, prepare, forward, backward };
