#include "methods/knn.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/threads.h"
#include "methods/candidates.h"
#include "methods/features.h"

enum { batch_queries = 4096 }; /* searched at a time: bounds the memory */

/* A candidate with its distance in double. */
struct candidate_exact {
    double key; /* squared distance, or 1 - cosine */
    int64_t row;
};

double knn_length(const float_anywhere *x, int64_t n)
{
    double sum[8] = { 0 }, total = 0;
    int64_t d = 0;
    for (; d + 8 <= n; d += 8)
        for (int l = 0; l < 8; l++)
            sum[l] += (double)x[d + l] * (double)x[d + l];
    for (; d < n; d++)
        total += (double)x[d] * (double)x[d];
    for (int l = 0; l < 8; l++)
        total += sum[l];
    return sqrt(total);
}

const float_anywhere *knn_row(const struct knn *knn, int64_t row)
{
    int64_t low = 0, high = knn->parts - 1; /* the last part that begins at the row or before it */
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (knn->first[middle] <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return knn->part[low].row + (row - knn->first[low]) * knn->dimension;
}

/* 1 - cosine of x and y, in double, by eight partial sums in a fixed order as squared_distance; x_length is |x|. The
 * cosine of a zero row is 0. */
static double cosine_distance(const float *x, const float_anywhere *y, int64_t n, double x_length)
{
    double sum[8] = { 0 };
    int64_t d = 0;
    for (; d + 8 <= n; d += 8)
        for (int l = 0; l < 8; l++)
            sum[l] += (double)x[d + l] * (double)y[d + l];
    for (int l = 0; d < n; d++, l++)
        sum[l] += (double)x[d] * (double)y[d];
    double total = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
    double product = x_length * knn_length(y, n);
    double cosine = product > 0 ? total / product : 0;
    return cosine < 1 ? cosine > -1 ? 1 - cosine : 2 : 0;
}

/* What both steps order by, in double from the original rows. */
static double exact_key(enum knn_metric metric, const float *x, const float_anywhere *y, int64_t n, double x_length)
{
    return metric == KNN_L2 ? squared_distance(x, y, n) : cosine_distance(x, y, n, x_length);
}

/* The sums of the columns of a chunk of rows, in their order. */
static void sum_columns(const struct knn *knn, int64_t first, int64_t count, double *sum)
{
    for (int64_t i = first; i < first + count; i++) {
        const float_anywhere *row = knn_row(knn, i);
        for (int64_t d = 0; d < knn->dimension; d++)
            sum[d] += (double)row[d];
    }
}

/* The columns' means, summed by chunks of rows and then over the chunks in their order. Caller frees. */
static double *column_means_of(const struct knn *knn)
{
    enum { chunk = 8192, chunks_at_once = 64 };
    double *mean = allocate((size_t)knn->dimension, sizeof *mean);
    double *part = allocate(checked_multiply(chunks_at_once, (size_t)knn->dimension), sizeof *part);
    for (int64_t from = 0; from < knn->rows; from += (int64_t)chunk * chunks_at_once) {
        memset(part, 0, chunks_at_once * (size_t)knn->dimension * sizeof *part);
#pragma omp parallel for schedule(static)
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

static bool same_identity(const struct knn *knn, const int64_t *query_identity, int64_t row)
{
    return query_identity && knn->identity && *query_identity == knn->identity[row];
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
        double key = exact_key(knn->metric, query, knn_row(knn, row), knn->dimension, length);
        struct candidate_exact entry = { key, row };
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
static bool is_proved(const struct knn *knn, const struct candidates *found, int64_t q,
                      const struct candidate_exact *best, int64_t k)
{
    if (found->filled[q] < found->capacity)
        return false;
    double square = knn->metric == KNN_L2 ? best[k - 1].key : 2 * best[k - 1].key;
    double reach = 2 * sqrt(found->square[q]) + sqrt(square);
    double error = (double)(knn->dimension + 16) * (FLT_EPSILON / 2) * reach * reach;
    double underflow = (double)(knn->dimension + 16) * 4 * FLT_MIN;
    return reach * reach < (double)candidates_square_max / 2 &&
           (double)found->bound[q] + found->square[q] > square + error + underflow;
}

/* Second step for query q of the batch. False: fewer than k rows are there. */
static bool rank_candidates(const struct knn *knn, const struct candidates *found, struct candidate_exact *rank,
                            int64_t q, const float *query, const int64_t *identity, int64_t k, int64_t *position,
                            double *distance, bool *forced)
{
    const struct candidate *list = found->list + q * 2 * found->capacity;
    double length = knn_length(query, knn->dimension);
    for (int64_t i = 0; i < found->filled[q]; i++) {
        rank[i].row = list[i].row;
        rank[i].key = exact_key(knn->metric, query, knn_row(knn, list[i].row), knn->dimension, length);
    }
    qsort(rank, (size_t)found->filled[q], sizeof *rank, compare_exact);
    *forced = found->filled[q] < k || !is_proved(knn, found, q, rank, k);
    if (*forced && brute_force(knn, query, identity, length, k, rank) < k)
        return false;
    for (int64_t i = 0; i < k; i++) {
        position[i] = rank[i].row;
        distance[i] = knn->metric == KNN_L2 ? sqrt(rank[i].key) : rank[i].key;
    }
    return true;
}

/* A batch of at most batch_queries. Returns -1, or the first query with too few rows. */
static int64_t search_batch(const struct knn *knn, struct candidates *found, const float *query,
                            const int64_t *identity, int64_t count, int64_t k, int64_t *position, double *distance,
                            int64_t *forced)
{
    int64_t n = knn->dimension, failed = count, brute = 0;
    candidates_find(found, knn, query, identity, count);
#pragma omp parallel
    {
        struct candidate_exact *rank = allocate((size_t)found->capacity, sizeof *rank);
#pragma omp for schedule(dynamic, 16) reduction(min : failed) reduction(+ : brute)
        for (int64_t q = 0; q < count; q++) {
            bool needed;
            if (!rank_candidates(knn, found, rank, q, query + q * n, identity ? identity + q : NULL, k,
                                 position + q * k, distance + q * k, &needed))
                failed = q < failed ? q : failed;
            brute += needed;
        }
        free(rank);
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
    /* More than k, so that rounding rarely leaves the proof open: neighbours k and k + k/16 + 8 differ by far more. */
    struct candidates found = candidates_new(knn, count < batch_queries ? count : batch_queries, k + k / 16 + 8);
    for (int64_t first = 0; first < count && failed < 0; first += batch_queries) {
        int64_t some = count - first < batch_queries ? count - first : batch_queries;
        failed = search_batch(knn, &found, query + first * knn->dimension,
                              query_identity ? query_identity + first : NULL, some, k, position + first * k,
                              distance + first * k, &brute);
        if (failed >= 0)
            failed += first;
    }
    candidates_free(&found);
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
