/* A block of tiles at a time, small enough that its transformed values stay in the second cache:
 *
 *     forward    V = B^T act(x) B;   M_f = V_f U_f for each of 36 frequencies f;   y = A^T M A
 *     backward   V again, Z = A dy A^T;   dU_f += V_f^T Z_f;   dV_f = Z_f U_f^T;   dx = B dV B^T
 *
 * with U = G W G^T before and dW = G^T dU G after. V is computed anew in the backward pass, which is cheaper than
 * keeping it.
 *
 * Narrow layers: each thread works on blocks of its own. In the backward pass the images are cut into slices, a
 * number that depends on the shape only, each with a dU of its own that is summed in order of the slices at the end.
 * Wide layers: U and dU are larger than any cache, so all threads work on one block, each on its share of the
 * channels, and every part of U and dU passes through one core once. Either way results do not depend on the number
 * of threads. */
#include "layers/winograd.h"

#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "layers/panel_gemm.h"
#include "layers/winograd_transform.h"
#include "layers/workspace.h"

/* Tiles of a block: enough rows for the products, few enough for the cache of a core, or for the one that cores share
 * where they work together. */
enum { BLOCK_TILES = 4 * PRODUCT_ROWS, SHARED_TILES = 128 };
/* Up to how many weights per tap a block holds twice the tiles. */
enum { NARROW = 16 * 16 };
/* Panels of outputs that one pass over V makes in the forward pass, so that M stays small. */
enum { PASS_PANELS = 4 };
/* Slices of the backward pass: the bound on the threads that it can use. Few where dU is large. */
enum { SLICES = 8, SLICES_FEW = 4, LARGE = 64 * 128 };
/* From how many weights per tap all threads share a block: below, waiting for each other costs more than it saves. */
enum { SHARED = 256 * 256 };
/* Sizes that follow from a layer. */
struct plan {
    struct winograd shape;
    bool shared;                /* all threads work on one block */
    bool stream;                /* the output is too large for the caches */
    int rows;                   /* of tiles in a block */
    struct domain input;        /* V, dV */
    struct domain output;       /* Z */
    struct domain pass;         /* M */
    size_t lines, carry, weights;
    size_t block_floats;        /* of V, Z and what waits in the carry: scratch of whoever works on a block */
    size_t thread_floats;       /* of M and the lines: scratch of a thread */
    size_t sums;                /* doubles of the sums of a part */
    int slices;
};

static struct plan plan_layer(const struct conv *conv, int images)
{
    struct plan plan = { .shape = winograd_shape(conv) };
    const struct winograd *shape = &plan.shape;
    int taps = shape->inputs * shape->outputs;
    plan.shared = taps >= SHARED;
    plan.stream = conv_output_floats(conv) * (size_t)images >= STREAM_FLOATS;
    int tiles = plan.shared ? SHARED_TILES : taps <= NARROW ? 2 * BLOCK_TILES : BLOCK_TILES;
    plan.rows = tiles / shape->tiles_x > 0 ? tiles / shape->tiles_x : 1;
    int block = plan.rows * shape->tiles_x;
    plan.input = domain_new(shape, block, shape->inputs);
    plan.output = domain_new(shape, block, shape->outputs);
    plan.pass = domain_new(shape, block, PASS_PANELS * CHANNELS);
    plan.lines = transform_lines(shape);
    plan.carry = (size_t)shape->overlap * (size_t)shape->width * (size_t)shape->inputs;
    plan.weights = FREQUENCIES * weight_pitch(shape);
    plan.block_floats = workspace_part(plan.input.floats) + workspace_part(plan.output.floats) +
                        workspace_part(plan.carry);
    plan.thread_floats = workspace_part(plan.pass.floats) + workspace_part(plan.lines);
    plan.sums = 3 * (size_t)(shape->inputs > shape->outputs ? shape->inputs : shape->outputs);
    plan.slices = plan.shared ? 1 : taps >= LARGE ? SLICES_FEW : SLICES;
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

/* Those who work on one block together: all threads, or the calling one alone. */
struct team {
    int index, count;
};

static struct team team_of(const struct plan *plan)
{
    return plan->shared ? (struct team){ threads_index(), threads_team() } : (struct team){ 0, 1 };
}

/* Where the calling member's share of `count` things begins; it ends where the next member's begins. */
static int share(struct team team, int member, int count)
{
    return (int)((long)count * (team.index + member) / team.count);
}

/* Until all of the team have come here. */
static void team_wait(struct team team)
{
    if (team.count > 1) {
#pragma omp barrier
    }
}

/* The workspace: a part per block that is worked on at a time, a part per thread, sums per block or slice, U, and a dU
 * per slice. */
struct scratch {
    float *v, *z, *carry; /* of the block */
    float *m, *lines;     /* of the calling thread */
};

static int blocks_at_once(const struct plan *plan)
{
    return plan->shared ? 1 : threads_count();
}

static struct scratch thread_scratch(const struct plan *plan, float *workspace)
{
    struct scratch scratch;
    size_t blocks = (size_t)blocks_at_once(plan), index = (size_t)threads_index();
    scratch.v = workspace + plan->block_floats * (plan->shared ? 0 : index);
    scratch.z = scratch.v + workspace_part(plan->input.floats);
    scratch.carry = scratch.z + workspace_part(plan->output.floats);
    scratch.m = workspace + plan->block_floats * blocks + plan->thread_floats * index;
    scratch.lines = scratch.m + workspace_part(plan->pass.floats);
    return scratch;
}

static size_t sums_pitch(const struct plan *plan)
{
    return workspace_part(2 * plan->sums);
}

static float *all_sums(const struct plan *plan, float *workspace)
{
    return workspace + plan->block_floats * (size_t)blocks_at_once(plan) +
           plan->thread_floats * (size_t)threads_count();
}

static double *part_sums(const struct plan *plan, float *workspace, int part)
{
    return workspace_doubles(all_sums(plan, workspace), sums_pitch(plan), part);
}

/* Blocks, or slices, that have sums of their own. */
static int part_count(const struct plan *plan, int images)
{
    int blocks = plan->shared ? 1 : block_count(plan, images);
    return blocks > plan->slices ? blocks : plan->slices;
}

static float *shared_weights(const struct plan *plan, int images, float *workspace)
{
    return all_sums(plan, workspace) + sums_pitch(plan) * (size_t)part_count(plan, images);
}

size_t winograd_workspace(const struct conv *conv, int images)
{
    struct plan plan = plan_layer(conv, images);
    size_t blocks = checked_multiply(plan.block_floats, (size_t)blocks_at_once(&plan));
    size_t threads = checked_multiply(plan.thread_floats, (size_t)threads_count());
    size_t sums = checked_multiply(sums_pitch(&plan), (size_t)part_count(&plan, images));
    size_t weights = checked_multiply(workspace_part(plan.weights), (size_t)plan.slices + 1);
    panel_gemm_start();
    return checked_add(checked_add(blocks, threads), checked_add(sums, weights));
}

/* How the panels of a domain lie, and those of U and dU. */
static struct panels domain_panels(const struct domain *domain)
{
    return (struct panels){ domain->pitch, PANEL };
}

static struct panels weight_panels(int depth)
{
    return (struct panels){ PANEL, (ptrdiff_t)depth * PANEL };
}

/* C_f = A_f U_f, `count` panels of U from `first` on, over the rows of `tiles` tiles; u is the first frequency's panels
 * [depth][16], the next one's are `pitch` floats on. */
static void multiply_panels(const struct domain *from, const struct domain *to, int f, int tiles, const float *a,
                            const float *u, size_t pitch, int first, int count, float *c, struct ahead *ahead)
{
    struct panels layout = weight_panels(from->channels);
    u += (size_t)f * pitch;
    ahead->next = f + 1 < FREQUENCIES ? u + pitch + first * layout.panel : NULL;
    panel_gemm(tiles * from->copies[f], from->channels, count, a + from->offset[f], from->pitch, 1,
               u + first * layout.panel, layout, false, c + to->offset[f], domain_panels(to), ahead);
}

/* dU_f += V_f^T Z_f, as panels [K/16][C][16], from panel `first` on up to `end`; dU_f is set where `add` is false. */
static void multiply_weights(const struct plan *plan, int f, int tiles, const float *v, const float *z, int first,
                             int end, bool add, float *du, struct ahead *ahead)
{
    const struct domain *input = &plan->input, *output = &plan->output;
    struct panels layout = weight_panels(input->channels);
    panel_gemm(input->channels, tiles * input->copies[f], end - first, v + input->offset[f], 1, input->pitch,
               z + output->offset[f] + first * PANEL, domain_panels(output), add, du + first * layout.panel, layout,
               ahead);
}

/* The rows of tiles of a block that starts at `first`. */
static int rows_of(const struct plan *plan, int first, int end)
{
    return end - first < plan->rows ? end - first : plan->rows;
}

/* Where a row of tiles begins in x and in y: floats from the start. */
static size_t input_offset(const struct winograd *shape, int row)
{
    size_t line = (size_t)shape->width * (size_t)shape->inputs;
    return line * (size_t)(row / shape->tiles_y * shape->height + row % shape->tiles_y * shape->step);
}

static size_t output_offset(const struct winograd *shape, int row)
{
    size_t line = (size_t)shape->out_width * (size_t)shape->outputs;
    return line * (size_t)(row / shape->tiles_y * shape->out_height + row % shape->tiles_y * TILE);
}

/* Rows of tiles of a tensor like x, or like y, that are read or written soon. */
static void add_input_rows(struct ahead *ahead, const struct winograd *shape, const float *x, int first, int rows)
{
    size_t at = input_offset(shape, first);
    if (x)
        ahead_add(ahead, x + at, input_offset(shape, first + rows) - at);
}

static void add_output_rows(struct ahead *ahead, const struct winograd *shape, const float *y, int first, int rows)
{
    size_t at = output_offset(shape, first);
    if (y)
        ahead_add(ahead, y + at, output_offset(shape, first + rows) - at);
}

/* Whether transform_output stores past the caches. */
static bool streams(const struct plan *plan, const struct conv_output *output)
{
    return plan->stream && !output->bias && !output->residual && !output->activate;
}

/* What the products of the block at `first` fetch in the forward pass: what the output is added to, the output itself,
 * and the next block's x. Where all threads share a block, nothing: U comes from memory there. */
static struct ahead forward_ahead(const struct plan *plan, int first, int rows, int end, const float *x,
                                  const struct conv_output *output, const struct scratch *scratch)
{
    struct ahead ahead = ahead_new(scratch->lines);
    if (plan->shared)
        return ahead;
    add_output_rows(&ahead, &plan->shape, output->residual, first, rows);
    if (!streams(plan, output))
        add_output_rows(&ahead, &plan->shape, output->y, first, rows);
    add_input_rows(&ahead, &plan->shape, x, first + rows, rows_of(plan, first + rows, end));
    return ahead;
}

/* The block of rows of tiles from `first` on, of those up to `end`: the member's share of the panels of y, a few at a
 * time. */
static void forward_block(const struct plan *plan, struct team team, int first, int end, struct conv_input input,
                          const float *u, const struct conv_output *output, double *sums,
                          const struct scratch *scratch)
{
    const struct winograd *shape = &plan->shape;
    int rows = rows_of(plan, first, end), tiles = rows * shape->tiles_x;
    int blocks = shape->inputs / CHANNELS, panels = shape->outputs / PANEL;
    struct ahead ahead = forward_ahead(plan, first, rows, end, input.x, output, scratch);
    for (int c = share(team, 0, blocks); c < share(team, 1, blocks); c++)
        transform_input(shape, input, c, first, rows, &plan->input, scratch->v, scratch->lines);
    team_wait(team);
    int last = share(team, 1, panels);
    for (int begin = share(team, 0, panels); begin < last; begin += PASS_PANELS) {
        int count = last - begin < PASS_PANELS ? last - begin : PASS_PANELS;
        for (int f = 0; f < FREQUENCIES; f++)
            multiply_panels(&plan->input, &plan->pass, f, tiles, scratch->v, u, weight_pitch(shape), begin, count,
                            scratch->m, &ahead);
        for (int k = 0; k < count; k++)
            transform_output(shape, &plan->pass, scratch->m, k, begin + k, first, rows, output, plan->stream, sums,
                             scratch->lines);
    }
    team_wait(team);
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
    struct plan plan = plan_layer(conv, images);
    int all_rows = images * plan.shape.tiles_y, blocks = block_count(&plan, images);
    int parts = plan.shared ? 1 : blocks;
    for (int part = 0; output.sums && part < parts; part++)
        memset(part_sums(&plan, workspace, part), 0, plan.sums * sizeof(double));
#pragma omp parallel num_threads(threads_count())
    {
        struct scratch scratch = thread_scratch(&plan, workspace);
        struct team team = team_of(&plan);
        if (plan.shared) {
            for (int first = 0; first < all_rows; first += plan.rows)
                forward_block(&plan, team, first, all_rows, input, prepared, &output,
                              output.sums ? part_sums(&plan, workspace, 0) : NULL, &scratch);
        } else {
#pragma omp for schedule(static) /* neighbours to a thread, which fetches ahead; the same images in every layer */
            for (int block = 0; block < blocks; block++)
                forward_block(&plan, team, block * plan.rows, all_rows, input, prepared, &output,
                              output.sums ? part_sums(&plan, workspace, block) : NULL, &scratch);
        }
    }
    if (output.sums)
        workspace_sum(all_sums(&plan, workspace), sums_pitch(&plan), parts, 2 * (size_t)conv->outputs, output.sums);
}

/* The arguments of a backward pass that its parts share. */
struct backward {
    struct conv_input input;
    struct conv_gradient gradient;
    const struct conv_epilogue *epilogue;
    const float *u; /* transposed weights; NULL: dx is not wanted */
    float *dx;
    int rows;       /* of tiles in all images */
};

/* What the products of the block at `first` fetch: what its epilogue reads and has not been read as x, dx, which is
 * written, and the next block's input. */
static struct ahead backward_ahead(const struct plan *plan, int first, int rows, const struct backward *pass,
                                   const struct scratch *scratch)
{
    struct ahead ahead = ahead_new(scratch->lines);
    const struct conv_epilogue *epilogue = pass->epilogue;
    int next = rows_of(plan, first + rows, pass->rows);
    if (plan->shared)
        return ahead;
    for (int w = 0; w < 2; w++)
        if (epilogue->with[w] != pass->input.x)
            add_input_rows(&ahead, &plan->shape, epilogue->with[w], first, rows);
    if (epilogue->skip_stride == 1 && epilogue->skip != pass->dx)
        add_input_rows(&ahead, &plan->shape, epilogue->skip, first, rows);
    add_input_rows(&ahead, &plan->shape, pass->dx, first, rows);
    add_input_rows(&ahead, &plan->shape, pass->input.x, first + rows, next);
    add_output_rows(&ahead, &plan->shape, pass->gradient.g, first + rows, next);
    if (pass->gradient.a)
        add_output_rows(&ahead, &plan->shape, pass->gradient.y, first + rows, next);
    return ahead;
}

static void backward_block(const struct plan *plan, struct team team, int first, int end,
                           const struct backward *pass, bool add, float *du, double *sums,
                           const struct scratch *scratch)
{
    const struct winograd *shape = &plan->shape;
    int rows = rows_of(plan, first, end), tiles = rows * shape->tiles_x;
    int blocks = shape->inputs / CHANNELS, panels = shape->outputs / CHANNELS;
    int c_begin = share(team, 0, blocks), c_end = share(team, 1, blocks);
    int k_begin = share(team, 0, panels), k_end = share(team, 1, panels);
    size_t carry = (size_t)(shape->overlap * shape->width) * CHANNELS, pitch = weight_pitch(shape);
    struct ahead ahead = backward_ahead(plan, first, rows, pass, scratch);
    for (int c = c_begin; c < c_end; c++)
        transform_input(shape, pass->input, c, first, rows, &plan->input, scratch->v, scratch->lines);
    for (int k = k_begin; k < k_end; k++)
        transform_gradient(shape, pass->gradient, k, first, rows, &plan->output, scratch->z, scratch->lines);
    team_wait(team);
    for (size_t f = 0; f < FREQUENCIES; f++)
        multiply_weights(plan, (int)f, tiles, scratch->v, scratch->z, k_begin, k_end, add, du + f * pitch,
                         &ahead);
    team_wait(team); /* V is not needed any more: dV takes its place */
    for (int f = 0; pass->dx && f < FREQUENCIES; f++)
        multiply_panels(&plan->output, &plan->input, f, tiles, scratch->z, pass->u, pitch, c_begin,
                        c_end - c_begin, scratch->v + (size_t)c_begin * CHANNELS, &ahead);
    for (int c = c_begin; pass->dx && c < c_end; c++)
        transform_adjoint(shape, &plan->input, scratch->v, c, first, rows, pass->epilogue, pass->dx,
                          scratch->carry + (size_t)c * carry, sums, scratch->lines);
    team_wait(team);
}

/* A slice of the images, block by block. */
static void backward_slice(const struct plan *plan, struct team team, int begin, int end, const struct backward *pass,
                           float *du, double *sums, const struct scratch *scratch)
{
    for (int first = begin; first < end; first += plan->rows)
        backward_block(plan, team, first, end, pass, first > begin, du, sums, scratch);
}

void winograd_backward(const struct conv *conv, int images, struct conv_input input, struct conv_gradient gradient,
                       const float *weight, float *dweight, float *dx, const struct conv_epilogue *epilogue,
                       float *workspace)
{
    static const struct conv_epilogue nothing = { .skip_stride = 1 };
    struct plan plan = plan_layer(conv, images);
    const struct winograd *shape = &plan.shape;
    struct backward pass = { input, gradient, epilogue ? epilogue : &nothing, NULL, dx, images * shape->tiles_y };
    int slices = images < plan.slices ? images : plan.slices;
    float *u = shared_weights(&plan, images, workspace), *du = u + workspace_part(plan.weights);
    size_t pitch = workspace_part(plan.weights);
    bool sums = pass.epilogue->sums;
    pass.u = u;
    for (int slice = 0; sums && slice < slices; slice++)
        memset(part_sums(&plan, workspace, slice), 0, plan.sums * sizeof(double));
#pragma omp parallel num_threads(threads_count())
    {
        struct scratch scratch = thread_scratch(&plan, workspace);
        struct team team = team_of(&plan);
#pragma omp for schedule(static)
        for (int panel = 0; panel < (dx ? shape->inputs / PANEL : 0); panel++)
            transform_weight_transposed(shape, weight, panel, u);
        if (plan.shared) {
            backward_slice(&plan, team, 0, pass.rows, &pass, du,
                           sums ? part_sums(&plan, workspace, 0) : NULL, &scratch);
        } else {
#pragma omp for schedule(static) /* a thread's slices are one after the other: it fetches ahead across borders */
            for (int slice = 0; slice < slices; slice++)
                backward_slice(&plan, team, images * slice / slices * shape->tiles_y,
                               images * (slice + 1) / slices * shape->tiles_y, &pass, du + (size_t)slice * pitch,
                               sums ? part_sums(&plan, workspace, slice) : NULL, &scratch);
        }
#pragma omp for schedule(static)
        for (int panel = 0; panel < shape->outputs / PANEL; panel++)
            transform_weight_adjoint(shape, du, slices, pitch, panel, dweight);
    }
    if (sums)
        workspace_sum(all_sums(&plan, workspace), sums_pitch(&plan), slices, 3 * (size_t)conv->inputs,
                      pass.epilogue->sums);
}
