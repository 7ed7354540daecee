#include "methods/knn.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/simd.h"
#include "base/threads.h"
#include "methods/candidates.h"
#include "methods/direction.h"
#include "methods/features.h"
#include "methods/screen.h"

enum {
    batch_queries = 4096,   /* queries in a batch; bounds the memory */
    task_tiles = 8,         /* tiles searched by one thread at once: they stay in L1 while panels stream through */
    block_bytes = 1 << 20,  /* a block of panels stays in L2 while all queries stream through */
    block_rows_max = 4096,
    rough_dimension_max = 1 << 20    /* largest dimension for which a sum in float is accurate enough */
};

/* |x|, which only the cosine needs. */
static double length_of(const struct knn *knn, const float_anywhere *x)
{
    return knn->metric == KNN_COSINE ? sqrt(dot_product(x, x, knn->dimension)) : 0;
}

static const float_anywhere *row_of(const struct knn *knn, int64_t row)
{
    int64_t low = 0, high = knn->parts - 1; /* finds the last part that begins at the row or before it */
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (knn->first[middle] <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return knn->part[low].row + (row - knn->first[low]) * knn->dimension;
}

/* 1 - cosine of x and y within rough_error, if it exceeds rough_cosine_min: above that, the rounding of 1 in double
 * matters no more than the rounding of the result in float. Lengths are |x| and |y|; the cosine of a zero row is 0. */
static const double rough_cosine_min = 0x1p-24;

static double rough_cosine(const float *x, const float_anywhere *y, int64_t n, double x_length, double y_length)
{
    double length = x_length * y_length, cosine = length > 0 ? dot_product(x, y, n) / length : 0;
    return 1 - cosine;
}

/* |x - y|^2 within rough_error: in float, unless that loses more. */
static double rough_square(const float *x, const float_anywhere *y, int64_t n)
{
    vector sum[4] = { { 0 } };
    float rest = 0;
    int64_t d = 0;
    for (; d + 4 * VECTOR_FLOATS <= n; d += 4 * VECTOR_FLOATS)
        for (int v = 0; v < 4; v++) {
            vector difference = vector_load(x + d + v * VECTOR_FLOATS) - vector_load(y + d + v * VECTOR_FLOATS);
            sum[v] += difference * difference;
        }
    for (; d + VECTOR_FLOATS <= n; d += VECTOR_FLOATS) {
        vector difference = vector_load(x + d) - vector_load(y + d);
        sum[0] += difference * difference;
    }
    for (; d < n; d++)
        rest += (x[d] - y[d]) * (x[d] - y[d]);
    float total = vector_total((sum[0] + sum[1]) + (sum[2] + sum[3])) + rest;
    return total > 0x1p-60F && total < 0x1p120F && n <= rough_dimension_max ? (double)total : squared_distance(x, y, n);
}

/* The rounding of n sums and of each square, relative to the result (Higham, Accuracy and Stability, 3.1). Underflow
 * adds n 2^-126 to a result above 2^-60, which is far less. */
static double rough_error(int64_t n)
{
    return (double)((n < rough_dimension_max ? n : rough_dimension_max) + 16) * 0x1p-24;
}

/* The sums of the columns of a chunk of rows, in order. */
static void sum_columns(const struct knn *knn, int64_t first, int64_t count, double *sum)
{
    for (int64_t i = first; i < first + count; i++) {
        const float_anywhere *row = row_of(knn, i);
        for (int64_t d = 0; d < knn->dimension; d++)
            sum[d] += (double)row[d];
    }
}

/* The means of the columns, summed over chunks of rows and then over the chunks in order. Caller frees. */
static double *column_means_of(const struct knn *knn)
{
    enum { chunk = 8192, chunks_at_once = 64 };
    double *mean = allocate((size_t)knn->dimension, sizeof *mean);
    double *part = allocate(checked_multiply(chunks_at_once, (size_t)knn->dimension), sizeof *part);
    for (int64_t from = 0; from < knn->rows; from += (int64_t)chunk * chunks_at_once) {
        memset(part, 0, chunks_at_once * (size_t)knn->dimension * sizeof *part);
#pragma omp parallel for schedule(dynamic)
        for (int c = 0; c < chunks_at_once; c++) {
            int64_t first = from + (int64_t)c * chunk, rest = knn->rows - first;
            sum_columns(knn, first, rest < 0 ? 0 : rest < chunk ? rest : chunk, part + c * knn->dimension);
        }
        for (int64_t i = 0; i < chunks_at_once * knn->dimension; i++)
            mean[i % knn->dimension] += part[i];
    }
    for (int64_t d = 0; d < knn->dimension && knn->rows > 0; d++)
        mean[d] /= (double)knn->rows;
    free(part);
    return mean;
}

struct knn knn_open_parts(enum knn_metric metric, const struct knn_part *part, int64_t parts, const int64_t *identity,
                          int64_t dimension)
{
    struct knn knn = { .metric = metric, .dimension = dimension, .parts = parts, .identity = identity, .finite = true };
    knn.part = allocate((size_t)parts, sizeof *knn.part);
    knn.first = allocate((size_t)parts, sizeof *knn.first);
    for (int64_t p = 0; p < parts; p++) {
        knn.part[p] = part[p];
        knn.first[p] = knn.rows;
        knn.rows += part[p].rows;
    }
    if (knn.rows > INT32_MAX)
        die("a database of %lld rows is too large (at most %d)", (long long)knn.rows, INT32_MAX);
    double *mean = column_means_of(&knn);
    knn.centre = allocate_floats((size_t)dimension);
    for (int64_t d = 0; d < dimension; d++) {
        knn.centre[d] = metric == KNN_L2 ? (float)mean[d] : 0;
        knn.finite = knn.finite && isfinite(mean[d]);
    }
    free(mean);
    return knn;
}

struct knn knn_open(enum knn_metric metric, const float *row, const int64_t *identity, int64_t rows, int64_t dimension)
{
    return knn_open_parts(metric, &(struct knn_part){ row, rows }, 1, identity, dimension);
}

void knn_close(struct knn *knn)
{
    free(knn->part);
    free(knn->first);
    free(knn->centre);
    *knn = (struct knn){ 0 };
}

/* The direction of the most recent query. */
struct asked {
    int64_t query; /* -1: none yet */
    double *unit;  /* [dimension] */
};

/* The state of a search: a block of the database, and a batch of queries. */
struct search {
    const struct knn *knn;
    const float *query;             /* [queries, dimension] */
    const int64_t *identity;        /* [queries], or NULL */
    int64_t queries;
    double *length;                 /* [queries]: |x|, for cosine */
    char *tile, *panel;             /* screen_tile of the queries, screen_panel of the block's rows */
    size_t tile_bytes, panel_bytes; /* bytes of each */
    double *row_length;             /* [block_rows]: |y|, for cosine */
    struct direction *direction;    /* [block_rows], for cosine */
    int64_t block_rows, first;      /* first: the block's first row */
    struct candidates nearest;
    float **row;                    /* per thread [dimension] */
    struct asked *asked;            /* per thread, for the cosine */
    int threads;
};

/* 1 - cosine of query q and a row of the block; caches the direction of the query. */
static double exact_cosine(const struct search *s, int64_t q, int64_t row)
{
    struct asked *asked = &s->asked[threads_index()];
    struct direction of = s->direction[row - s->first];
    int64_t n = s->knn->dimension;
    if (!(s->length[q] > 0 && of.maximum > 0))
        return 1;
    if (asked->query != q)
        direction_unit(s->query + q * n, direction_of(s->query + q * n, n), n, asked->unit);
    asked->query = q;
    return direction_distance(asked->unit, row_of(s->knn, row), of, n);
}

/* The key that rows are ordered by, in double from their original values: |x - y|^2, or 1 - cosine. */
static double exact_key(const void *search, int64_t q, int64_t row)
{
    const struct search *s = search;
    const struct knn *knn = s->knn;
    return knn->metric == KNN_L2
               ? squared_distance(s->query + q * knn->dimension, row_of(knn, row), knn->dimension)
               : exact_cosine(s, q, row);
}

/* The same key within rough_error. */
static double rough_key(const struct search *s, int64_t q, int64_t row)
{
    const struct knn *knn = s->knn;
    const float *x = s->query + q * knn->dimension;
    const float_anywhere *y = row_of(knn, row);
    if (knn->metric == KNN_L2)
        return rough_square(x, y, knn->dimension);
    double key = rough_cosine(x, y, knn->dimension, s->length[q], s->row_length[row - s->first]);
    return key > rough_cosine_min ? key : exact_cosine(s, q, row);
}

/* Allocates tiles or panels of `bytes` each, starting at a cache line. */
static char *new_blocks(int64_t count, size_t bytes)
{
    return (char *)allocate_floats(checked_multiply((size_t)count, bytes / sizeof(float)));
}

static struct search search_new(const struct knn *knn, int64_t queries, int64_t k)
{
    struct search s = { .knn = knn, .threads = threads_count() };
    s.tile_bytes = screen_tile_bytes(knn->dimension);
    s.panel_bytes = screen_panel_bytes(knn->dimension);
    int64_t fitting = block_bytes / (int64_t)s.panel_bytes + 1, block_max = block_rows_max / SCREEN_ROWS;
    s.block_rows = (fitting < block_max ? fitting : block_max) * SCREEN_ROWS;
    s.length = allocate((size_t)queries, sizeof *s.length);
    s.row_length = allocate((size_t)s.block_rows, sizeof *s.row_length);
    s.direction = allocate((size_t)s.block_rows, sizeof *s.direction);
    s.tile = new_blocks(queries / SCREEN_QUERIES + 1, s.tile_bytes);
    s.panel = new_blocks(s.block_rows / SCREEN_ROWS, s.panel_bytes);
    s.nearest = candidates_new(queries, k, rough_error(knn->dimension), exact_key);
    s.row = allocate((size_t)s.threads, sizeof *s.row);
    s.asked = allocate((size_t)s.threads, sizeof *s.asked);
    for (int t = 0; t < s.threads; t++) {
        s.row[t] = allocate_floats((size_t)knn->dimension);
        s.asked[t].unit = allocate(knn->metric == KNN_COSINE ? (size_t)knn->dimension : 0, sizeof(double));
    }
    return s;
}

static void search_free(struct search *s)
{
    for (int t = 0; t < s->threads; t++) {
        free(s->row[t]);
        free(s->asked[t].unit);
    }
    free(s->row);
    free(s->asked);
    free(s->direction);
    free(s->length);
    free(s->row_length);
    free(s->tile);
    free(s->panel);
    candidates_free(&s->nearest);
    *s = (struct search){ 0 };
}

/* The row as the screen uses it: relative to the mean, or scaled to length 1. NULL for a zero row with cosine, which
 * has no direction. */
static const float *transform_row(const struct search *s, const float_anywhere *row, double length)
{
    const struct knn *knn = s->knn;
    float *out = s->row[threads_index()];
    if (knn->metric == KNN_L2) {
        for (int64_t d = 0; d < knn->dimension; d++)
            out[d] = row[d] - knn->centre[d];
        return out;
    }
    if (!(length > 0))
        return NULL;
    for (int64_t d = 0; d < knn->dimension; d++)
        out[d] = (float)((double)row[d] / length);
    return out;
}

static struct screen_tile *tile_at(const struct search *s, int64_t query)
{
    return (struct screen_tile *)(void *)(s->tile + (size_t)(query / SCREEN_QUERIES) * s->tile_bytes);
}

static struct screen_panel *panel_at(const struct search *s, int64_t row)
{
    return (struct screen_panel *)(void *)(s->panel + (size_t)(row / SCREEN_ROWS) * s->panel_bytes);
}

/* The tile of the queries from `first` on. */
static void pack_queries(struct search *s, int64_t first)
{
    struct screen_tile *tile = tile_at(s, first);
    int64_t n = s->knn->dimension;
    for (int i = 0; i < SCREEN_QUERIES; i++) {
        int64_t q = first + i;
        if (q >= s->queries) {
            screen_leave_query(tile, i);
            continue;
        }
        candidates_clear(&s->nearest, q);
        s->length[q] = length_of(s->knn, s->query + q * n);
        screen_put_query(tile, i, transform_row(s, s->query + q * n, s->length[q]), n);
    }
}

/* The panel of the rows from `row` on. */
static void pack_rows(struct search *s, int64_t row)
{
    int64_t first = s->first;
    struct screen_panel *panel = panel_at(s, row - first);
    for (int i = 0; i < SCREEN_ROWS; i++) {
        if (row + i >= s->knn->rows) {
            screen_leave_row(panel, i);
            continue;
        }
        const float_anywhere *value = row_of(s->knn, row + i);
        double length = s->row_length[row - first + i] = length_of(s->knn, value);
        if (s->knn->metric == KNN_COSINE)
            s->direction[row - first + i] = direction_of(value, s->knn->dimension);
        screen_put_row(panel, i, transform_row(s, value, length), s->knn->dimension);
    }
}

/* Tells the screen the largest relevant distance from query q. */
static void limit_query(struct search *s, int64_t q)
{
    double key = s->nearest.limit[q];
    screen_limit(tile_at(s, q), (int)(q % SCREEN_QUERIES), sqrt(s->knn->metric == KNN_L2 ? key : 2 * key));
}

/* Computes rough distances to query q for the rows whose bits are set in `hits`; `row` is the first row of their
 * panel. */
static void look_closely(struct search *s, int64_t q, uint32_t hits, int64_t row)
{
    const struct knn *knn = s->knn;
    for (; hits; hits &= hits - 1) {
        int64_t y = row + __builtin_ctz(hits);
        if (s->identity && knn->identity && s->identity[q] == knn->identity[y])
            continue;
        if (candidates_add(&s->nearest, s, q, rough_key(s, q, y), y))
            limit_query(s, q);
    }
}

/* Searches the packed rows up to `last` for queries [from, to). Exact keys are computed before these rows are left:
 * reading single rows again later would be slow if they are on a disk. */
static void search_block(struct search *s, int64_t from, int64_t to, int64_t last)
{
    for (int64_t row = s->first; row < last; row += SCREEN_ROWS)
        for (int64_t q = from; q < to; q += SCREEN_QUERIES) {
            uint32_t hits[SCREEN_QUERIES];
            if (!screen_compare(tile_at(s, q), panel_at(s, row - s->first), s->knn->dimension, hits))
                continue;
            for (int i = 0; i < SCREEN_QUERIES; i++)
                if (hits[i])
                    look_closely(s, q + i, hits[i], row);
        }
    for (int64_t q = from; q < to; q++)
        if (candidates_settle(&s->nearest, s, q))
            limit_query(s, q);
}

static void search_all(struct search *s)
{
    enum { task = task_tiles * SCREEN_QUERIES };
    int64_t rows = s->knn->rows;
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t q = 0; q < s->queries; q += SCREEN_QUERIES)
            pack_queries(s, q);
        for (int64_t first = 0; first < rows; first += s->block_rows) {
            int64_t last = first + s->block_rows < rows ? first + s->block_rows : rows;
#pragma omp single
            s->first = first;
#pragma omp for schedule(static)
            for (int64_t row = first; row < last; row += SCREEN_ROWS)
                pack_rows(s, row);
#pragma omp for schedule(dynamic)
            for (int64_t q = 0; q < s->queries; q += task)
                search_block(s, q, s->queries - q < task ? s->queries : q + task, last);
        }
    }
}

/* Searches for the queries in s. Returns -1, or the first query with too few rows. */
static int64_t search_batch(struct search *s, int64_t k, int64_t *position, double *distance)
{
    int64_t failed = s->queries;
    for (int t = 0; t < s->threads; t++)
        s->asked[t].query = -1; /* it belonged to the previous batch */
    search_all(s);
#pragma omp parallel for schedule(dynamic, 16) reduction(min : failed)
    for (int64_t q = 0; q < s->queries; q++) {
        const struct candidate *list = s->nearest.list + q * s->nearest.room;
        if (candidates_sort(&s->nearest, q) < k) {
            failed = q < failed ? q : failed;
            continue;
        }
        for (int64_t i = 0; i < k; i++) {
            position[q * k + i] = list[i].row;
            distance[q * k + i] = s->knn->metric == KNN_L2 ? sqrt(list[i].key) : list[i].key;
        }
    }
    return failed < s->queries ? failed : -1;
}

int64_t knn_search(const struct knn *knn, const float *query, const int64_t *query_identity, int64_t count, int64_t k,
                   int64_t *position, double *distance)
{
    int64_t failed = -1;
    if (k > knn->rows)
        return count > 0 ? 0 : -1;
    struct search search = search_new(knn, count < batch_queries ? count : batch_queries, k);
    for (int64_t first = 0; first < count && failed < 0; first += batch_queries) {
        search.queries = count - first < batch_queries ? count - first : batch_queries;
        search.query = query + first * knn->dimension;
        search.identity = query_identity ? query_identity + first : NULL;
        failed = search_batch(&search, k, position + first * k, distance + first * k);
        failed += failed >= 0 ? first : 0;
    }
    search_free(&search);
    return failed;
}

/* The label with the largest sum of weights; of equal sums, the label that comes first, which is the nearest. */
static int64_t vote(const int64_t *label, const double *weight, int64_t k)
{
    double *sum = allocate((size_t)k, sizeof *sum);
    int64_t *party = allocate((size_t)k, sizeof *party), parties = 0, winner = 0;
    for (int64_t i = 0; i < k; i++) {
        int64_t p = 0;
        while (p < parties && party[p] != label[i])
            p++;
        if (p == parties)
            party[parties++] = label[i];
        sum[p] += weight[i];
    }
    for (int64_t p = 1; p < parties; p++)
        if (sum[p] > sum[winner])
            winner = p;
    int64_t result = party[winner];
    free(sum);
    free(party);
    return result;
}

int64_t knn_vote_plain(const int64_t *label, int64_t k)
{
    double *weight = allocate((size_t)k, sizeof *weight);
    for (int64_t i = 0; i < k; i++)
        weight[i] = 1;
    int64_t winner = vote(label, weight, k);
    free(weight);
    return winner;
}

int64_t knn_vote_weighted(enum knn_metric metric, const int64_t *label, const double *distance, int64_t k,
                          double temperature)
{
    double *weight = allocate((size_t)k, sizeof *weight);
    for (int64_t i = 0; i < k; i++) {
        /* s minus the nearest row's s: the same winner, without overflow and without a common underflow */
        double less = metric == KNN_COSINE ? distance[0] - distance[i]
                                           : (distance[0] - distance[i]) * (distance[0] + distance[i]) / 2;
        weight[i] = exp(less / temperature);
    }
    int64_t winner = vote(label, weight, k);
    free(weight);
    return winner;
}
