#include "methods/screen.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    group = 4,  /* dimensions that one instruction sums */
    chunk = 64, /* dimensions rounded together */
    row_levels = VECTOR_BYTE_MAX / 2,
    query_levels = 127,
    offset = row_levels + 1
};

static const double slack = 0x1p-18, shortest = 0x1p-40, longest = 0x1p60;
static const float minimum = 0x1p-100F; /* smallest maximum of a row: the inverse of its step is finite */

/* A rounded vector: its step and bytes. */
struct rounded {
    float step;
    double square, error; /* |s q|^2; |e|, with a margin for rounding in float */
    int64_t sum;          /* of q */
    bool is_usable;       /* length and its square fit in a float */
};

static int64_t groups(int64_t dimension)
{
    return (dimension + group - 1) / group;
}

static size_t whole_lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

size_t screen_panel_bytes(int64_t dimension)
{
    return whole_lines(sizeof(struct screen_panel) + (size_t)(groups(dimension) * SCREEN_ROWS * group));
}

size_t screen_tile_bytes(int64_t dimension)
{
    return whole_lines(sizeof(struct screen_tile) + (size_t)(groups(dimension) * SCREEN_QUERIES * group));
}

/* The largest absolute value; partial maxima let the compiler use vectors. */
static float largest(const float *value, int64_t dimension)
{
    float maximum[chunk] = { 0 }, all = 0;
    int64_t d = 0;
    for (; d + chunk <= dimension; d += chunk)
        for (int l = 0; l < chunk; l++) {
            float size = fabsf(value[d + l]);
            maximum[l] = size > maximum[l] ? size : maximum[l];
        }
    for (; d < dimension; d++)
        all = fabsf(value[d]) > all ? fabsf(value[d]) : all;
    for (int l = 0; l < chunk; l++)
        all = maximum[l] > all ? maximum[l] : all;
    return all;
}

/* As many levels as a byte has, or fewer if the sum of `dimension` products could exceed 2^31. */
static float levels_of(int64_t dimension, int maximum)
{
    double fitting = floor(sqrt(0x1p31 / (double)dimension)) - 1;
    return fitting >= maximum ? (float)maximum : fitting > 1 ? (float)fitting : 1;
}

/* Rounds value [dimension] to bytes and adds `base`; groups of four of them are `stride` bytes apart. */
static struct rounded round_to_bytes(const float *value, int64_t dimension, float levels, int base, void *bytes,
                                     int64_t stride)
{
    float maximum = largest(value, dimension), step = maximum / levels, inverse = step > 0 ? 1 / step : 0;
    if (!(maximum < (float)longest) || (maximum > 0 && maximum < minimum))
        return (struct rounded){ .is_usable = false };
    double error[8] = { 0 }, square = 0, lost = 0;
    int64_t sum = 0;
    for (int64_t from = 0; from < dimension; from += chunk) {
        int64_t count = dimension - from < chunk ? dimension - from : chunk;
        float x[chunk] = { 0 };
        unsigned char out[chunk];
        int sums = 0, squares = 0;
        memcpy(x, value + from, (size_t)count * sizeof *x);
        for (int i = 0; i < chunk; i++) {
            float whole = rintf(x[i] * inverse);
            x[i] -= step * whole;
            int q = (int)whole;
            sums += q;
            squares += q * q;
            out[i] = (unsigned char)(q + base);
        }
        for (int i = 0; i < chunk; i += 8)
            for (int l = 0; l < 8; l++)
                error[l] += (double)x[i + l] * (double)x[i + l];
        for (int64_t g = 0; g < groups(count); g++)
            memcpy((char *)bytes + (from / group + g) * stride, out + g * group, group);
        sum += sums;
        square += squares;
    }
    for (int l = 0; l < 8; l++)
        lost += error[l];
    square *= (double)step * (double)step;
    double length = sqrt(square), e = sqrt(lost);
    return (struct rounded){ step, square, e + 0x1p-20 * (length + e), sum,
                             maximum == 0 || (length > shortest && length < longest) };
}

static void put_base(struct screen_panel *panel, int i, float base)
{
    panel->base[i] = base;
    panel->error[i] = panel->step[i] = 0;
}

void screen_put_row(struct screen_panel *panel, int i, const float *value, int64_t dimension)
{
    put_base(panel, i, -INFINITY);
    if (!value)
        return;
    struct rounded row = round_to_bytes(value, dimension, levels_of(dimension, row_levels), offset,
                                        panel->byte + i * group, SCREEN_ROWS * group);
    if (!row.is_usable)
        return;
    panel->base[i] = (float)(row.square * (1 - slack) - row.error * row.error * (1 + slack));
    panel->error[i] = (float)row.error;
    panel->step[i] = row.step;
}

void screen_leave_row(struct screen_panel *panel, int i)
{
    put_base(panel, i, INFINITY);
}

static void put_bound(struct screen_tile *tile, int i, float bound)
{
    tile->bound[i] = bound;
    tile->weight[i] = tile->scale[i] = 0;
    tile->start[i] = 0;
    tile->error[i] = INFINITY;
}

void screen_put_query(struct screen_tile *tile, int i, const float *value, int64_t dimension)
{
    put_bound(tile, i, INFINITY);
    if (!value)
        return;
    struct rounded query = round_to_bytes(value, dimension, levels_of(dimension, query_levels), 0,
                                          tile->byte + i * group, SCREEN_QUERIES * group);
    if (!query.is_usable)
        return;
    tile->scale[i] = 2 * query.step;
    tile->start[i] = (int32_t)(uint32_t)(-offset * query.sum);
    tile->error[i] = query.error;
    tile->square[i] = query.square;
}

void screen_leave_query(struct screen_tile *tile, int i)
{
    put_bound(tile, i, -INFINITY);
}

void screen_limit(struct screen_tile *tile, int i, double r)
{
    double reach = r + tile->error[i];
    if (!(reach < longest))
        return;
    tile->bound[i] = (float)(reach * reach * (1 + slack) - tile->square[i] * (1 - slack)) + 0x1p-126F;
    tile->weight[i] = (float)(2 * reach);
}

uint32_t screen_compare(const struct screen_tile *tile, const struct screen_panel *panel, int64_t dimension,
                        uint32_t hits[SCREEN_QUERIES])
{
    vector_int sum[SCREEN_QUERIES][2];
    for (int q = 0; q < SCREEN_QUERIES; q++)
        sum[q][0] = sum[q][1] = tile->start[q] - (vector_int){ 0 };
    const unsigned char *row = panel->byte;
    const signed char *query = tile->byte;
    for (int64_t g = groups(dimension); g > 0; g--) {
        for (int q = 0; q < SCREEN_QUERIES; q++) {
            sum[q][0] = vector_dot4(sum[q][0], row, query + q * group);
            sum[q][1] = vector_dot4(sum[q][1], row + VECTOR_FLOATS * group, query + q * group);
        }
        row += SCREEN_ROWS * group;
        query += SCREEN_QUERIES * group;
    }
    uint32_t any = 0;
    for (int q = 0; q < SCREEN_QUERIES; q++) {
        hits[q] = 0;
        for (int v = 0; v < 2; v++) {
            int64_t at = v * VECTOR_FLOATS;
            vector product = vector_load(panel->step + at) * __builtin_convertvector(sum[q][v], vector);
            vector value = vector_load(panel->base + at) - tile->weight[q] * vector_load(panel->error + at) -
                           tile->scale[q] * product;
            hits[q] |= vector_below(value, vector_of(tile->bound[q])) << at;
        }
        any |= hits[q];
    }
    return any;
}
