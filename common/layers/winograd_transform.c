#include "layers/winograd_transform.h"

#include <string.h>

#include "layers/activation_math.h"

struct winograd winograd_shape(const struct conv *conv)
{
    struct winograd shape = {
        .stride = conv->stride,
        .slots = conv->stride == 1 ? 6 : 9,
        .step = TILE * conv->stride,
        .overlap = conv->stride == 1 ? 2 : 1,
        .inputs = conv->inputs,
        .outputs = conv->outputs,
        .height = conv->height,
        .width = conv->width,
        .out_height = conv_out_height(conv),
        .out_width = conv_out_width(conv),
    };
    shape.tiles_y = (shape.out_height + TILE - 1) / TILE;
    shape.tiles_x = (shape.out_width + TILE - 1) / TILE;
    return shape;
}

/* The lines of a domain whose matrices are placed: those of copies are one row of a matrix apart. */
static void place_lines(const struct winograd *shape, struct domain *domain)
{
    size_t pitch = (size_t)domain->pitch;
    for (int i = 0; i < shape->slots; i++) {
        int p = shape->stride == 2 && i > 5 ? 5 : i; /* slots 5 to 8 are copies of frequency 5 */
        const int *copies = domain->copies + p * WEIGHT_SIDE;
        const size_t *offset = domain->offset + p * WEIGHT_SIDE;
        size_t copy = (size_t)(i - p) * pitch;
        domain->line[i] = (struct domain_line){
            .first = offset[0] + copy,
            .slot = offset[1] - offset[0],
            .tile = (size_t)copies[0] * pitch,
            .even = offset[5] + TILE * copy,
            .even_tile = (size_t)copies[5] * pitch,
        };
    }
}

/* A line of a domain, from a tile on, one vector of a block of channels: floats from the domain's first. */
struct walk {
    size_t at, even;
    size_t slot, pitch, tile, even_tile;
};

WINOGRAD_INLINE struct walk walk_line(const struct domain *domain, int i, int channel, int tile)
{
    const struct domain_line *line = &domain->line[i];
    return (struct walk){
        .at = line->first + (size_t)tile * line->tile + (size_t)channel,
        .even = line->even + (size_t)tile * line->even_tile + (size_t)channel,
        .slot = line->slot,
        .pitch = (size_t)domain->pitch,
        .tile = line->tile,
        .even_tile = line->even_tile,
    };
}

/* Slot j of the tile. */
WINOGRAD_INLINE size_t walk_slot(const int stride, const struct walk *walk, int j)
{
    return stride == 2 && j >= 5 ? walk->even + (size_t)(j - 5) * walk->pitch : walk->at + (size_t)j * walk->slot;
}

WINOGRAD_INLINE void walk_on(const int stride, struct walk *walk)
{
    walk->at += walk->tile;
    if (stride == 2)
        walk->even += walk->even_tile;
}

struct domain domain_new(const struct winograd *shape, int tiles, int channels)
{
    struct domain domain = { .channels = channels };
    /* rows a multiple of 512 bytes apart would share few sets of the first cache */
    domain.pitch = channels % 128 == 0 ? channels + CHANNELS : channels;
    for (int f = 0; f < FREQUENCIES; f++) {
        bool even_y = shape->stride == 2 && f / WEIGHT_SIDE == 5, even_x = shape->stride == 2 && f % WEIGHT_SIDE == 5;
        domain.copies[f] = (even_y ? TILE : 1) * (even_x ? TILE : 1);
        domain.offset[f] = domain.floats;
        /* one line more, so that the matrices do not start at the same place of a page */
        domain.floats += (size_t)tiles * (size_t)domain.copies[f] * (size_t)domain.pitch + CHANNELS;
    }
    place_lines(shape, &domain);
    return domain;
}

static size_t line_floats(const struct winograd *shape)
{
    return (size_t)(shape->step * shape->tiles_x + shape->overlap) * CHANNELS;
}

size_t transform_lines(const struct winograd *shape)
{
    return (size_t)shape->slots * line_floats(shape);
}

WINOGRAD_INLINE void input_1d(int stride, const vector *x, vector *v)
{
    if (stride == 1)
        input_stride1(x, v);
    else
        input_stride2(x, v);
}

WINOGRAD_INLINE void input_adjoint_1d(int stride, const vector *v, vector *x)
{
    if (stride == 1)
        input_adjoint_stride1(v, x);
    else
        input_adjoint_stride2(v, x);
}

WINOGRAD_INLINE void output_1d(int stride, const vector *m, vector *y)
{
    if (stride == 1)
        output_stride1(m, y);
    else
        output_stride2(m, y);
}

WINOGRAD_INLINE void output_adjoint_1d(int stride, const vector *y, vector *z)
{
    if (stride == 1)
        output_adjoint_stride1(y, z);
    else
        output_adjoint_stride2(y, z);
}

/* ---- input ---- */

/* The rows of pixels that a row of tiles reads. In place of one outside the image stands the nearest inside, times
 * 0. */
struct input_rows {
    const float *row[SLOTS_MAX];
    float factor[SLOTS_MAX]; /* 1 or 0 */
    bool edge;               /* some are 0 */
};

static struct input_rows find_rows(const struct winograd *shape, const float *x, int block, int row)
{
    struct input_rows rows;
    int image = row / shape->tiles_y, top = shape->step * (row % shape->tiles_y) - 1, bottom = shape->height - 1;
    size_t pitch = (size_t)shape->width * (size_t)shape->inputs;
    x += (size_t)image * (size_t)shape->height * pitch + (size_t)block * CHANNELS;
    rows.edge = top < 0 || top + shape->slots - 1 > bottom;
    for (int i = 0; i < shape->slots; i++) {
        int y = top + i, nearest = y < 0 ? 0 : y > bottom ? bottom : y;
        rows.row[i] = x + (size_t)nearest * pitch;
        rows.factor[i] = y == nearest ? 1 : 0;
    }
    return rows;
}

/* Zeros for the border at both ends of the lines. */
static void clear_borders(const struct winograd *shape, float *lines)
{
    size_t line = line_floats(shape), used = (size_t)(shape->width + 1) * CHANNELS;
    for (int i = 0; i < shape->slots; i++, lines += line) {
        memset(lines, 0, CHANNELS * sizeof(float));
        if (used < line)
            memset(lines + used, 0, (line - used) * sizeof(float));
    }
}

/* What is done to an input pixel: nothing, or scale, shift and activation. */
enum load { LOAD, LOAD_RELU, LOAD_CELU };

/* Down the columns: lines[i] = slot i of each pixel of the rows, after one pixel for the border. */
WINOGRAD_INLINE void input_columns(const int stride, const enum load load, const bool edge,
                                   const struct winograd *shape, struct conv_input input,
                                   const struct input_rows *rows, int block, float *lines)
{
    const int slots = stride == 1 ? 6 : 9;
    size_t line = line_floats(shape), inputs = (size_t)shape->inputs;
    int width = (int)(line / CHANNELS) - 1; /* more are not read */
    if (width > shape->width)
        width = shape->width;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS) {
        float *to = lines + CHANNELS + h;
        vector scale = vector_of(1), shift = vector_of(0);
        if (load != LOAD) {
            scale = vector_load(input.scale + block * CHANNELS + h);
            shift = vector_load(input.shift + block * CHANNELS + h);
        }
        for (size_t p = 0; p < (size_t)width; p++, to += CHANNELS) {
            vector x[SLOTS_MAX], v[SLOTS_MAX];
            for (int i = 0; i < slots; i++) {
                x[i] = vector_load(rows->row[i] + p * inputs + h);
                if (load != LOAD)
                    x[i] = vector_activate(load == LOAD_RELU ? ACTIVATION_RELU : ACTIVATION_CELU, scale * x[i] + shift);
                if (edge)
                    x[i] *= rows->factor[i];
            }
            input_1d(stride, x, v);
            for (int i = 0; i < slots; i++)
                vector_store(to + (size_t)i * line, v[i]);
        }
    }
}

/* Along the lines: the slots of each tile, into the domain. */
WINOGRAD_INLINE void input_tiles(const int stride, const struct winograd *shape, const struct domain *domain, int block,
                                 int tile, const float *lines, float *v)
{
    const int slots = stride == 1 ? 6 : 9, step = TILE * stride;
    size_t line = line_floats(shape);
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
        for (int i = 0; i < slots; i++) {
            const float *from = lines + (size_t)i * line + h;
            struct walk to = walk_line(domain, i, block * CHANNELS + h, tile);
            for (int t = 0; t < shape->tiles_x; t++, from += step * CHANNELS, walk_on(stride, &to)) {
                vector x[SLOTS_MAX], out[SLOTS_MAX];
                for (int j = 0; j < slots; j++)
                    x[j] = vector_load(from + j * CHANNELS);
                input_1d(stride, x, out);
                for (int j = 0; j < slots; j++)
                    vector_store(v + walk_slot(stride, &to, j), out[j]);
            }
        }
}

/* One row of tiles, as the input wants it. */
WINOGRAD_INLINE void input_row(const int stride, const bool edge, struct conv_input input,
                               const struct winograd *shape, const struct input_rows *rows,
                               const struct domain *domain, int block, int tile, float *lines, float *v)
{
    if (!input.scale)
        input_columns(stride, LOAD, edge, shape, input, rows, block, lines);
    else if (input.activation == ACTIVATION_RELU)
        input_columns(stride, LOAD_RELU, edge, shape, input, rows, block, lines);
    else
        input_columns(stride, LOAD_CELU, edge, shape, input, rows, block, lines);
    input_tiles(stride, shape, domain, block, tile, lines, v);
}

void transform_input(const struct winograd *shape, struct conv_input input, int block, int first, int rows,
                     const struct domain *domain, float *v, float *lines)
{
    clear_borders(shape, lines);
    for (int r = first; r < first + rows; r++) {
        struct input_rows from = find_rows(shape, input.x, block, r);
        int tile = (r - first) * shape->tiles_x;
        if (shape->stride == 1 && from.edge)
            input_row(1, true, input, shape, &from, domain, block, tile, lines, v);
        else if (shape->stride == 1)
            input_row(1, false, input, shape, &from, domain, block, tile, lines, v);
        else if (from.edge)
            input_row(2, true, input, shape, &from, domain, block, tile, lines, v);
        else
            input_row(2, false, input, shape, &from, domain, block, tile, lines, v);
    }
}

/* ---- output ---- */

/* Along the lines: lines[i] = slot i of each output pixel. */
WINOGRAD_INLINE void output_tiles(const int stride, const struct winograd *shape, const struct domain *domain,
                                  int domain_block, int tile, const float *m, float *lines)
{
    const int slots = stride == 1 ? 6 : 9;
    size_t line = line_floats(shape);
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
        for (int i = 0; i < slots; i++) {
            float *to = lines + (size_t)i * line + h;
            struct walk from = walk_line(domain, i, domain_block * CHANNELS + h, tile);
            for (int t = 0; t < shape->tiles_x; t++, to += TILE * CHANNELS, walk_on(stride, &from)) {
                vector in[SLOTS_MAX], y[TILE];
                for (int j = 0; j < slots; j++)
                    in[j] = vector_load(m + walk_slot(stride, &from, j));
                output_1d(stride, in, y);
                for (int j = 0; j < TILE; j++)
                    vector_store(to + j * CHANNELS, y[j]);
            }
        }
}

/* What is done to an output pixel: nothing, nothing and stored past the caches, or bias, residual and activation. */
enum finish { STORE, STREAM, FINISH, FINISH_CELU };

/* Down the columns: output pixels; sum and squares grow by those of this row of tiles. */
WINOGRAD_INLINE void output_columns(const int stride, const enum finish finish, const struct winograd *shape,
                                    int block, int row, const float *lines, const struct conv_output *output,
                                    float *sum, float *squares)
{
    const int slots = stride == 1 ? 6 : 9;
    size_t line = line_floats(shape), pitch = (size_t)shape->out_width * (size_t)shape->outputs;
    int top = TILE * (row % shape->tiles_y), image = row / shape->tiles_y;
    int valid = shape->out_height - top < TILE ? shape->out_height - top : TILE;
    size_t at = ((size_t)image * (size_t)shape->out_height + (size_t)top) * pitch + (size_t)block * CHANNELS;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS) {
        vector total = vector_load(sum + h), total_squares = vector_load(squares + h), bias = vector_of(0);
        if (finish >= FINISH && output->bias)
            bias = vector_load(output->bias + block * CHANNELS + h);
        for (int p = 0; p < shape->out_width; p++) {
            size_t pixel = at + (size_t)p * (size_t)shape->outputs + (size_t)h;
            vector in[SLOTS_MAX], y[TILE];
            for (int i = 0; i < slots; i++)
                in[i] = vector_load(lines + (size_t)i * line + (size_t)p * CHANNELS + h);
            output_1d(stride, in, y);
            for (int i = 0; i < valid; i++) {
                if (finish >= FINISH) {
                    y[i] += bias;
                    if (output->residual)
                        y[i] += vector_load(output->residual + pixel + (size_t)i * pitch);
                    if (finish == FINISH_CELU)
                        y[i] = vector_celu(y[i]);
                    else if (output->activate)
                        y[i] = vector_relu(y[i]);
                }
                if (finish == STREAM)
                    vector_stream(output->y + pixel + (size_t)i * pitch, y[i]);
                else
                    vector_store(output->y + pixel + (size_t)i * pitch, y[i]);
                total += y[i];
                total_squares += y[i] * y[i];
            }
        }
        vector_store(sum + h, total);
        vector_store(squares + h, total_squares);
    }
}

WINOGRAD_INLINE void output_row(const int stride, const enum finish finish, const struct winograd *shape,
                                const struct domain *domain, const float *m, int domain_block, int block, int tile,
                                int row, const struct conv_output *output, float *lines, float *sum, float *squares)
{
    output_tiles(stride, shape, domain, domain_block, tile, m, lines);
    switch (finish) {
    case STORE:
        output_columns(stride, STORE, shape, block, row, lines, output, sum, squares);
        return;
    case STREAM:
        output_columns(stride, STREAM, shape, block, row, lines, output, sum, squares);
        return;
    case FINISH:
        output_columns(stride, FINISH, shape, block, row, lines, output, sum, squares);
        return;
    case FINISH_CELU:
        output_columns(stride, FINISH_CELU, shape, block, row, lines, output, sum, squares);
    }
}

void transform_output(const struct winograd *shape, const struct domain *domain, const float *m, int domain_block,
                      int block, int first, int rows, const struct conv_output *output, bool stream, double *sums,
                      float *lines)
{
    float sum[CHANNELS] = { 0 }, squares[CHANNELS] = { 0 };
    enum finish finish = output->bias || output->residual || output->activate ? FINISH : stream ? STREAM : STORE;
    if (output->activate && output->activation == ACTIVATION_CELU)
        finish = FINISH_CELU;
    for (int r = first; r < first + rows; r++) {
        int tile = (r - first) * shape->tiles_x;
        if (shape->stride == 1)
            output_row(1, finish, shape, domain, m, domain_block, block, tile, r, output, lines, sum, squares);
        else
            output_row(2, finish, shape, domain, m, domain_block, block, tile, r, output, lines, sum, squares);
    }
    if (finish == STREAM)
        vector_stream_end();
    for (int k = 0; sums && k < CHANNELS; k++) {
        sums[block * CHANNELS + k] += sum[k];
        sums[shape->outputs + block * CHANNELS + k] += squares[k];
    }
}

/* ---- gradient at the output ---- */

/* Down the columns: lines[i] = slot i of each output pixel's gradient. */
WINOGRAD_INLINE void gradient_columns(const int stride, const bool norm, const struct winograd *shape,
                                      const struct conv_gradient *gradient, int block, int row, float *lines)
{
    const int slots = stride == 1 ? 6 : 9;
    size_t line = line_floats(shape), pitch = (size_t)shape->out_width * (size_t)shape->outputs;
    int top = TILE * (row % shape->tiles_y), image = row / shape->tiles_y;
    int valid = shape->out_height - top < TILE ? shape->out_height - top : TILE;
    size_t at = ((size_t)image * (size_t)shape->out_height + (size_t)top) * pitch + (size_t)block * CHANNELS;
    size_t used = (size_t)shape->out_width * CHANNELS;
    for (int i = 0; i < slots && shape->out_width < TILE * shape->tiles_x; i++)
        memset(lines + (size_t)i * line + used, 0, ((size_t)(TILE * shape->tiles_x) * CHANNELS - used) * sizeof(float));
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS) {
        vector a = vector_of(0), b = a, c = a;
        if (norm) {
            a = vector_load(gradient->a + block * CHANNELS + h);
            b = vector_load(gradient->b + block * CHANNELS + h);
            c = vector_load(gradient->c + block * CHANNELS + h);
        }
        for (int p = 0; p < shape->out_width; p++) {
            size_t pixel = at + (size_t)p * (size_t)shape->outputs + (size_t)h;
            vector dy[TILE], z[SLOTS_MAX];
            for (int i = 0; i < TILE; i++) {
                dy[i] = vector_of(0);
                if (i >= valid)
                    continue;
                dy[i] = vector_load(gradient->g + pixel + (size_t)i * pitch);
                if (norm)
                    dy[i] = a * dy[i] + (b * vector_load(gradient->y + pixel + (size_t)i * pitch) + c);
            }
            output_adjoint_1d(stride, dy, z);
            for (int i = 0; i < slots; i++)
                vector_store(lines + (size_t)i * line + (size_t)p * CHANNELS + h, z[i]);
        }
    }
}

/* Along the lines: the slots of each tile, into the domain. */
WINOGRAD_INLINE void gradient_tiles(const int stride, const struct winograd *shape, const struct domain *domain,
                                    int block, int tile, const float *lines, float *z)
{
    const int slots = stride == 1 ? 6 : 9;
    size_t line = line_floats(shape);
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
        for (int i = 0; i < slots; i++) {
            const float *from = lines + (size_t)i * line + h;
            struct walk to = walk_line(domain, i, block * CHANNELS + h, tile);
            for (int t = 0; t < shape->tiles_x; t++, from += TILE * CHANNELS, walk_on(stride, &to)) {
                vector y[TILE], out[SLOTS_MAX];
                for (int j = 0; j < TILE; j++)
                    y[j] = vector_load(from + j * CHANNELS);
                output_adjoint_1d(stride, y, out);
                for (int j = 0; j < slots; j++)
                    vector_store(z + walk_slot(stride, &to, j), out[j]);
            }
        }
}

void transform_gradient(const struct winograd *shape, struct conv_gradient gradient, int block, int first, int rows,
                        const struct domain *domain, float *z, float *lines)
{
    for (int r = first; r < first + rows; r++) {
        int tile = (r - first) * shape->tiles_x;
        if (shape->stride == 1) {
            if (gradient.a)
                gradient_columns(1, true, shape, &gradient, block, r, lines);
            else
                gradient_columns(1, false, shape, &gradient, block, r, lines);
            gradient_tiles(1, shape, domain, block, tile, lines, z);
        } else {
            if (gradient.a)
                gradient_columns(2, true, shape, &gradient, block, r, lines);
            else
                gradient_columns(2, false, shape, &gradient, block, r, lines);
            gradient_tiles(2, shape, domain, block, tile, lines, z);
        }
    }
}

/* ---- gradient at the input ---- */

/* Along the lines: lines[i] = slot i of each input pixel, tiles added where they overlap. The line starts one pixel
 * left of the image. */
WINOGRAD_INLINE void adjoint_tiles(const int stride, const struct winograd *shape, const struct domain *domain,
                                   int block, int tile, const float *dv, float *lines)
{
    const int slots = stride == 1 ? 6 : 9, step = TILE * stride, overlap = stride == 1 ? 2 : 1;
    size_t line = line_floats(shape);
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
        for (int i = 0; i < slots; i++) {
            float *to = lines + (size_t)i * line + h;
            struct walk from = walk_line(domain, i, block * CHANNELS + h, tile);
            vector before[2] = { vector_of(0), vector_of(0) };
            for (int t = 0; t < shape->tiles_x; t++, to += step * CHANNELS, walk_on(stride, &from)) {
                vector v[SLOTS_MAX], x[SLOTS_MAX];
                for (int j = 0; j < slots; j++)
                    v[j] = vector_load(dv + walk_slot(stride, &from, j));
                input_adjoint_1d(stride, v, x);
                for (int j = 0; j < overlap; j++) {
                    x[j] += before[j];
                    before[j] = x[step + j];
                }
                for (int j = 0; j < step; j++)
                    vector_store(to + j * CHANNELS, x[j]);
            }
            for (int j = 0; j < overlap; j++)
                vector_store(to + j * CHANNELS, before[j]);
        }
}

/* Which parts of an epilogue are there: constants where the function is specialised. */
struct parts {
    bool skip, skip_even, gate, gate_affine, first, second;
    enum activation activation;
};

static struct parts epilogue_parts(const struct conv_epilogue *e)
{
    struct parts parts = {
        .skip = e->skip && e->skip_stride == 1,
        .skip_even = e->skip && e->skip_stride == 2,
        .gate = e->gate,
        .gate_affine = e->gate && e->gate_scale,
        .first = e->with[0],
        .second = e->with[1],
        .activation = e->activation,
    };
    return parts;
}

static bool same_parts(struct parts a, struct parts b)
{
    return a.skip == b.skip && a.skip_even == b.skip_even && a.gate == b.gate && a.gate_affine == b.gate_affine &&
           a.first == b.first && a.second == b.second;
}

/* Totals of one block of channels, in single precision over the rows of a call. */
struct totals {
    float sum[3][CHANNELS];
};

/* One vector of dx at a pixel, through the epilogue. */
WINOGRAD_INLINE void finish_pixel(const struct parts parts, const struct conv_epilogue *e, vector value, size_t at,
                                  const float *skip_even, vector gate_scale, vector gate_shift, float *dx,
                                  vector total[3])
{
    if (parts.skip)
        value += vector_load(e->skip + at);
    if (parts.skip_even && skip_even)
        value += vector_load(skip_even);
    if (parts.gate) {
        vector gate = vector_load(e->gate + at);
        if (parts.gate_affine)
            gate = gate_scale * gate + gate_shift;
        if (parts.gate_affine && parts.activation == ACTIVATION_CELU)
            gate = vector_celu(gate);
        value = vector_activate_backward(parts.activation, value, gate);
    }
    vector_store(dx + at, value);
    total[0] += value;
    if (parts.first)
        total[1] += value * vector_load(e->with[0] + at);
    if (parts.second)
        total[2] += value * vector_load(e->with[1] + at);
}

/* Down the columns: pixels of dx that are whole, the rest into carry. */
WINOGRAD_INLINE void adjoint_columns(const int stride, const struct parts parts, const struct winograd *shape,
                                     int block, int row, const float *lines, const struct conv_epilogue *e, float *dx,
                                     float *carry, struct totals *totals)
{
    const int slots = stride == 1 ? 6 : 9, step = TILE * stride, overlap = stride == 1 ? 2 : 1;
    size_t line = line_floats(shape), pitch = (size_t)shape->width * (size_t)shape->inputs;
    int image = row / shape->tiles_y, tile_row = row % shape->tiles_y, top = step * tile_row - 1;
    bool last = tile_row == shape->tiles_y - 1;
    int begin = tile_row == 0 ? 1 : 0;
    int end = last ? (shape->height - top < slots ? shape->height - top : slots) : step;
    size_t base = (size_t)image * (size_t)shape->height * pitch + (size_t)block * CHANNELS;
    int half_width = (shape->width + 1) / 2, half_height = (shape->height + 1) / 2;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS) {
        vector total[3], gate_scale = vector_of(0), gate_shift = vector_of(0);
        for (int k = 0; k < 3; k++)
            total[k] = vector_load(totals->sum[k] + h);
        if (parts.gate_affine) {
            gate_scale = vector_load(e->gate_scale + block * CHANNELS + h);
            gate_shift = vector_load(e->gate_shift + block * CHANNELS + h);
        }
        for (int p = 0; p < shape->width; p++) {
            vector v[SLOTS_MAX], x[SLOTS_MAX];
            float *wait = carry + (size_t)p * CHANNELS + h;
            for (int i = 0; i < slots; i++)
                v[i] = vector_load(lines + (size_t)i * line + (size_t)(p + 1) * CHANNELS + h);
            input_adjoint_1d(stride, v, x);
            for (int i = 0; i < overlap; i++) {
                if (tile_row > 0)
                    x[i] += vector_load(wait + (size_t)i * (size_t)shape->width * CHANNELS);
                if (!last)
                    vector_store(wait + (size_t)i * (size_t)shape->width * CHANNELS, x[step + i]);
            }
#pragma GCC unroll 9
            for (int i = 0; i < slots; i++) {
                if (i < begin || i >= end)
                    continue;
                int y = top + i;
                const float *even = NULL;
                if (parts.skip_even && y % 2 == 0 && p % 2 == 0)
                    even = e->skip + (((size_t)image * (size_t)half_height + (size_t)(y / 2)) * (size_t)half_width +
                                      (size_t)(p / 2)) * (size_t)shape->inputs + (size_t)(block * CHANNELS + h);
                size_t at = base + (size_t)y * pitch + (size_t)p * (size_t)shape->inputs + (size_t)h;
                finish_pixel(parts, e, x[i], at, even, gate_scale, gate_shift, dx, total);
            }
        }
        for (int k = 0; k < 3; k++)
            vector_store(totals->sum[k] + h, total[k]);
    }
}

/* One row of tiles. The epilogues of residual networks are compiled each for itself: within a block, at the end of one
 * before a block that keeps the size, before one that halves it; with one or two batch norms below. */
WINOGRAD_INLINE void adjoint_row(const int stride, const enum activation activation, const struct parts parts,
                                 const struct winograd *shape, int block, int row, const float *lines,
                                 const struct conv_epilogue *e, float *dx, float *carry, struct totals *totals)
{
    const struct parts inside = { .gate = true, .gate_affine = true, .first = true, .activation = activation };
    const struct parts end = { .skip = stride == 1, .skip_even = stride == 2, .gate = true, .first = true,
                               .activation = activation };
    const struct parts end_of_two = { end.skip, end.skip_even, .gate = true, .first = true, .second = true,
                                      .activation = activation };
    if (stride == 1 && same_parts(parts, inside))
        adjoint_columns(stride, inside, shape, block, row, lines, e, dx, carry, totals);
    else if (same_parts(parts, end))
        adjoint_columns(stride, end, shape, block, row, lines, e, dx, carry, totals);
    else if (same_parts(parts, end_of_two))
        adjoint_columns(stride, end_of_two, shape, block, row, lines, e, dx, carry, totals);
    else
        adjoint_columns(stride, parts, shape, block, row, lines, e, dx, carry, totals);
}

void transform_adjoint(const struct winograd *shape, const struct domain *domain, const float *dv, int block,
                       int first, int rows, const struct conv_epilogue *epilogue, float *dx, float *carry,
                       double *sums, float *lines)
{
    struct totals totals = { 0 };
    const struct parts parts = epilogue_parts(epilogue);
    for (int r = first; r < first + rows; r++) {
        int tile = (r - first) * shape->tiles_x;
        if (shape->stride == 1) {
            adjoint_tiles(1, shape, domain, block, tile, dv, lines);
            if (parts.activation == ACTIVATION_RELU)
                adjoint_row(1, ACTIVATION_RELU, parts, shape, block, r, lines, epilogue, dx, carry, &totals);
            else
                adjoint_row(1, ACTIVATION_CELU, parts, shape, block, r, lines, epilogue, dx, carry, &totals);
        } else {
            adjoint_tiles(2, shape, domain, block, tile, dv, lines);
            if (parts.activation == ACTIVATION_RELU)
                adjoint_row(2, ACTIVATION_RELU, parts, shape, block, r, lines, epilogue, dx, carry, &totals);
            else
                adjoint_row(2, ACTIVATION_CELU, parts, shape, block, r, lines, epilogue, dx, carry, &totals);
        }
    }
    for (int k = 0; sums && k < 3; k++)
        for (int c = 0; c < CHANNELS; c++)
            sums[k * shape->inputs + block * CHANNELS + c] += totals.sum[k][c];
}

/* ---- weights ---- */

WINOGRAD_INLINE void weight_1d(int stride, const vector *w, vector *u)
{
    if (stride == 1)
        weight_stride1(w, u);
    else
        weight_stride2(w, u);
}

WINOGRAD_INLINE void weight_adjoint_1d(int stride, const vector *u, vector *w)
{
    if (stride == 1)
        weight_adjoint_stride1(u, w);
    else
        weight_adjoint_stride2(u, w);
}

size_t weight_pitch(const struct winograd *shape)
{
    return (size_t)shape->inputs * (size_t)shape->outputs + CHANNELS;
}

/* u[(p, q)] = G w G^T for one vector of weights; taps [3][3] lie `tap` floats apart, frequencies `frequency`. */
static void weight_point(int stride, const float *w, size_t tap, float *u, size_t frequency)
{
    vector columns[3][WEIGHT_SIDE];
    for (int q = 0; q < 3; q++) {
        vector taps[3];
        for (int r = 0; r < 3; r++)
            taps[r] = vector_load(w + (size_t)(3 * r + q) * tap);
        weight_1d(stride, taps, columns[q]);
    }
    for (int p = 0; p < WEIGHT_SIDE; p++) {
        vector taps[3] = { columns[0][p], columns[1][p], columns[2][p] }, out[WEIGHT_SIDE];
        weight_1d(stride, taps, out);
        for (int q = 0; q < WEIGHT_SIDE; q++)
            vector_store(u + (size_t)(p * WEIGHT_SIDE + q) * frequency, out[q]);
    }
}

void transform_weight(const struct winograd *shape, const float *weight, int panel, float *u)
{
    size_t inputs = (size_t)shape->inputs, outputs = (size_t)shape->outputs;
    for (size_t c = 0; c < inputs; c++)
        for (size_t h = 0; h < CHANNELS; h += VECTOR_FLOATS)
            weight_point(shape->stride, weight + c * outputs + (size_t)panel * CHANNELS + h, inputs * outputs,
                         u + ((size_t)panel * inputs + c) * CHANNELS + h, weight_pitch(shape));
}

/* Sixteen rows of W at a time, so that a line of it is read once. */
void transform_weight_transposed(const struct winograd *shape, const float *weight, int panel, float *u)
{
    size_t inputs = (size_t)shape->inputs, outputs = (size_t)shape->outputs;
    float taps[CHANNELS][9][CHANNELS]; /* [k][tap][c] */
    for (size_t first = 0; first < outputs; first += CHANNELS) {
        for (size_t t = 0; t < 9; t++)
            for (size_t c = 0; c < CHANNELS; c++) {
                const float *from = weight + (t * inputs + (size_t)panel * CHANNELS + c) * outputs + first;
                for (size_t k = 0; k < CHANNELS; k++)
                    taps[k][t][c] = from[k];
            }
        for (size_t k = 0; k < CHANNELS; k++)
            for (size_t h = 0; h < CHANNELS; h += VECTOR_FLOATS)
                weight_point(shape->stride, taps[k][0] + h, CHANNELS,
                             u + ((size_t)panel * outputs + first + k) * CHANNELS + h, weight_pitch(shape));
    }
}

/* w = G^T u G for one vector, the adjoint of weight_point. */
static void weight_adjoint_point(int stride, const float *du, size_t frequency, float *dw, size_t tap)
{
    vector rows[3][WEIGHT_SIDE];
    for (int q = 0; q < WEIGHT_SIDE; q++) {
        vector u[WEIGHT_SIDE], w[3];
        for (int p = 0; p < WEIGHT_SIDE; p++)
            u[p] = vector_load(du + (size_t)(p * WEIGHT_SIDE + q) * frequency);
        weight_adjoint_1d(stride, u, w);
        for (int r = 0; r < 3; r++)
            rows[r][q] = w[r];
    }
    for (int r = 0; r < 3; r++) {
        vector w[3];
        weight_adjoint_1d(stride, rows[r], w);
        for (int q = 0; q < 3; q++)
            vector_store(dw + (size_t)(3 * r + q) * tap, w[q]);
    }
}

/* sum[count] = the sum of the slices, in their order. */
static void sum_slices(const float *du, int slices, size_t pitch, size_t count, float *sum)
{
    for (size_t i = 0; i < count; i += VECTOR_FLOATS) {
        vector total = vector_load(du + i);
        for (int s = 1; s < slices; s++)
            total += vector_load(du + (size_t)s * pitch + i);
        vector_store(sum + i, total);
    }
}

/* A stretch of each frequency and slice at a time: memory likes that better than a line of each. */
void transform_weight_adjoint(const struct winograd *shape, const float *du, int slices, size_t pitch, int panel,
                              float *dweight)
{
    enum { RUN = 8 }; /* of inputs; their sums stay in the first cache */
    size_t inputs = (size_t)shape->inputs, outputs = (size_t)shape->outputs;
    float sum[FREQUENCIES][RUN * CHANNELS];
    for (size_t first = 0; first < inputs; first += RUN) {
        const float *from = du + ((size_t)panel * inputs + first) * CHANNELS;
        for (size_t f = 0; f < FREQUENCIES; f++)
            sum_slices(from + f * weight_pitch(shape), slices, pitch, RUN * CHANNELS, sum[f]);
        for (size_t c = 0; c < RUN; c++)
            for (size_t h = 0; h < CHANNELS; h += VECTOR_FLOATS)
                weight_adjoint_point(shape->stride, sum[0] + c * CHANNELS + h, RUN * CHANNELS,
                                     dweight + (first + c) * outputs + (size_t)panel * CHANNELS + h, inputs * outputs);
    }
}
