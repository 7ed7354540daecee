/* The fast engine for 3x3 convolutions: Winograd's minimal filtering, F(4x4,3x3) (winograd_math.h). It works on one
 * block of tiles at a time, small enough that its transformed values stay in the second-level cache:
 *
 *     forward    V = B^T act(x) B;   M_f = V_f U_f for each of 36 frequencies f;   y = A^T M A
 *     backward   V again, Z = A dy A^T;   dU_f += V_f^T Z_f;   dV_f = Z_f U_f^T;   dx = B dV B^T
 *
 * with U = G W G^T before and dW = G^T dU G after. V is recomputed in the backward pass, which is cheaper than keeping
 * it.
 *
 * Narrow layers: each thread works on its own blocks. In the backward pass the images are divided into slices, whose
 * number depends only on the shape; each slice has its own dU, and these are added in order of the slices at the end.
 * Wide layers: U and dU are larger than any cache, so all threads work on one block, each on its share of the channels,
 * and every part of U and dU passes through one core once. In both cases results do not depend on the number of
 * threads. */
#include "base/threads.h"
#include "layers/conv_engine.h"
#include "layers/panel_gemm.h"
#include "layers/winograd_transform.h"
#include "layers/workspace.h"

/* Tiles in a block: enough rows for the products, but few enough for the cache of a core, or for the shared cache if
 * the cores work on one block. */
enum { BLOCK_TILES = 4 * PRODUCT_ROWS, SHARED_TILES = 128 };
/* Up to this number of weights per tap, a block has twice the tiles. */
enum { NARROW = 16 * 16 };
/* Panels of outputs that the forward pass computes in one pass over V, so that M stays small. */
enum { PASS_PANELS = 4 };
/* Slices of the backward pass; an upper bound for its threads. Few if dU is large. */
enum { SLICES = 8, SLICES_FEW = 4, LARGE = 64 * 128 };
/* From this number of weights per tap, all threads share a block: in smaller layers, waiting for each other costs more
 * than it saves. */
enum { SHARED = 256 * 256 };

/* Sizes that follow from a layer and the number of images. */
struct plan {
    struct winograd shape;
    bool shared;            /* all threads work on one block */
    bool stream;            /* the output is too large for the caches */
    ptrdiff_t images;
    ptrdiff_t all_rows;     /* rows of tiles in all images */
    ptrdiff_t rows, blocks; /* rows of tiles in a block; blocks in all images */
    struct domain input;    /* V, dV */
    struct domain output;   /* Z */
    struct domain pass;     /* M */
    struct workspace workspace; /* per block V, Z and a carry; per thread M and lines; per slice dU; shared U */
};

/* The number of tiles in a block. */
static ptrdiff_t block_tiles(const struct plan *plan, ptrdiff_t taps)
{
    if (plan->shared)
        return SHARED_TILES;
    return taps <= NARROW ? 2 * BLOCK_TILES : BLOCK_TILES;
}

static void plan_workspace(struct plan *plan, ptrdiff_t taps)
{
    const struct winograd *shape = &plan->shape;
    ptrdiff_t carry = shape->overlap * shape->width * shape->inputs, wider = shape->inputs;
    ptrdiff_t blocks = plan->shared ? 1 : plan->blocks;
    if (shape->outputs > wider)
        wider = shape->outputs;
    struct workspace *workspace = &plan->workspace;
    workspace->block = workspace_part((size_t)plan->input.floats) + workspace_part((size_t)plan->output.floats) +
                       (size_t)carry;
    workspace->thread = workspace_part((size_t)plan->pass.floats) + (size_t)transform_lines(shape);
    workspace->slice = workspace->extra = (size_t)(FREQUENCIES * weight_pitch(shape));
    workspace->sums = 3 * (size_t)wider;
    workspace->blocks = plan->shared ? 1 : threads_count();
    workspace->slices = plan->shared ? 1 : taps >= LARGE ? SLICES_FEW : SLICES;
    workspace->parts = blocks > workspace->slices ? blocks : workspace->slices;
}

static struct plan plan_layer(const struct conv *conv, ptrdiff_t images, float *memory)
{
    struct plan plan = { .shape = winograd_shape(conv), .images = images };
    const struct winograd *shape = &plan.shape;
    ptrdiff_t taps = shape->inputs * shape->outputs;
    plan.shared = taps >= SHARED;
    plan.stream = conv_output_floats(conv) * images >= STREAM_FLOATS;
    ptrdiff_t tiles = block_tiles(&plan, taps);
    plan.rows = tiles / shape->tiles_x > 0 ? tiles / shape->tiles_x : 1;
    plan.all_rows = images * shape->tiles_y;
    plan.blocks = (plan.all_rows + plan.rows - 1) / plan.rows;
    ptrdiff_t block = plan.rows * shape->tiles_x;
    plan.input = domain_new(shape, block, shape->inputs);
    plan.output = domain_new(shape, block, shape->outputs);
    plan.pass = domain_new(shape, block, PASS_PANELS * CHANNELS);
    plan_workspace(&plan, taps);
    plan.workspace.memory = memory;
    return plan;
}

/* ---- who works on what ---- */

/* The threads that work on one block together: all of them, or only the calling one. */
struct team {
    int index, count;
};

static struct team team_of(const struct plan *plan)
{
    return plan->shared ? (struct team){ threads_index(), threads_team() } : (struct team){ 0, 1 };
}

/* Waits until all of the team have called it. */
static void team_wait(struct team team)
{
    if (team.count > 1) {
#pragma omp barrier
    }
}

/* A range of items. */
struct share {
    ptrdiff_t begin, end;
};

/* The calling member's share of `count` items. */
static struct share share_of(struct team team, ptrdiff_t count)
{
    return (struct share){ count * team.index / team.count, count * (team.index + 1) / team.count };
}

/* A block of tiles and the scratch memory of the threads that work on it. */
struct block {
    struct team team;
    ptrdiff_t first, rows; /* rows of tiles, the first over all images */
    ptrdiff_t end;         /* end of the range of rows that this block is a part of */
    double *sums;          /* of the block or its slice, or NULL */
    float *v, *z, *carry;  /* of the block */
    float *m, *lines;      /* of the calling thread */
};

/* The scratch memory of the calling thread. */
static struct block block_new(const struct plan *plan)
{
    struct block block = { .team = team_of(plan) };
    block.v = workspace_block(&plan->workspace, plan->shared ? 0 : threads_index());
    block.z = block.v + workspace_part((size_t)plan->input.floats);
    block.carry = block.z + workspace_part((size_t)plan->output.floats);
    block.m = workspace_thread(&plan->workspace);
    block.lines = block.m + workspace_part((size_t)plan->pass.floats);
    return block;
}

/* Moves the block to the rows from `first` on, in the range up to `end`. */
static void block_move(struct block *block, const struct plan *plan, ptrdiff_t first, ptrdiff_t end)
{
    block->first = first;
    block->end = end;
    block->rows = end - first < plan->rows ? end - first : plan->rows;
}

/* The arguments for a transform of the block: one block of the layer's channels, and its place in the domain. */
static struct tile_rows block_channels(const struct block *block, const struct plan *plan, const struct domain *domain,
                                       ptrdiff_t number, ptrdiff_t domain_number)
{
    return (struct tile_rows){
        .shape = &plan->shape,
        .domain = domain,
        .first = block->first,
        .end = block->first + block->rows,
        .channel = number * CHANNELS,
        .domain_channel = domain_number * CHANNELS,
        .lines = block->lines,
    };
}

/* ---- what is fetched ahead ---- */

/* Where a row of tiles begins in x and in y: floats from the start. */
static ptrdiff_t input_offset(const struct winograd *shape, ptrdiff_t row)
{
    ptrdiff_t line = row / shape->tiles_y * shape->height + row % shape->tiles_y * shape->step;
    return line * shape->width * shape->inputs;
}

static ptrdiff_t output_offset(const struct winograd *shape, ptrdiff_t row)
{
    ptrdiff_t line = row / shape->tiles_y * shape->out_height + row % shape->tiles_y * TILE;
    return line * shape->out_width * shape->outputs;
}

/* Adds rows of tiles that will be read or written soon, of a tensor like x or like y. */
static void add_input_rows(struct ahead *ahead, const struct winograd *shape, const float *x, ptrdiff_t first,
                           ptrdiff_t rows)
{
    ptrdiff_t at = input_offset(shape, first);
    if (x)
        ahead_add(ahead, x + at, (size_t)(input_offset(shape, first + rows) - at));
}

static void add_output_rows(struct ahead *ahead, const struct winograd *shape, const float *y, ptrdiff_t first,
                            ptrdiff_t rows)
{
    ptrdiff_t at = output_offset(shape, first);
    if (y)
        ahead_add(ahead, y + at, (size_t)(output_offset(shape, first + rows) - at));
}

/* Rows of the next block, up to `end`. */
static ptrdiff_t next_rows(const struct plan *plan, const struct block *block, ptrdiff_t end)
{
    ptrdiff_t left = end - block->first - block->rows;
    return left < plan->rows ? left : plan->rows;
}

/* Whether transform_output bypasses the caches. */
static bool streams(const struct plan *plan, const struct conv_output *output)
{
    return plan->stream && !output->bias && !output->residual && !output->activate;
}

/* Memory that the products of a block prefetch in the forward pass: the residual, the output itself, and the next
 * block's x. Nothing if all threads share a block, because U comes from memory there. */
static struct ahead forward_ahead(const struct plan *plan, const struct block *block,
                                  const struct conv_forward_pass *pass)
{
    const struct winograd *shape = &plan->shape;
    struct ahead ahead = ahead_new(block->lines);
    if (plan->shared)
        return ahead;
    add_output_rows(&ahead, shape, pass->output.residual, block->first, block->rows);
    if (!streams(plan, &pass->output))
        add_output_rows(&ahead, shape, pass->output.y, block->first, block->rows);
    add_input_rows(&ahead, shape, pass->input.x, block->first + block->rows, next_rows(plan, block, block->end));
    return ahead;
}

/* The same in the backward pass: what the epilogue reads other than x, then dx, which is written, and the next block's
 * input. */
static struct ahead backward_ahead(const struct plan *plan, const struct block *block,
                                   const struct conv_backward_pass *pass)
{
    const struct winograd *shape = &plan->shape;
    const struct conv_epilogue *epilogue = &pass->epilogue;
    struct ahead ahead = ahead_new(block->lines);
    ptrdiff_t first = block->first, rows = block->rows, next = next_rows(plan, block, plan->all_rows);
    if (plan->shared)
        return ahead;
    for (int w = 0; w < 2; w++)
        if (epilogue->with[w] != pass->input.x)
            add_input_rows(&ahead, shape, epilogue->with[w], first, rows);
    if (epilogue->skip_stride == 1 && epilogue->skip != pass->dx)
        add_input_rows(&ahead, shape, epilogue->skip, first, rows);
    add_input_rows(&ahead, shape, pass->dx, first, rows);
    add_input_rows(&ahead, shape, pass->input.x, first + rows, next);
    add_output_rows(&ahead, shape, pass->gradient.g, first + rows, next);
    if (pass->gradient.a)
        add_output_rows(&ahead, shape, pass->gradient.y, first + rows, next);
    return ahead;
}

/* ---- products ---- */

/* Panels of transformed weights: [36][panels][depth][16]. */
struct weight_panels {
    const float *at; /* of the first frequency */
    ptrdiff_t pitch; /* floats from a frequency to the next */
    ptrdiff_t first, count; /* the panels that are multiplied */
};

/* C_f = A_f U_f for one frequency f of `tiles` tiles. a: in the domain `from`; c: the first panel in the domain `to`.
 * Meanwhile the panels of the next frequency are prefetched. */
static struct product panels_product(const struct domain *from, const struct domain *to, int f, ptrdiff_t tiles,
                                     const float *a, struct weight_panels u, float *c, struct ahead *ahead)
{
    ptrdiff_t panel = from->channels * PANEL;
    const float *first = u.at + f * u.pitch + u.first * panel;
    ahead->next = f + 1 < FREQUENCIES ? first + u.pitch : NULL;
    return (struct product){
        .rows = tiles * from->copies[f],
        .depth = from->channels,
        .panels = u.count,
        .a = { a + from->offset[f], from->pitch, 1 },
        .b = { first, PANEL, panel },
        .c = { c + to->offset[f], to->pitch, PANEL },
    };
}

/* dU_f = V_f^T Z_f for one frequency f, or dU_f += if `add`, for the panels in `share`: [K/16][C][16]. */
static struct product weights_product(const struct plan *plan, const struct block *block, int f, struct share share,
                                      bool add, float *du)
{
    const struct domain *input = &plan->input, *output = &plan->output;
    ptrdiff_t panel = input->channels * PANEL;
    return (struct product){
        .rows = input->channels,
        .depth = block->rows * plan->shape.tiles_x * input->copies[f],
        .panels = share.end - share.begin,
        .a = { block->v + input->offset[f], 1, input->pitch },
        .b = { block->z + output->offset[f] + share.begin * PANEL, output->pitch, PANEL },
        .c = { du + share.begin * panel, PANEL, panel },
        .add = add,
    };
}

/* ---- forward ---- */

/* V of the block: the member's share of the channels. */
static void transform_block(const struct plan *plan, const struct block *block, struct share share,
                            const struct conv_input *input)
{
    for (ptrdiff_t c = share.begin; c < share.end; c++) {
        struct tile_rows rows = block_channels(block, plan, &plan->input, c, c);
        transform_input(&rows, input, block->v);
    }
}

/* y of the block: the member's share of the panels, a few at a time. */
static void forward_block(const struct plan *plan, const struct block *block, const struct conv_forward_pass *pass)
{
    const struct winograd *shape = &plan->shape;
    ptrdiff_t tiles = block->rows * shape->tiles_x;
    struct share panels = share_of(block->team, shape->outputs / PANEL);
    struct ahead ahead = forward_ahead(plan, block, pass);
    transform_block(plan, block, share_of(block->team, shape->inputs / CHANNELS), &pass->input);
    team_wait(block->team);
    for (ptrdiff_t begin = panels.begin; begin < panels.end; begin += PASS_PANELS) {
        ptrdiff_t count = panels.end - begin < PASS_PANELS ? panels.end - begin : PASS_PANELS;
        struct weight_panels u = { pass->weight, weight_pitch(shape), begin, count };
        for (int f = 0; f < FREQUENCIES; f++) {
            struct product m = panels_product(&plan->input, &plan->pass, f, tiles, block->v, u, block->m, &ahead);
            panel_gemm(&m, &ahead);
        }
        for (ptrdiff_t k = 0; k < count; k++) {
            struct tile_rows rows = block_channels(block, plan, &plan->pass, begin + k, k);
            transform_output(&rows, block->m, &pass->output, plan->stream, block->sums);
        }
    }
    team_wait(block->team);
}

static void forward(const struct conv *conv, const struct conv_forward_pass *pass)
{
    struct plan plan = plan_layer(conv, pass->images, pass->workspace);
    const struct workspace *workspace = &plan.workspace;
    ptrdiff_t parts = plan.shared ? 1 : plan.blocks;
    if (pass->output.sums)
        workspace_clear_sums(workspace, parts);
#pragma omp parallel num_threads(threads_count())
    {
        struct block block = block_new(&plan);
        if (plan.shared) {
            block.sums = pass->output.sums ? workspace_part_sums(workspace, 0) : NULL;
            for (ptrdiff_t first = 0; first < plan.all_rows; first += plan.rows) {
                block_move(&block, &plan, first, plan.all_rows);
                forward_block(&plan, &block, pass);
            }
        } else {
#pragma omp for schedule(static) /* consecutive blocks for a thread, which prefetches; the same images in every layer */
            for (ptrdiff_t number = 0; number < plan.blocks; number++) {
                block_move(&block, &plan, number * plan.rows, plan.all_rows);
                block.sums = pass->output.sums ? workspace_part_sums(workspace, number) : NULL;
                forward_block(&plan, &block, pass);
            }
        }
    }
    if (pass->output.sums)
        workspace_total(workspace, parts, 2 * conv->outputs, pass->output.sums);
}

/* ---- backward ---- */

/* dU_f = V_f^T Z_f, added to dU of the slice's earlier blocks; then dV and dx. */
static void backward_block(const struct plan *plan, const struct block *block, const struct conv_backward_pass *pass,
                           bool add, float *du)
{
    const struct winograd *shape = &plan->shape;
    ptrdiff_t tiles = block->rows * shape->tiles_x, pitch = weight_pitch(shape);
    ptrdiff_t carry = shape->overlap * shape->width * CHANNELS;
    struct share inputs = share_of(block->team, shape->inputs / CHANNELS);
    struct share outputs = share_of(block->team, shape->outputs / CHANNELS);
    struct weight_panels u = { workspace_extra(&plan->workspace), pitch, inputs.begin, inputs.end - inputs.begin };
    struct ahead ahead = backward_ahead(plan, block, pass);
    transform_block(plan, block, inputs, &pass->input);
    for (ptrdiff_t k = outputs.begin; k < outputs.end; k++) {
        struct tile_rows rows = block_channels(block, plan, &plan->output, k, k);
        transform_gradient(&rows, &pass->gradient, block->z);
    }
    team_wait(block->team);
    for (int f = 0; f < FREQUENCIES; f++) {
        struct product product = weights_product(plan, block, f, outputs, add, du + f * pitch);
        panel_gemm(&product, &ahead);
    }
    team_wait(block->team); /* V is not needed any more: dV overwrites it */
    for (int f = 0; pass->dx && f < FREQUENCIES; f++) {
        float *dv = block->v + inputs.begin * CHANNELS;
        struct product product = panels_product(&plan->output, &plan->input, f, tiles, block->z, u, dv, &ahead);
        panel_gemm(&product, &ahead);
    }
    for (ptrdiff_t c = inputs.begin; pass->dx && c < inputs.end; c++) {
        struct tile_rows rows = block_channels(block, plan, &plan->input, c, c);
        transform_adjoint(&rows, block->v, &pass->epilogue, pass->dx, block->carry + c * carry, block->sums);
    }
    team_wait(block->team);
}

/* The rows of tiles of one slice of the images, block by block. */
static void backward_slice(const struct plan *plan, struct block *block, struct share rows, ptrdiff_t slice,
                           const struct conv_backward_pass *pass)
{
    block->sums = pass->epilogue.sums ? workspace_part_sums(&plan->workspace, slice) : NULL;
    for (ptrdiff_t first = rows.begin; first < rows.end; first += plan->rows) {
        block_move(block, plan, first, rows.end);
        backward_block(plan, block, pass, first > rows.begin, workspace_slice(&plan->workspace, slice));
    }
}

/* dW of one panel of outputs from the slices' dU. It reads a stretch of each frequency and slice at a time, which is
 * faster than a line of each. */
static void finish_weights(const struct plan *plan, ptrdiff_t slices, ptrdiff_t panel, float *dweight)
{
    enum { RUN = 8 }; /* of inputs; their sums stay in the first cache */
    const struct winograd *shape = &plan->shape;
    float sum[FREQUENCIES][RUN * CHANNELS];
    for (ptrdiff_t first = 0; first < shape->inputs; first += RUN) {
        ptrdiff_t at = (panel * shape->inputs + first) * CHANNELS;
        for (int f = 0; f < FREQUENCIES; f++)
            workspace_sum_slices(&plan->workspace, slices, (size_t)(at + f * weight_pitch(shape)), RUN * CHANNELS,
                                 sum[f]);
        transform_weight_adjoint(shape, sum[0], RUN, dweight + first * shape->outputs + panel * CHANNELS);
    }
}

static void backward(const struct conv *conv, const struct conv_backward_pass *pass)
{
    struct plan plan = plan_layer(conv, pass->images, pass->workspace);
    const struct winograd *shape = &plan.shape;
    const struct workspace *workspace = &plan.workspace;
    ptrdiff_t slices = plan.images < workspace->slices ? plan.images : workspace->slices;
    if (pass->epilogue.sums)
        workspace_clear_sums(workspace, slices);
#pragma omp parallel num_threads(threads_count())
    {
        struct block block = block_new(&plan);
#pragma omp for schedule(static)
        for (ptrdiff_t panel = 0; panel < (pass->dx ? shape->inputs / PANEL : 0); panel++)
            transform_weight_transposed(shape, pass->weight, panel, workspace_extra(workspace));
        if (plan.shared) {
            backward_slice(&plan, &block, (struct share){ 0, plan.all_rows }, 0, pass);
        } else {
#pragma omp for schedule(static) /* a thread's slices are consecutive: it prefetches across their borders */
            for (ptrdiff_t slice = 0; slice < slices; slice++) {
                struct share rows = { plan.images * slice / slices * shape->tiles_y,
                                      plan.images * (slice + 1) / slices * shape->tiles_y };
                backward_slice(&plan, &block, rows, slice, pass);
            }
        }
#pragma omp for schedule(static)
        for (ptrdiff_t panel = 0; panel < shape->outputs / PANEL; panel++)
            finish_weights(&plan, slices, panel, pass->dweight);
    }
    if (pass->epilogue.sums)
        workspace_total(workspace, slices, 3 * conv->inputs, pass->epilogue.sums);
}

/* ---- the engine ---- */

static bool covers(const struct conv *conv)
{
    return conv->kernel == 3 && conv->inputs % CHANNELS == 0 && conv->outputs % CHANNELS == 0;
}

static size_t workspace(const struct conv *conv, ptrdiff_t images)
{
    struct plan plan = plan_layer(conv, images, NULL);
    panel_gemm_start();
    return workspace_floats(&plan.workspace);
}

static size_t prepared_floats(const struct conv *conv)
{
    struct winograd shape = winograd_shape(conv);
    return (size_t)(FREQUENCIES * weight_pitch(&shape));
}

static const float *prepare(const struct conv *conv, const float *weight, float *prepared)
{
    struct winograd shape = winograd_shape(conv);
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (ptrdiff_t panel = 0; panel < shape.outputs / PANEL; panel++)
        transform_weight(&shape, weight, panel, prepared);
    return prepared;
}

const struct conv_engine winograd_engine = { covers, workspace, prepared_floats, prepare, forward, backward };
