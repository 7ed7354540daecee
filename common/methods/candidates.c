#include "methods/candidates.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/simd.h"
#include "base/threads.h"

enum {
    columns = 2 * VECTOR_FLOATS,          /* rows of a panel: as many bits has a word of hits at most */
    tile = VECTOR_FLOATS == 16 ? 12 : 6,  /* queries: with two vectors each, sums fill the registers and leave a few */
    task_tiles = 8,                       /* searched by one thread in one go: they stay in L2 while panels pass */
    block_floats = 1 << 20,               /* a block of panels stays in L3 while all queries pass */
    block_rows_most = 4096,
    lanes = 8                             /* partial sums of a length */
};
_Static_assert((int)columns <= 32, "hits are the bits of a word of 32");

const float candidates_square_max = FLT_MAX / 8;

static int64_t round_up(int64_t count, int64_t unit)
{
    return (count + unit - 1) / unit * unit;
}

struct candidates candidates_new(const struct knn *knn, int64_t queries, int64_t capacity)
{
    struct candidates c = { .capacity = capacity, .dimension = knn->dimension, .queries = queries };
    size_t dimension = (size_t)knn->dimension, room = (size_t)round_up(queries, tile);
    int64_t fitting = round_up(block_floats / knn->dimension + 1, columns);
    c.block_rows = fitting < block_rows_most ? fitting : block_rows_most;
    c.threads = threads_count();
    c.list = allocate(checked_multiply(room, 2 * (size_t)capacity), sizeof *c.list);
    c.filled = allocate(room, sizeof *c.filled);
    c.bound = allocate_floats(room);
    c.square = allocate(room, sizeof *c.square);
    c.query = allocate_floats(checked_multiply(room, dimension));
    c.block = allocate_floats(checked_multiply((size_t)c.block_rows, dimension));
    c.block_square = allocate_floats((size_t)c.block_rows);
    c.scratch = allocate((size_t)c.threads, sizeof *c.scratch);
    c.row = allocate((size_t)c.threads, sizeof *c.row);
    for (int t = 0; t < c.threads; t++) {
        c.scratch[t] = allocate(2 * (size_t)capacity, sizeof **c.scratch);
        c.row[t] = allocate_floats(dimension);
    }
    return c;
}

void candidates_free(struct candidates *c)
{
    for (int t = 0; t < c->threads; t++) {
        free(c->scratch[t]);
        free(c->row[t]);
    }
    free(c->scratch);
    free(c->row);
    free(c->list);
    free(c->filled);
    free(c->bound);
    free(c->square);
    free(c->query);
    free(c->block);
    free(c->block_square);
    *c = (struct candidates){ 0 };
}

/* out [dimension] = the row as this step sees it; returns its squared length. */
static double transform_row(const struct knn *knn, const float_anywhere *row, float *out)
{
    double sum[lanes] = { 0 }, square = 0;
    if (knn->metric == KNN_L2) {
        for (int64_t d = 0; d < knn->dimension; d++)
            out[d] = row[d] - knn->centre[d];
    } else {
        double length = knn_length(row, knn->dimension), scale = length > 0 ? 1 / length : 0;
        for (int64_t d = 0; d < knn->dimension; d++)
            out[d] = (float)(row[d] * scale);
        return 1; /* for a zero row too: then |x - y|^2 = 2 (1 - cosine) holds with the cosine 0 that it is given */
    }
    int64_t d = 0;
    for (; d + lanes <= knn->dimension; d += lanes)
        for (int l = 0; l < lanes; l++)
            sum[l] += (double)out[d + l] * out[d + l];
    for (; d < knn->dimension; d++)
        square += (double)out[d] * out[d];
    for (int l = 0; l < lanes; l++)
        square += sum[l];
    return square;
}

/* A tile of queries from the first on, of which `count` are there, into tile [dimension, tile]. */
static void pack_queries(struct candidates *c, const struct knn *knn, const float *query, int64_t first, int64_t count)
{
    float *out = c->query + first * c->dimension, *row = c->row[threads_index()];
    memset(out, 0, (size_t)(tile * c->dimension) * sizeof *out);
    for (int64_t q = first; q < first + tile; q++) {
        c->filled[q] = 0;
        c->bound[q] = q < first + count ? INFINITY : -INFINITY; /* nothing is near to a query that is not there */
        if (q >= first + count)
            continue;
        c->square[q] = transform_row(knn, query + q * c->dimension, row);
        for (int64_t d = 0; d < c->dimension; d++)
            out[d * tile + q - first] = row[d];
    }
}

/* Database rows from `first` on into a panel, as -2 y. A row that is not there, or so long that sums may overflow, is
 * infinitely far away. */
static void pack_panel(struct candidates *c, const struct knn *knn, int64_t first, float *panel, float *square)
{
    float *row = c->row[threads_index()];
    memset(panel, 0, (size_t)(columns * c->dimension) * sizeof *panel);
    for (int i = 0; i < columns; i++) {
        square[i] = INFINITY;
        if (first + i >= knn->rows)
            continue;
        double sum = transform_row(knn, knn_row(knn, first + i), row);
        if (!(sum < (double)candidates_square_max))
            continue;
        square[i] = (float)sum;
        for (int64_t d = 0; d < c->dimension; d++)
            panel[d * columns + i] = -2 * row[d];
    }
}

/* Bring the `keep` nearest of `count` candidates to the front. Returns a value that none of these exceeds and none of
 * the others is below. Partitions go through the scratch, so that no branch depends on a comparison: nearly every
 * other one would be predicted wrong. */
static float select_nearest(struct candidate *list, int64_t count, int64_t keep, struct candidate *scratch)
{
    while (count > 1) {
        float a = list[0].value, b = list[count / 2].value, z = list[count - 1].value;
        float low = a < b ? a : b, high = a < b ? b : a, pivot = z < low ? low : z > high ? high : z;
        int64_t below = 0, others = 0;
        for (int64_t i = 0; i < count; i++) {
            struct candidate entry = list[i];
            bool is_below = entry.value < pivot;
            list[below] = entry;
            scratch[others] = entry;
            below += is_below;
            others += !is_below;
        }
        int64_t equal = 0, above = 0;
        if (below < keep || below == 0) { /* the pivot's equals come next, then the rest */
            for (int64_t i = 0; i < others; i++)
                if (scratch[i].value == pivot)
                    list[below + equal++] = scratch[i];
            for (int64_t i = 0; i < others; i++)
                if (scratch[i].value != pivot)
                    list[below + equal + above++] = scratch[i];
            if (below + equal >= keep)
                return pivot;
            list += below + equal;
            keep -= below + equal;
            count = above;
        } else if (below == keep) {
            return pivot;
        } else {
            count = below;
        }
    }
    return list[0].value;
}

/* Forget all but the `capacity` nearest candidates of query q. */
static void compact(const struct candidates *c, int64_t q)
{
    if (c->filled[q] < c->capacity)
        return;
    c->bound[q] = select_nearest(c->list + q * 2 * c->capacity, c->filled[q], c->capacity, c->scratch[threads_index()]);
    c->filled[q] = c->capacity;
}

/* Put the rows whose bits are set in `hits` on the list of query q: value [columns], of the rows from `first` on. */
static void keep_hits(const struct candidates *c, const struct knn *knn, const int64_t *identity, int64_t q,
                      unsigned hits, const float *value, int64_t first)
{
    for (; hits; hits &= hits - 1) {
        int i = __builtin_ctz(hits);
        if (!(value[i] < c->bound[q]) || (identity && knn->identity && identity[q] == knn->identity[first + i]))
            continue;
        c->list[q * 2 * c->capacity + c->filled[q]++] = (struct candidate){ value[i], (int32_t)(first + i) };
        if (c->filled[q] == 2 * c->capacity)
            compact(c, q);
    }
}

/* A tile of queries from q on against a panel of rows from `first` on. */
static void search_panel(const struct candidates *c, const struct knn *knn, const int64_t *identity, int64_t q,
                         const float *panel, const float *square, int64_t first)
{
    const float *query = c->query + q * c->dimension;
    vector sum[tile][2];
    for (int i = 0; i < tile; i++)
        for (int v = 0; v < 2; v++)
            sum[i][v] = vector_load(square + v * VECTOR_FLOATS);
    for (int64_t d = 0; d < c->dimension; d++) {
        vector low = vector_load(panel + d * columns), high = vector_load(panel + d * columns + VECTOR_FLOATS);
        for (int i = 0; i < tile; i++) {
            vector x = vector_of(query[d * tile + i]);
            sum[i][0] += x * low;
            sum[i][1] += x * high;
        }
    }
    for (int i = 0; i < tile; i++) {
        vector bound = vector_of(c->bound[q + i]);
        unsigned hits = vector_below(sum[i][0], bound) | vector_below(sum[i][1], bound) << VECTOR_FLOATS;
        if (!hits)
            continue;
        float value[columns];
        vector_store(value, sum[i][0]);
        vector_store(value + VECTOR_FLOATS, sum[i][1]);
        keep_hits(c, knn, identity, q + i, hits, value, first);
    }
}

/* Queries [from, to) against the packed rows [first, last). */
static void search_block(const struct candidates *c, const struct knn *knn, const int64_t *identity, int64_t from,
                         int64_t to, int64_t first, int64_t last)
{
    const float *panel = c->block, *square = c->block_square;
    for (; first < last; first += columns, panel += columns * c->dimension, square += columns)
        for (int64_t q = from; q < to; q += tile)
            search_panel(c, knn, identity, q, panel, square, first);
}

void candidates_find(struct candidates *c, const struct knn *knn, const float *query, const int64_t *identity,
                     int64_t count)
{
    enum { task = task_tiles * tile };
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t q = 0; q < count; q += tile)
            pack_queries(c, knn, query, q, count - q < tile ? count - q : tile);
        for (int64_t first = 0; first < knn->rows; first += c->block_rows) {
            int64_t last = first + c->block_rows < knn->rows ? first + c->block_rows : knn->rows;
#pragma omp for schedule(static)
            for (int64_t row = first; row < last; row += columns)
                pack_panel(c, knn, row, c->block + (row - first) * c->dimension, c->block_square + (row - first));
#pragma omp for schedule(dynamic)
            for (int64_t q = 0; q < count; q += task)
                search_block(c, knn, identity, q, count - q < task ? count : q + task, first, last);
        }
#pragma omp for schedule(static)
        for (int64_t q = 0; q < count; q++)
            compact(c, q);
    }
}
