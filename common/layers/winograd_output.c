/* The transforms on the side of the output: y = A^T M A forward, Z = A dy A^T back. */
#include <string.h>

#include "layers/activation_math.h"
#include "layers/winograd_lines.h"

/* The pixels of the output that a row of tiles computes. */
struct pixel_rows {
    ptrdiff_t at;    /* floats from the start of the tensor, in the block of channels */
    ptrdiff_t pitch; /* floats from a row to the next */
    int count;       /* number of rows: 4, or fewer at the bottom */
};

WINOGRAD_INLINE struct pixel_rows find_pixels(const struct tile_rows *rows, ptrdiff_t r)
{
    const struct winograd *shape = rows->shape;
    ptrdiff_t top = TILE * (r % shape->tiles_y), left = shape->out_height - top;
    ptrdiff_t pitch = shape->out_width * shape->outputs;
    return (struct pixel_rows){
        .at = (r / shape->tiles_y * shape->out_height + top) * pitch + rows->channel,
        .pitch = pitch,
        .count = left < TILE ? (int)left : TILE,
    };
}

/* ---- forward: y ---- */

/* Along the lines: lines[i] = slot i of each output pixel. */
WINOGRAD_INLINE void output_tiles(const int stride, const struct tile_rows *rows, ptrdiff_t r, const float *m)
{
    const int slots = stride == 1 ? 6 : 9;
    ptrdiff_t line = line_floats(rows->shape), tiles = rows->shape->tiles_x;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
        for (int i = 0; i < slots; i++) {
            float *to = rows->lines + i * line + h;
            struct walk from = walk_line(rows, r, i, h);
            for (ptrdiff_t t = 0; t < tiles; t++, to += TILE * CHANNELS, walk_on(stride, &from)) {
                vector in[SLOTS_MAX], y[TILE];
                for (int j = 0; j < slots; j++)
                    in[j] = vector_load(m + walk_slot(stride, &from, j));
                output_1d(stride, in, y);
                for (int j = 0; j < TILE; j++)
                    vector_store(to + j * CHANNELS, y[j]);
            }
        }
}

/* The operation on an output pixel: none; none, bypassing the caches; or bias, residual and activation. */
enum finish { STORE, STREAM, FINISH, FINISH_CELU };

/* Sums of one block of channels, in single precision over the rows of a call. */
struct totals {
    float sum[CHANNELS], squares[CHANNELS];
};

/* Down the columns: output pixels; adds this row of tiles to the totals. */
WINOGRAD_INLINE void output_columns(const int stride, const enum finish finish, const struct tile_rows *rows,
                                    ptrdiff_t r, const struct conv_output *output, struct totals *totals)
{
    const int slots = stride == 1 ? 6 : 9;
    const struct pixel_rows pixels = find_pixels(rows, r);
    ptrdiff_t line = line_floats(rows->shape), width = rows->shape->out_width, outputs = rows->shape->outputs;
    const float *lines = rows->lines;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS) {
        vector total = vector_load(totals->sum + h), squares = vector_load(totals->squares + h), bias = vector_of(0);
        if (finish >= FINISH && output->bias)
            bias = vector_load(output->bias + rows->channel + h);
        for (ptrdiff_t p = 0; p < width; p++) {
            ptrdiff_t pixel = pixels.at + p * outputs + h;
            vector in[SLOTS_MAX], y[TILE];
            for (int i = 0; i < slots; i++)
                in[i] = vector_load(lines + i * line + p * CHANNELS + h);
            output_1d(stride, in, y);
            for (int i = 0; i < pixels.count; i++) {
                if (finish >= FINISH) {
                    y[i] += bias;
                    if (output->residual)
                        y[i] += vector_load(output->residual + pixel + i * pixels.pitch);
                    if (finish == FINISH_CELU)
                        y[i] = vector_celu(y[i]);
                    else if (output->activate)
                        y[i] = vector_relu(y[i]);
                }
                if (finish == STREAM)
                    vector_stream(output->y + pixel + i * pixels.pitch, y[i]);
                else
                    vector_store(output->y + pixel + i * pixels.pitch, y[i]);
                total += y[i];
                squares += y[i] * y[i];
            }
        }
        vector_store(totals->sum + h, total);
        vector_store(totals->squares + h, squares);
    }
}

WINOGRAD_INLINE void output_row(const int stride, const enum finish finish, const struct tile_rows *rows, ptrdiff_t r,
                                const float *m, const struct conv_output *output, struct totals *totals)
{
    output_tiles(stride, rows, r, m);
    switch (finish) {
    case STORE:
        output_columns(stride, STORE, rows, r, output, totals);
        return;
    case STREAM:
        output_columns(stride, STREAM, rows, r, output, totals);
        return;
    case FINISH:
        output_columns(stride, FINISH, rows, r, output, totals);
        return;
    case FINISH_CELU:
        output_columns(stride, FINISH_CELU, rows, r, output, totals);
    }
}

void transform_output(const struct tile_rows *rows, const float *m, const struct conv_output *output, bool stream,
                      double *sums)
{
    struct totals totals = { { 0 }, { 0 } };
    enum finish finish = output->bias || output->residual || output->activate ? FINISH : stream ? STREAM : STORE;
    if (output->activate && output->activation == ACTIVATION_CELU)
        finish = FINISH_CELU;
    for (ptrdiff_t r = rows->first; r < rows->end; r++) {
        if (rows->shape->stride == 1)
            output_row(1, finish, rows, r, m, output, &totals);
        else
            output_row(2, finish, rows, r, m, output, &totals);
    }
    if (finish == STREAM)
        vector_stream_end();
    for (int k = 0; sums && k < CHANNELS; k++) {
        sums[rows->channel + k] += totals.sum[k];
        sums[rows->shape->outputs + rows->channel + k] += totals.squares[k];
    }
}

/* ---- back: Z ---- */

/* Writes zeros for the pixels beyond the right border that the last tile of a row covers. */
WINOGRAD_INLINE void clear_right(const int slots, const struct tile_rows *rows)
{
    ptrdiff_t line = line_floats(rows->shape), used = rows->shape->out_width * CHANNELS;
    ptrdiff_t all = TILE * rows->shape->tiles_x * CHANNELS;
    for (int i = 0; i < slots && used < all; i++)
        memset(rows->lines + i * line + used, 0, (size_t)(all - used) * sizeof(float));
}

/* Down the columns: lines[i] = slot i of each output pixel's gradient. */
WINOGRAD_INLINE void gradient_columns(const int stride, const bool norm, const struct tile_rows *rows, ptrdiff_t r,
                                      const struct conv_gradient *gradient)
{
    const int slots = stride == 1 ? 6 : 9;
    const struct pixel_rows pixels = find_pixels(rows, r);
    ptrdiff_t line = line_floats(rows->shape), width = rows->shape->out_width, outputs = rows->shape->outputs;
    float *lines = rows->lines;
    clear_right(slots, rows);
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS) {
        vector a = vector_of(0), b = a, c = a;
        if (norm) {
            a = vector_load(gradient->a + rows->channel + h);
            b = vector_load(gradient->b + rows->channel + h);
            c = vector_load(gradient->c + rows->channel + h);
        }
        for (ptrdiff_t p = 0; p < width; p++) {
            ptrdiff_t pixel = pixels.at + p * outputs + h;
            vector dy[TILE], z[SLOTS_MAX];
            for (int i = 0; i < TILE; i++) {
                dy[i] = vector_of(0);
                if (i >= pixels.count)
                    continue;
                dy[i] = vector_load(gradient->g + pixel + i * pixels.pitch);
                if (norm)
                    dy[i] = a * dy[i] + (b * vector_load(gradient->y + pixel + i * pixels.pitch) + c);
            }
            output_adjoint_1d(stride, dy, z);
            for (int i = 0; i < slots; i++)
                vector_store(lines + i * line + p * CHANNELS + h, z[i]);
        }
    }
}

/* Along the lines: the slots of each tile, into the domain. */
WINOGRAD_INLINE void gradient_tiles(const int stride, const struct tile_rows *rows, ptrdiff_t r, float *z)
{
    const int slots = stride == 1 ? 6 : 9;
    ptrdiff_t line = line_floats(rows->shape), tiles = rows->shape->tiles_x;
    for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
        for (int i = 0; i < slots; i++) {
            const float *from = rows->lines + i * line + h;
            struct walk to = walk_line(rows, r, i, h);
            for (ptrdiff_t t = 0; t < tiles; t++, from += TILE * CHANNELS, walk_on(stride, &to)) {
                vector y[TILE], out[SLOTS_MAX];
                for (int j = 0; j < TILE; j++)
                    y[j] = vector_load(from + j * CHANNELS);
                output_adjoint_1d(stride, y, out);
                for (int j = 0; j < slots; j++)
                    vector_store(z + walk_slot(stride, &to, j), out[j]);
            }
        }
}

WINOGRAD_INLINE void gradient_row(const int stride, const struct tile_rows *rows, ptrdiff_t r,
                                  const struct conv_gradient *gradient, float *z)
{
    if (gradient->a)
        gradient_columns(stride, true, rows, r, gradient);
    else
        gradient_columns(stride, false, rows, r, gradient);
    gradient_tiles(stride, rows, r, z);
}

void transform_gradient(const struct tile_rows *rows, const struct conv_gradient *gradient, float *z)
{
    for (ptrdiff_t r = rows->first; r < rows->end; r++) {
        if (rows->shape->stride == 1)
            gradient_row(1, rows, r, gradient, z);
        else
            gradient_row(2, rows, r, gradient, z);
    }
}
