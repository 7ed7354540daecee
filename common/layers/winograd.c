/* A block of tiles at a time, small enough that its transformed values stay in the second cache:
 *
 *     forward    V = B^T act(x) B;   M_f = V_f U_f for each of 36 frequencies f;   y = A^T M A
 *     backward   V again, Z = A dy A^T;   dU_f += V_f^T Z_f;   dV_f = Z_f U_f^T;   dx = B dV B^T
 *
 * with U = G W G^T before and dW = G^T dU G after. V is computed anew in the backward pass, which is cheaper than
 * keeping it.
 *
 * Threads share out blocks in the forward pass. In the backward pass they share out slices of the images, a number
 * that depends on the shape only, each with a dU of its own that is summed in order of the slices at the end; so
 * results do not depend on the number of threads. */
#include "layers/winograd.h"

#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "layers/panel_gemm.h"
#include "layers/winograd_transform.h"

/* Tiles of a block: enough rows for the products, few enough for the cache. */
enum { BLOCK_TILES = 64 };
/* Panels of outputs that one pass over V makes in the forward pass, so that M stays small. */
enum { PASS_PANELS = 4 };
/* Slices of the backward pass: the bound on the threads that it can use. Few where dU is large. */
enum { SLICES = 8, SLICES_WIDE = 4, WIDE = 128 };
/* Room between parts of the workspace, so that two threads never write to one cache line. */
enum { GAP = 32 };

/* Sizes that follow from a layer. */
struct plan {
    struct winograd shape;
    int rows;                   /* of tiles in a block */
    struct domain input;        /* V, dV */
    struct domain output;       /* Z */
    struct domain pass;         /* M */
    size_t lines, carry, weights;
    size_t thread_floats, sums; /* scratch of a thread, doubles of the sums of a part */
    int slices;
};

static size_t with_gap(size_t floats)
{
    return (floats + GAP - 1) / GAP * GAP + GAP;
}

static size_t largest(size_t a, size_t b)
{
    return a > b ? a : b;
}

static struct plan plan_layer(const struct conv *conv)
{
    struct plan plan = { .shape = winograd_shape(conv) };
    const struct winograd *shape = &plan.shape;
    int wide = shape->inputs >= WIDE || shape->outputs >= WIDE;
    int tiles = BLOCK_TILES;
    plan.rows = tiles / shape->tiles_x > 0 ? tiles / shape->tiles_x : 1;
    int block = plan.rows * shape->tiles_x;
    plan.input = domain_new(shape, block, shape->inputs);
    plan.output = domain_new(shape, block, shape->outputs);
    plan.pass = domain_new(shape, block, PASS_PANELS * CHANNELS);
    plan.lines = transform_lines(shape);
    plan.carry = (size_t)(shape->overlap * shape->width * shape->inputs);
    plan.weights = FREQUENCIES * weight_pitch(shape);
    plan.thread_floats = with_gap(plan.input.floats) + with_gap(largest(plan.output.floats, plan.pass.floats)) +
                         with_gap(plan.lines) + with_gap(plan.carry);
    plan.sums = 3 * (size_t)(shape->inputs > shape->outputs ? shape->inputs : shape->outputs);
    plan.slices = wide ? SLICES_WIDE : SLICES;
    return plan;
}

static int block_count(const struct plan *plan, int images)
{
    int rows = images * plan->shape.tiles_y;
    return (rows + plan->rows - 1) / plan->rows;
}

bool winograd_covers(const struct conv *conv)
{
    return conv->kernel == 3 && conv->inputs % CHANNELS == 0 && conv->outputs % CHANNELS == 0;
}

/* The workspace: a part per thread, sums per block or slice, U, and a dU per slice. */
struct scratch {
    float *v, *m, *lines, *carry; /* of the calling thread */
};

static struct scratch thread_scratch(const struct plan *plan, float *workspace)
{
    struct scratch scratch;
    scratch.v = workspace + plan->thread_floats * (size_t)threads_index();
    scratch.m = scratch.v + with_gap(plan->input.floats);
    scratch.lines = scratch.m + with_gap(largest(plan->output.floats, plan->pass.floats));
    scratch.carry = scratch.lines + with_gap(plan->lines);
    return scratch;
}

static double *part_sums(const struct plan *plan, float *workspace, int part)
{
    float *base = workspace + plan->thread_floats * (size_t)threads_count();
    return (double *)(void *)(base + with_gap(2 * plan->sums) * (size_t)part);
}

static int part_count(const struct plan *plan, int images)
{
    int blocks = block_count(plan, images);
    return blocks > plan->slices ? blocks : plan->slices;
}

static float *shared_weights(const struct plan *plan, int images, float *workspace)
{
    return (float *)(void *)part_sums(plan, workspace, part_count(plan, images));
}

size_t winograd_workspace(const struct conv *conv, int images)
{
    struct plan plan = plan_layer(conv);
    size_t threads = checked_multiply(plan.thread_floats, (size_t)threads_count());
    size_t sums = checked_multiply(with_gap(2 * plan.sums), (size_t)part_count(&plan, images));
    size_t weights = checked_multiply(with_gap(plan.weights), (size_t)plan.slices + 1);
    panel_gemm_start();
    return checked_add(threads, checked_add(sums, weights));
}

/* total[count] = the sums of the parts, in order. */
static void add_parts(const struct plan *plan, float *workspace, int parts, size_t count, double *total)
{
    memset(total, 0, count * sizeof *total);
    for (int part = 0; part < parts; part++)
        for (size_t i = 0; i < count; i++)
            total[i] += part_sums(plan, workspace, part)[i];
}

/* C_f = A_f U_f, `count` panels of U from `first` on, over the rows of `tiles` tiles; u is the frequency's panels
 * [depth][16]. */
static void multiply_panels(const struct domain *from, const struct domain *to, int f, int tiles, const float *a,
                            const float *u, int first, int count, float *c)
{
    size_t panel = (size_t)from->channels * PANEL;
    for (int k = 0; k < count; k++)
        panel_gemm(tiles * from->copies[f], from->channels, a + from->offset[f], from->pitch, 1,
                   u + (size_t)(first + k) * panel, PANEL, false, c + to->offset[f] + (size_t)k * PANEL, to->pitch);
}

/* dU_f += V_f^T Z_f, as panels [K/16][C][16]; dU_f is set where `add` is false. */
static void multiply_weights(const struct plan *plan, int f, int tiles, const float *v, const float *z, bool add,
                             float *du)
{
    const struct domain *input = &plan->input, *output = &plan->output;
    size_t panel = (size_t)input->channels * PANEL;
    for (int k = 0; k < output->channels / PANEL; k++)
        panel_gemm(input->channels, tiles * input->copies[f], v + input->offset[f], 1, input->pitch,
                   z + output->offset[f] + (size_t)k * PANEL, output->pitch, add, du + (size_t)k * panel, PANEL);
}

/* The rows of tiles of a block that starts at `first`. */
static int rows_of(const struct plan *plan, int first, int end)
{
    return end - first < plan->rows ? end - first : plan->rows;
}

static void forward_block(const struct plan *plan, int first, int rows, struct conv_input input, const float *u,
                          const struct conv_output *output, double *sums, const struct scratch *scratch)
{
    const struct winograd *shape = &plan->shape;
    int panels = shape->outputs / PANEL, tiles = rows * shape->tiles_x;
    for (int c = 0; c < shape->inputs / CHANNELS; c++)
        transform_input(shape, input, c, first, rows, &plan->input, scratch->v, scratch->lines);
    for (int begin = 0; begin < panels; begin += PASS_PANELS) {
        int count = panels - begin < PASS_PANELS ? panels - begin : PASS_PANELS;
        for (int f = 0; f < FREQUENCIES; f++)
            multiply_panels(&plan->input, &plan->pass, f, tiles, scratch->v, u + (size_t)f * weight_pitch(shape),
                            begin, count, scratch->m);
        for (int k = 0; k < count; k++)
            transform_output(shape, &plan->pass, scratch->m, k, begin + k, first, rows, output, sums, scratch->lines);
    }
}

size_t winograd_prepared_floats(const struct conv *conv)
{
    struct winograd shape = winograd_shape(conv);
    return FREQUENCIES * weight_pitch(&shape);
}

void winograd_prepare(const struct conv *conv, const float *weight, float *prepared)
{
    struct winograd shape = winograd_shape(conv);
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int panel = 0; panel < shape.outputs / PANEL; panel++)
        transform_weight(&shape, weight, panel, prepared);
}

void winograd_forward(const struct conv *conv, int images, struct conv_input input, const float *prepared,
                      struct conv_output output, float *workspace)
{
    struct plan plan = plan_layer(conv);
    int blocks = block_count(&plan, images), all_rows = images * plan.shape.tiles_y;
#pragma omp parallel num_threads(threads_count())
    {
        struct scratch scratch = thread_scratch(&plan, workspace);
#pragma omp for schedule(dynamic)
        for (int block = 0; block < blocks; block++) {
            int first = block * plan.rows, rows = rows_of(&plan, first, all_rows);
            double *sums = output.sums ? part_sums(&plan, workspace, block) : NULL;
            if (sums)
                memset(sums, 0, plan.sums * sizeof *sums);
            forward_block(&plan, first, rows, input, prepared, &output, sums, &scratch);
        }
    }
    if (output.sums)
        add_parts(&plan, workspace, blocks, 2 * (size_t)conv->outputs, output.sums);
}

/* The arguments of a backward pass that its parts share. */
struct backward {
    struct conv_input input;
    struct conv_gradient gradient;
    const struct conv_epilogue *epilogue;
    const float *u; /* transposed weights; NULL: dx is not wanted */
    float *dx;
};

static void backward_block(const struct plan *plan, int first, int rows, const struct backward *pass, bool add,
                           float *du, double *sums, const struct scratch *scratch)
{
    const struct winograd *shape = &plan->shape;
    int tiles = rows * shape->tiles_x, panels = shape->inputs / PANEL;
    size_t carry = (size_t)(shape->overlap * shape->width) * CHANNELS;
    for (int c = 0; c < panels; c++)
        transform_input(shape, pass->input, c, first, rows, &plan->input, scratch->v, scratch->lines);
    for (int k = 0; k < shape->outputs / CHANNELS; k++)
        transform_gradient(shape, pass->gradient, k, first, rows, &plan->output, scratch->m, scratch->lines);
    for (int f = 0; f < FREQUENCIES; f++) {
        size_t at = (size_t)f * weight_pitch(shape);
        multiply_weights(plan, f, tiles, scratch->v, scratch->m, add, du + at);
        if (pass->dx)
            multiply_panels(&plan->output, &plan->input, f, tiles, scratch->m, pass->u + at, 0, panels, scratch->v);
    }
    for (int c = 0; pass->dx && c < panels; c++)
        transform_adjoint(shape, &plan->input, scratch->v, c, first, rows, pass->epilogue, pass->dx,
                          scratch->carry + (size_t)c * carry, sums, scratch->lines);
}

void winograd_backward(const struct conv *conv, int images, struct conv_input input, struct conv_gradient gradient,
                       const float *weight, float *dweight, float *dx, const struct conv_epilogue *epilogue,
                       float *workspace)
{
    static const struct conv_epilogue nothing = { .skip_stride = 1 };
    struct plan plan = plan_layer(conv);
    const struct winograd *shape = &plan.shape;
    struct backward pass = { input, gradient, epilogue ? epilogue : &nothing, NULL, dx };
    int slices = images < plan.slices ? images : plan.slices;
    float *u = shared_weights(&plan, images, workspace);
    size_t pitch = with_gap(plan.weights);
    pass.u = u;
#pragma omp parallel num_threads(threads_count())
    {
        struct scratch scratch = thread_scratch(&plan, workspace);
#pragma omp for schedule(static)
        for (int panel = 0; panel < (dx ? shape->inputs / PANEL : 0); panel++)
            transform_weight_transposed(shape, weight, panel, u);
#pragma omp for schedule(static, 1)
        for (int slice = 0; slice < slices; slice++) {
            int begin = images * slice / slices * shape->tiles_y, end = images * (slice + 1) / slices * shape->tiles_y;
            double *sums = pass.epilogue->sums ? part_sums(&plan, workspace, slice) : NULL;
            if (sums)
                memset(sums, 0, plan.sums * sizeof *sums);
            for (int first = begin; first < end; first += plan.rows)
                backward_block(&plan, first, rows_of(&plan, first, end), &pass, first > begin,
                               u + (size_t)(slice + 1) * pitch, sums, &scratch);
        }
#pragma omp for schedule(static)
        for (int panel = 0; panel < shape->outputs / PANEL; panel++)
            transform_weight_adjoint(shape, u + pitch, slices, pitch, panel, dweight);
    }
    if (pass.epilogue->sums)
        add_parts(&plan, workspace, slices, 3 * (size_t)conv->inputs, pass.epilogue->sums);
}
