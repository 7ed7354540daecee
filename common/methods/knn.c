#define _POSIX_C_SOURCE 200809L /* blis.h wants pthread barriers */
#include "methods/knn.h"

#include <blis.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/threads.h"
#include "methods/features.h"

/* Block sizes, from measurements: the products of one sgemm stay in L2 (512 KiB), the database's block is packed with
 * its rows in columns, which BLIS reads unpacked at small dimensions, and is small enough for L3. */
enum {
    batch_queries = 4096, /* searched at a time: bounds the memory */
    tile_queries = 256,   /* of one sgemm, at most */
    tile_rows = 512,
    block_tiles = 8,      /* of tile_rows: packed by all threads together, then searched */
    scan_width = 32       /* distances looked at together */
};

/* A database row and its squared distance to the query, as far as the first step knows. */
struct candidate {
    float square;
    int32_t row;
};

/* What a search works on. */
struct workspace {
    int64_t capacity;             /* candidates kept for each query */
    float *query;                 /* [batch_queries, dimension], centred or scaled */
    float *query_square;          /* [batch_queries] */
    struct candidate *list;       /* [batch_queries, 2 capacity]: cut back to the nearest whenever it is full */
    int64_t *filled;              /* [batch_queries] */
    float *bound;                 /* [batch_queries]: what is not nearer is no candidate */
    float *block;                 /* [block_tiles][dimension, tile_rows]: database rows in columns */
    float **product;              /* per thread [tile_queries, tile_rows] */
    struct candidate_exact *rank; /* per thread [capacity] */
    int threads;
};

/* A candidate with its distance in double. */
struct candidate_exact {
    double key; /* squared distance, or 1 - cosine */
    int64_t row;
};

static double length_of(const float *x, int64_t n)
{
    double sum = 0;
    for (int64_t d = 0; d < n; d++)
        sum += (double)x[d] * x[d];
    return sqrt(sum);
}

/* What both steps order by, in double from the original rows: |x - y|^2, or 1 - cosine. Eight partial sums let the
 * compiler use vectors; their order is fixed here, so every call on the same rows gives the same bits. */
static double exact_key(enum knn_metric metric, const float *x, const float *y, int64_t n, double x_length,
                        double y_length)
{
    double sum[8] = { 0 };
    int64_t d = 0;
    if (metric == KNN_L2) {
        for (; d + 8 <= n; d += 8)
            for (int l = 0; l < 8; l++) {
                double difference = (double)x[d + l] - (double)y[d + l];
                sum[l] += difference * difference;
            }
        for (int l = 0; d < n; d++, l++) {
            double difference = (double)x[d] - (double)y[d];
            sum[l] += difference * difference;
        }
    } else {
        for (; d + 8 <= n; d += 8)
            for (int l = 0; l < 8; l++)
                sum[l] += (double)x[d + l] * (double)y[d + l];
        for (int l = 0; d < n; d++, l++)
            sum[l] += (double)x[d] * (double)y[d];
    }
    double total = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
    if (metric == KNN_L2)
        return total;
    double product = x_length * y_length;
    double cosine = product > 0 ? total / product : 0;
    return cosine < 1 ? cosine > -1 ? 1 - cosine : 2 : 0;
}

/* out[d * stride] = the row as the first step sees it; returns its squared length. */
static float transform_row(const struct knn *knn, const float *row, double length, float *out, int64_t stride)
{
    double sum = 0;
    if (knn->metric == KNN_L2) {
        for (int64_t d = 0; d < knn->dimension; d++) {
            float value = row[d] - knn->centre[d];
            out[d * stride] = value;
            sum += (double)value * value;
        }
        return (float)sum;
    }
    double scale = length > 0 ? 1 / length : 0;
    for (int64_t d = 0; d < knn->dimension; d++)
        out[d * stride] = (float)(row[d] * scale);
    return 1; /* for a zero row too: then |x - y|^2 = 2 (1 - cosine) holds with the cosine 0 that it is given */
}

struct knn knn_open(enum knn_metric metric, const float *row, const int64_t *identity, int64_t rows, int64_t dimension)
{
    if (rows > INT32_MAX)
        die("a database of %lld rows is too large (at most %d)", (long long)rows, INT32_MAX);
    struct knn knn = { metric, rows, dimension, row, identity, allocate_floats((size_t)dimension),
                       allocate((size_t)rows, sizeof(double)), allocate_floats((size_t)rows) };
    if (metric == KNN_L2) {
        double *mean = allocate((size_t)dimension, sizeof *mean);
        column_means(row, rows, dimension, mean);
        for (int64_t d = 0; d < dimension; d++)
            knn.centre[d] = (float)mean[d];
        free(mean);
    }
#pragma omp parallel
    {
        float *scratch = allocate_floats((size_t)dimension);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < rows; i++) {
            knn.length[i] = length_of(row + i * dimension, dimension);
            knn.square[i] = transform_row(&knn, row + i * dimension, knn.length[i], scratch, 1);
        }
        free(scratch);
    }
    return knn;
}

void knn_close(struct knn *knn)
{
    free(knn->centre);
    free(knn->length);
    free(knn->square);
    *knn = (struct knn){ 0 };
}

static struct workspace workspace_new(const struct knn *knn, int64_t count, int64_t k)
{
    size_t queries = count < batch_queries ? (size_t)count : batch_queries, dimension = (size_t)knn->dimension;
    /* More than k, so that rounding rarely leaves the proof open: neighbours k and k + k/16 + 8 differ by far more. */
    size_t capacity = (size_t)(k + k / 16 + 8);
    struct workspace work = { .capacity = (int64_t)capacity, .threads = threads_count() };
    work.query = allocate_floats(checked_multiply(queries, dimension));
    work.query_square = allocate_floats(queries);
    work.list = allocate(checked_multiply(queries, 2 * capacity), sizeof *work.list);
    work.filled = allocate(queries, sizeof *work.filled);
    work.bound = allocate_floats(queries);
    work.block = allocate_floats(checked_multiply(block_tiles * tile_rows, dimension));
    work.product = allocate((size_t)work.threads, sizeof *work.product);
    for (int t = 0; t < work.threads; t++)
        work.product[t] = allocate_floats(tile_queries * tile_rows);
    work.rank = allocate(checked_multiply((size_t)work.threads, capacity), sizeof *work.rank);
    return work;
}

static void workspace_free(struct workspace *work)
{
    for (int t = 0; t < work->threads; t++)
        free(work->product[t]);
    free(work->product);
    free(work->query);
    free(work->query_square);
    free(work->list);
    free(work->filled);
    free(work->bound);
    free(work->block);
    free(work->rank);
}

static void swap_candidates(struct candidate *a, struct candidate *b)
{
    struct candidate swap = *a;
    *a = *b;
    *b = swap;
}

/* Bring the `keep` nearest of `count` candidates to the front, the farthest of them last (Hoare's quickselect). */
static void select_nearest(struct candidate *list, int64_t count, int64_t keep)
{
    int64_t low = 0, high = count - 1, wanted = keep - 1;
    while (low < high) {
        float pivot = list[low + (high - low) / 2].square;
        int64_t i = low, j = high;
        while (i <= j) {
            while (list[i].square < pivot)
                i++;
            while (list[j].square > pivot)
                j--;
            if (i <= j)
                swap_candidates(&list[i++], &list[j--]);
        }
        if (wanted <= j)
            high = j;
        else if (wanted >= i)
            low = i;
        else
            break;
    }
}

/* Forget all but the `capacity` nearest candidates of query q; where as many are there, the last bounds the next
 * ones. */
static void compact(const struct workspace *work, int64_t q)
{
    struct candidate *list = work->list + q * 2 * work->capacity;
    if (work->filled[q] < work->capacity)
        return;
    select_nearest(list, work->filled[q], work->capacity);
    work->filled[q] = work->capacity;
    work->bound[q] = list[work->capacity - 1].square;
}

static bool same_identity(const struct knn *knn, const int64_t *query_identity, int64_t row)
{
    return query_identity && knn->identity && *query_identity == knn->identity[row];
}

/* Look through one query's products, product [count] = -2 x.y with the rows from `first` on. */
static void scan_products(const struct knn *knn, const struct workspace *work, int64_t q,
                          const int64_t *query_identity, const float *product, int64_t first, int64_t count)
{
    struct candidate *list = work->list + q * 2 * work->capacity;
    const float *square = knn->square + first;
    float own = work->query_square[q], bound = work->bound[q];
    for (int64_t from = 0; from < count; from += scan_width) {
        int64_t to = from + scan_width < count ? from + scan_width : count;
        if (to - from == scan_width) { /* nearly always none is near enough: one look at all of them together */
            int near = 0;
            for (int l = 0; l < scan_width; l++)
                near |= product[from + l] + square[from + l] + own < bound;
            if (!near)
                continue;
        }
        for (int64_t j = from; j < to; j++) {
            float distance = product[j] + square[j] + own;
            if (!(distance < bound) || same_identity(knn, query_identity, first + j))
                continue;
            list[work->filled[q]++] = (struct candidate){ distance > 0 ? distance : 0, (int32_t)(first + j) };
            if (work->filled[q] == 2 * work->capacity) {
                compact(work, q);
                bound = work->bound[q];
            }
        }
    }
}

/* Database rows from `first` on, `count` of at most tile_rows, into the columns of tile [dimension, tile_rows]. */
static void pack_tile(const struct knn *knn, int64_t first, int64_t count, float *tile)
{
    for (int64_t i = 0; i < count; i++)
        transform_row(knn, knn->row + (first + i) * knn->dimension, knn->length[first + i], tile + i, tile_rows);
}

/* Queries [from, to) of the batch against the packed rows [first, last). */
static void search_tile(const struct knn *knn, const struct workspace *work, const int64_t *identity, int64_t from,
                        int64_t to, int64_t first, int64_t last)
{
    float minus_two = -2, zero = 0, *product = work->product[threads_index()];
    const float *tile = work->block;
    for (; first < last; first += tile_rows, tile += knn->dimension * tile_rows) {
        int64_t count = last - first < tile_rows ? last - first : tile_rows;
        bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, to - from, count, knn->dimension, &minus_two,
                  work->query + from * knn->dimension, knn->dimension, 1,
                  (float *)(uintptr_t)tile, tile_rows, 1, &zero,
                  product, tile_rows, 1);
        for (int64_t q = from; q < to; q++)
            scan_products(knn, work, q, identity ? identity + q : NULL, product + (q - from) * tile_rows, first, count);
    }
}

/* First step for a batch: fill the lists of its queries. */
static void find_candidates(const struct knn *knn, struct workspace *work, const int64_t *identity, int64_t count)
{
    /* few queries are cut finer, so that all threads have some */
    int64_t height = (count / 16 + 15) / 16 * 16;
    height = height < 16 ? 16 : height > tile_queries ? tile_queries : height;
    for (int64_t q = 0; q < count; q++) {
        work->filled[q] = 0;
        work->bound[q] = INFINITY;
    }
    for (int64_t first = 0; first < knn->rows; first += block_tiles * tile_rows) {
        int64_t last = first + block_tiles * tile_rows < knn->rows ? first + block_tiles * tile_rows : knn->rows;
#pragma omp parallel
        {
#pragma omp for schedule(static)
            for (int t = 0; t < block_tiles; t++) {
                int64_t row = first + t * tile_rows, rest = last - row;
                if (rest > 0)
                    pack_tile(knn, row, rest < tile_rows ? rest : tile_rows,
                              work->block + t * knn->dimension * tile_rows);
            }
#pragma omp for schedule(dynamic)
            for (int64_t from = 0; from < count; from += height)
                search_tile(knn, work, identity, from, from + height < count ? from + height : count, first, last);
        }
    }
}

static bool is_nearer(const struct candidate_exact *a, const struct candidate_exact *b)
{
    return a->key < b->key || (a->key == b->key && a->row < b->row);
}

static int compare_exact(const void *a, const void *b)
{
    return is_nearer(a, b) ? -1 : is_nearer(b, a);
}

/* The k nearest of all rows in double, into best [k], sorted. Returns how many there are. */
static int64_t brute_force(const struct knn *knn, const float *query, const int64_t *identity, double length, int64_t k,
                           struct candidate_exact *best)
{
    int64_t filled = 0;
    for (int64_t row = 0; row < knn->rows; row++) {
        if (same_identity(knn, identity, row))
            continue;
        const float *other = knn->row + row * knn->dimension;
        struct candidate_exact entry = { exact_key(knn->metric, query, other, knn->dimension, length, knn->length[row]),
                                         row };
        int64_t at = filled < k ? filled : k - 1;
        if (filled == k && !is_nearer(&entry, &best[at]))
            continue;
        for (; at > 0 && is_nearer(&entry, &best[at - 1]); at--)
            best[at] = best[at - 1];
        best[at] = entry;
        filled += filled < k;
    }
    return filled;
}

/* Whether no row outside the list can be as near as the k-th of `best`; the bound is the header's. */
static bool is_proved(const struct knn *knn, const struct workspace *work, int64_t q,
                      const struct candidate_exact *best, int64_t k)
{
    if (work->filled[q] < work->capacity)
        return false;
    double square = knn->metric == KNN_L2 ? best[k - 1].key : 2 * best[k - 1].key;
    double reach = 2 * sqrt((double)work->query_square[q]) + sqrt(square);
    double error = (double)(knn->dimension + 16) * (FLT_EPSILON / 2) * reach * reach;
    double underflow = (double)(knn->dimension + 16) * 4 * FLT_MIN;
    return (double)work->bound[q] > square + error + underflow;
}

/* Second step for query q of the batch. False: fewer than k rows are there. */
static bool rank_candidates(const struct knn *knn, const struct workspace *work, int64_t q, const float *query,
                            const int64_t *identity, int64_t k, int64_t *position, double *distance, bool *forced)
{
    struct candidate_exact *rank = work->rank + threads_index() * work->capacity;
    const struct candidate *list = work->list + q * 2 * work->capacity;
    double length = length_of(query, knn->dimension);
    compact(work, q);
    for (int64_t i = 0; i < work->filled[q]; i++) {
        int64_t row = list[i].row;
        rank[i].row = row;
        rank[i].key = exact_key(knn->metric, query, knn->row + row * knn->dimension, knn->dimension, length,
                                knn->length[row]);
    }
    qsort(rank, (size_t)work->filled[q], sizeof *rank, compare_exact);
    *forced = !is_proved(knn, work, q, rank, k);
    if (*forced && brute_force(knn, query, identity, length, k, rank) < k)
        return false;
    for (int64_t i = 0; i < k; i++) {
        position[i] = rank[i].row;
        distance[i] = knn->metric == KNN_L2 ? sqrt(rank[i].key) : rank[i].key;
    }
    return true;
}

/* A batch of at most batch_queries. Returns -1, or the first query with too few rows. */
static int64_t search_batch(const struct knn *knn, struct workspace *work, const float *query, const int64_t *identity,
                            int64_t count, int64_t k, int64_t *position, double *distance, int64_t *forced)
{
    int64_t n = knn->dimension, failed = count, brute = 0;
#pragma omp parallel for schedule(static)
    for (int64_t q = 0; q < count; q++)
        work->query_square[q] = transform_row(knn, query + q * n, length_of(query + q * n, n), work->query + q * n, 1);
    find_candidates(knn, work, identity, count);
#pragma omp parallel for schedule(dynamic, 16) reduction(min : failed) reduction(+ : brute)
    for (int64_t q = 0; q < count; q++) {
        bool needed;
        if (!rank_candidates(knn, work, q, query + q * n, identity ? identity + q : NULL, k, position + q * k,
                             distance + q * k, &needed))
            failed = q < failed ? q : failed;
        brute += needed;
    }
    *forced += brute;
    return failed < count ? failed : -1;
}

int64_t knn_search(const struct knn *knn, const float *query, const int64_t *query_identity, int64_t count, int64_t k,
                   int64_t *position, double *distance, int64_t *forced)
{
    int64_t brute = 0, failed = -1;
    if (k > knn->rows)
        return count > 0 ? 0 : -1;
    struct workspace work = workspace_new(knn, count, k);
    for (int64_t first = 0; first < count && failed < 0; first += batch_queries) {
        int64_t some = count - first < batch_queries ? count - first : batch_queries;
        failed = search_batch(knn, &work, query + first * knn->dimension,
                              query_identity ? query_identity + first : NULL, some, k, position + first * k,
                              distance + first * k, &brute);
        if (failed >= 0)
            failed += first;
    }
    workspace_free(&work);
    if (forced)
        *forced = brute;
    return failed;
}

/* The label with the largest sum of weights; the first of equal ones, labels standing nearest first. */
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
        /* as s less the nearest's s: the same winner, and no overflow or common underflow */
        double less = metric == KNN_COSINE ? distance[0] - distance[i]
                                           : (distance[0] - distance[i]) * (distance[0] + distance[i]) / 2;
        weight[i] = exp(less / temperature);
    }
    int64_t winner = vote(label, weight, k);
    free(weight);
    return winner;
}
