/* The transforms on the side of the input: V = B^T act(x) B forward, dx = B dV B^T back. */
#include <string.h>

#include "layers/activation_math.h"
#include "layers/winograd_lines.h"

/* ---- forward: V ---- */

/* The rows of pixels that a row of tiles reads. A row outside the image is replaced by the nearest row inside, times
 * 0. */
struct pixel_rows {
    const float *row[SLOTS_MAX];
    float factor[SLOTS_MAX]; /* 1 or 0 */
    bool edge;               /* some are 0 */
};

static struct pixel_rows find_pixels(const struct tile_rows *rows, ptrdiff_t r, const float *x)
{
    const struct winograd *shape = rows->shape;
    struct pixel_rows pixels;
    ptrdiff_t top = shape->step * (r % shape->tiles_y) - 1, bottom = shape->height - 1;
    ptrdiff_t pitch = shape->width * shape->inputs;
    x += r / shape->tiles_y * shape->height * pitch + rows->channel;
    pixels.edge = top < 0 || top + shape->slots - 1 > bottom;
    for (ptrdiff_t i = 0; i < shape->slots; i++) {
        ptrdiff_t y = top + i, nearest = y < 0 ? 0 : y > bottom ? bottom : y;
        pixels.row[i] = x + nearest * pitch;
        pixels.factor[i] = y == nearest ? 1 : 0;
    }
    return pixels;
}

/* Zeros for the border at both ends of the lines. */
static void clear_borders(const struct winograd *shape, float *lines)
{
    ptrdiff_t line = line_floats(shape), used = (shape->width + 1) * CHANNELS;
    for (ptrdiff_t i = 0; i < shape->slots; i++, lines += line) {
        memset(lines, 0, CHANNELS * sizeof(float));
        if (used < line)
            memset(lines + used, 0, (size_t)(line - used) * sizeof(float));
    }
}

/* The operation on an input pixel: none, or scale, shift and activation. */
enum load { LOAD, LOAD_RELU, LOAD_CELU };

/* Down the columns: lines[i] = slot i of each pixel of the rows, after one pixel for the border. */
WINOGRAD_INLINE void input_columns(const int stride, const enum load load, const bool edge,
                                   const struct tile_rows *rows, const struct pixel_rows *pixels,
                                   const struct conv_input *input)
{
    const int slots = stride == 1 ? 6 : 9;
    ptrdiff_t line = line_floats(rows->shape), inputs = rows->shape->inputs;
    ptrdiff_t width = line / CHANNELS - 1; /* at most; the rest is not read */
    if (width > rows->shape->width)
        width = rows->shape->width;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS) {
        float *to = rows->lines + CHANNELS + h;
        vector scale = vector_of(1), shift = vector_of(0);
        if (load != LOAD) {
            scale = vector_load(input->scale + rows->channel + h);
            shift = vector_load(input->shift + rows->channel + h);
        }
        for (ptrdiff_t p = 0; p < width; p++, to += CHANNELS) {
            vector x[SLOTS_MAX], v[SLOTS_MAX];
            for (int i = 0; i < slots; i++) {
                x[i] = vector_load(pixels->row[i] + p * inputs + h);
                if (load != LOAD)
                    x[i] = vector_activate(load == LOAD_RELU ? ACTIVATION_RELU : ACTIVATION_CELU, scale * x[i] + shift);
                if (edge)
                    x[i] *= pixels->factor[i];
            }
            input_1d(stride, x, v);
            for (int i = 0; i < slots; i++)
                vector_store(to + i * line, v[i]);
        }
    }
}

/* Along the lines: the slots of each tile, into the domain. */
WINOGRAD_INLINE void input_tiles(const int stride, const struct tile_rows *rows, ptrdiff_t r, float *v)
{
    const int slots = stride == 1 ? 6 : 9, step = TILE * stride;
    ptrdiff_t line = line_floats(rows->shape), tiles = rows->shape->tiles_x;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
        for (int i = 0; i < slots; i++) {
            const float *from = rows->lines + i * line + h;
            struct walk to = walk_line(rows, r, i, h);
            for (ptrdiff_t t = 0; t < tiles; t++, from += step * CHANNELS, walk_on(stride, &to)) {
                vector x[SLOTS_MAX], out[SLOTS_MAX];
                for (int j = 0; j < slots; j++)
                    x[j] = vector_load(from + j * CHANNELS);
                input_1d(stride, x, out);
                for (int j = 0; j < slots; j++)
                    vector_store(v + walk_slot(stride, &to, j), out[j]);
            }
        }
}

/* One row of tiles, with the input's operation. */
WINOGRAD_INLINE void input_row(const int stride, const bool edge, const struct tile_rows *rows, ptrdiff_t r,
                               const struct pixel_rows *pixels, const struct conv_input *input, float *v)
{
    if (!input->scale)
        input_columns(stride, LOAD, edge, rows, pixels, input);
    else if (input->activation == ACTIVATION_RELU)
        input_columns(stride, LOAD_RELU, edge, rows, pixels, input);
    else
        input_columns(stride, LOAD_CELU, edge, rows, pixels, input);
    input_tiles(stride, rows, r, v);
}

void transform_input(const struct tile_rows *rows, const struct conv_input *input, float *v)
{
    clear_borders(rows->shape, rows->lines);
    for (ptrdiff_t r = rows->first; r < rows->end; r++) {
        struct pixel_rows pixels = find_pixels(rows, r, input->x);
        if (rows->shape->stride == 1 && pixels.edge)
            input_row(1, true, rows, r, &pixels, input, v);
        else if (rows->shape->stride == 1)
            input_row(1, false, rows, r, &pixels, input, v);
        else if (pixels.edge)
            input_row(2, true, rows, r, &pixels, input, v);
        else
            input_row(2, false, rows, r, &pixels, input, v);
    }
}

/* ---- back: dx ---- */

/* Along the lines: lines[i] = slot i of each input pixel, added where tiles overlap. The line starts one pixel left of
 * the image. */
WINOGRAD_INLINE void adjoint_tiles(const int stride, const struct tile_rows *rows, ptrdiff_t r, const float *dv)
{
    const int slots = stride == 1 ? 6 : 9, step = TILE * stride, overlap = stride == 1 ? 2 : 1;
    ptrdiff_t line = line_floats(rows->shape), tiles = rows->shape->tiles_x;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
        for (int i = 0; i < slots; i++) {
            float *to = rows->lines + i * line + h;
            struct walk from = walk_line(rows, r, i, h);
            vector before[2] = { vector_of(0), vector_of(0) };
            for (ptrdiff_t t = 0; t < tiles; t++, to += step * CHANNELS, walk_on(stride, &from)) {
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

/* Which parts an epilogue has: constants in specialised functions. */
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

/* The destination of dx, and its totals for one block of channels, in single precision over the rows of a call. */
struct gradient_rows {
    const struct conv_epilogue *epilogue;
    float *dx;
    float *carry; /* [overlap][width][16]: sums that the next row of tiles continues */
    float total[3][CHANNELS];
};

/* One vector of channels of an epilogue. */
struct epilogue_vector {
    vector gate_scale, gate_shift;
    vector total[3];
};

/* One vector of dx at a pixel, through the epilogue. */
WINOGRAD_INLINE void finish_pixel(const struct parts parts, const struct gradient_rows *out, vector value, ptrdiff_t at,
                                  const float *skip_even, struct epilogue_vector *channels)
{
    const struct conv_epilogue *e = out->epilogue;
    if (parts.skip)
        value += vector_load(e->skip + at);
    if (parts.skip_even && skip_even)
        value += vector_load(skip_even);
    if (parts.gate) {
        vector gate = vector_load(e->gate + at);
        if (parts.gate_affine)
            gate = channels->gate_scale * gate + channels->gate_shift;
        if (parts.gate_affine && parts.activation == ACTIVATION_CELU)
            gate = vector_celu(gate);
        value = vector_activate_backward(parts.activation, value, gate);
    }
    vector_store(out->dx + at, value);
    channels->total[0] += value;
    if (parts.first)
        channels->total[1] += value * vector_load(e->with[0] + at);
    if (parts.second)
        channels->total[2] += value * vector_load(e->with[1] + at);
}

/* Down the columns: complete pixels of dx go out, the rest goes into the carry. */
WINOGRAD_INLINE void adjoint_columns(const int stride, const struct parts parts, const struct tile_rows *rows,
                                     ptrdiff_t r, struct gradient_rows *out)
{
    const int slots = stride == 1 ? 6 : 9, step = TILE * stride, overlap = stride == 1 ? 2 : 1;
    const struct winograd shape = *rows->shape;
    const struct conv_epilogue *e = out->epilogue;
    ptrdiff_t line = line_floats(&shape), pitch = shape.width * shape.inputs;
    ptrdiff_t image = r / shape.tiles_y, tile_row = r % shape.tiles_y, top = step * tile_row - 1;
    bool last = tile_row == shape.tiles_y - 1;
    ptrdiff_t begin = tile_row == 0 ? 1 : 0;
    ptrdiff_t end = last ? (shape.height - top < slots ? shape.height - top : slots) : step;
    ptrdiff_t base = image * shape.height * pitch + rows->channel;
    ptrdiff_t half_width = (shape.width + 1) / 2, half_height = (shape.height + 1) / 2;
    const float *lines = rows->lines;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS) {
        struct epilogue_vector channels = { vector_of(0), vector_of(0), { vector_of(0), vector_of(0), vector_of(0) } };
        for (int k = 0; k < 3; k++)
            channels.total[k] = vector_load(out->total[k] + h);
        if (parts.gate_affine) {
            channels.gate_scale = vector_load(e->gate_scale + rows->channel + h);
            channels.gate_shift = vector_load(e->gate_shift + rows->channel + h);
        }
        for (ptrdiff_t p = 0; p < shape.width; p++) {
            vector v[SLOTS_MAX], x[SLOTS_MAX];
            float *wait = out->carry + p * CHANNELS + h;
            for (int i = 0; i < slots; i++)
                v[i] = vector_load(lines + i * line + (p + 1) * CHANNELS + h);
            input_adjoint_1d(stride, v, x);
            for (int i = 0; i < overlap; i++) {
                if (tile_row > 0)
                    x[i] += vector_load(wait + i * shape.width * CHANNELS);
                if (!last)
                    vector_store(wait + i * shape.width * CHANNELS, x[step + i]);
            }
#pragma GCC unroll 9
            for (int i = 0; i < slots; i++) {
                if (i < begin || i >= end)
                    continue;
                ptrdiff_t y = top + i;
                const float *even = NULL;
                if (parts.skip_even && y % 2 == 0 && p % 2 == 0)
                    even = e->skip + ((image * half_height + y / 2) * half_width + p / 2) * shape.inputs +
                           rows->channel + h;
                finish_pixel(parts, out, x[i], base + y * pitch + p * shape.inputs + h, even, &channels);
            }
        }
        for (int k = 0; k < 3; k++)
            vector_store(out->total[k] + h, channels.total[k]);
    }
}

/* One row of tiles. It is compiled once for each epilogue in residual networks: within a block; at the end of a block
 * before one that keeps the size, or before one that halves it; with one or two batch norms below. */
WINOGRAD_INLINE void adjoint_row(const int stride, const enum activation activation, const struct parts parts,
                                 const struct tile_rows *rows, ptrdiff_t r, struct gradient_rows *out)
{
    const struct parts inside = { .gate = true, .gate_affine = true, .first = true, .activation = activation };
    const struct parts end = { .skip = stride == 1, .skip_even = stride == 2, .gate = true, .first = true,
                               .activation = activation };
    const struct parts end_of_two = { end.skip, end.skip_even, .gate = true, .first = true, .second = true,
                                      .activation = activation };
    if (stride == 1 && same_parts(parts, inside))
        adjoint_columns(stride, inside, rows, r, out);
    else if (same_parts(parts, end))
        adjoint_columns(stride, end, rows, r, out);
    else if (same_parts(parts, end_of_two))
        adjoint_columns(stride, end_of_two, rows, r, out);
    else
        adjoint_columns(stride, parts, rows, r, out);
}

void transform_adjoint(const struct tile_rows *rows, const float *dv, const struct conv_epilogue *epilogue, float *dx,
                       float *carry, double *sums)
{
    struct gradient_rows out = { epilogue, dx, carry, { { 0 } } };
    const struct parts parts = epilogue_parts(epilogue);
    for (ptrdiff_t r = rows->first; r < rows->end; r++) {
        if (rows->shape->stride == 1) {
            adjoint_tiles(1, rows, r, dv);
            if (parts.activation == ACTIVATION_RELU)
                adjoint_row(1, ACTIVATION_RELU, parts, rows, r, &out);
            else
                adjoint_row(1, ACTIVATION_CELU, parts, rows, r, &out);
        } else {
            adjoint_tiles(2, rows, r, dv);
            if (parts.activation == ACTIVATION_RELU)
                adjoint_row(2, ACTIVATION_RELU, parts, rows, r, &out);
            else
                adjoint_row(2, ACTIVATION_CELU, parts, rows, r, &out);
        }
    }
    for (int k = 0; sums && k < 3; k++)
        for (int c = 0; c < CHANNELS; c++)
            sums[k * rows->shape->inputs + rows->channel + c] += out.total[k][c];
}
