#include "methods/affinities.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "methods/knn.h"

enum { search_steps_max = 200 };

static const double entropy_tolerance = 1e-7;

int64_t perplexity_neighbors(double perplexity)
{
    return (int64_t)(3 * perplexity);
}

/* p [k] for a beta and the squares minus the smallest square; returns the entropy H, and the variance of the squares
 * under p, with which dH/dbeta = -beta variance. */
static double entropy_of(const double *square, int64_t k, double beta, double *p, double *variance)
{
    double sum = 1, first = 0, second = 0;
    p[0] = 1; /* its square is 0 */
    for (int64_t j = 1; j < k; j++) {
        p[j] = exp(-beta * square[j]);
        sum += p[j];
        first += p[j] * square[j];
        second += p[j] * square[j] * square[j];
    }
    for (int64_t j = 0; j < k; j++)
        p[j] /= sum;
    double mean = first / sum;
    *variance = second / sum - mean * mean;
    return log(sum) + beta * mean;
}

double perplexity_search(const double *distance, int64_t k, double perplexity, double *p)
{
    /* Scale by a typical square, so that the scale of the data has no effect; the largest square may be an
     * outlier's. */
    int64_t middle = perplexity < (double)k ? (int64_t)perplexity : k - 1;
    double unit = (distance[middle] - distance[0]) * (distance[middle] + distance[0]);
    if (unit <= 0)
        unit = (distance[k - 1] - distance[0]) * (distance[k - 1] + distance[0]);
    double wanted = log(perplexity), low = 0, high = INFINITY, beta = 1;
    double *square = allocate((size_t)k, sizeof *square);
    for (int64_t j = 0; j < k; j++)
        square[j] = unit > 0 ? (distance[j] - distance[0]) * (distance[j] + distance[0]) / unit : 0;
    for (int step = 0; step < search_steps_max; step++) {
        double variance, excess = entropy_of(square, k, beta, p, &variance) - wanted;
        if (fabs(excess) <= entropy_tolerance || unit <= 0)
            break;
        if (excess > 0)
            low = beta;
        else
            high = beta;
        double next = beta + excess / (beta * variance);
        if (!(next > low && next < high))
            next = isfinite(high) ? (low + high) / 2 : 2 * beta;
        if (!(next < 1e15)) /* doubles cannot distinguish larger gaps from 0: only the nearest rows count */
            break;
        beta = next;
    }
    free(square);
    return unit > 0 ? beta / unit : 0;
}

/* The conditional similarities p_j|i of all rows, by increasing column: column, value [n, k]. */
struct edge {
    int64_t column;
    double value;
};

static int compare_edges(const void *a, const void *b)
{
    const struct edge *p = a, *q = b;
    return (p->column > q->column) - (p->column < q->column);
}

static struct edge *conditional_similarities(const float *row, int64_t n, int64_t dimension, double perplexity,
                                             int64_t k)
{
    size_t count = checked_multiply((size_t)n, (size_t)k);
    int64_t *self = allocate((size_t)n, sizeof *self), *position = allocate(count, sizeof *position);
    double *distance = allocate(count, sizeof *distance);
    struct edge *edges = allocate(count, sizeof *edges);
    for (int64_t i = 0; i < n; i++)
        self[i] = i;
    struct knn knn = knn_open(KNN_L2, row, self, n, dimension);
    if (knn_search(&knn, row, self, n, k, position, distance) >= 0)
        die("%lld rows are too few for %lld neighbours", (long long)n, (long long)k);
    knn_close(&knn);
#pragma omp parallel
    {
        double *p = allocate((size_t)k, sizeof *p);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < n; i++) {
            perplexity_search(distance + i * k, k, perplexity, p);
            for (int64_t j = 0; j < k; j++)
                edges[i * k + j] = (struct edge){ position[i * k + j], p[j] };
            qsort(edges + i * k, (size_t)k, sizeof *edges, compare_edges);
        }
        free(p);
    }
    free(self);
    free(position);
    free(distance);
    return edges;
}

/* The same edges by their target row: those into row j are at [into[j], into[j + 1]); `column` is now their source row,
 * increasing. into [n + 1]. Caller frees both. */
static struct edge *turn_edges(const struct edge *edges, int64_t n, int64_t k, int64_t *into)
{
    struct edge *turned = allocate((size_t)(n * k), sizeof *turned);
    memset(into, 0, (size_t)(n + 1) * sizeof *into);
    for (int64_t e = 0; e < n * k; e++)
        into[edges[e].column + 1]++;
    for (int64_t j = 0; j < n; j++)
        into[j + 1] += into[j];
    for (int64_t e = 0; e < n * k; e++)
        turned[into[edges[e].column]++] = (struct edge){ e / k, edges[e].value };
    memmove(into + 1, into, (size_t)n * sizeof *into); /* each start has moved to the start of the next row */
    into[0] = 0;
    return turned;
}

/* Merges the k edges out of a row with the `more` edges into it; returns the number of columns. If `column` is NULL, it
 * only counts. */
static int64_t merge_edges(const struct edge *out, int64_t k, const struct edge *in, int64_t more, double scale,
                           int32_t *column, float *value)
{
    int64_t a = 0, b = 0, count = 0;
    while (a < k || b < more) {
        int64_t left = a < k ? out[a].column : INT64_MAX, right = b < more ? in[b].column : INT64_MAX;
        double sum = 0;
        if (left <= right)
            sum += out[a++].value;
        if (right <= left)
            sum += in[b++].value;
        if (column) {
            column[count] = (int32_t)(left < right ? left : right);
            value[count] = (float)(sum * scale);
        }
        count++;
    }
    return count;
}

struct affinities affinities_new(const float *row, int64_t n, int64_t dimension, double perplexity)
{
    int64_t k = perplexity_neighbors(perplexity);
    struct edge *out = conditional_similarities(row, n, dimension, perplexity, k);
    int64_t *into = allocate((size_t)n + 1, sizeof *into);
    struct edge *in = turn_edges(out, n, k, into);
    struct affinities p = { n, allocate((size_t)n + 1, sizeof *p.begin), NULL, NULL };
    for (int64_t i = 0; i < n; i++) {
        int64_t count = merge_edges(out + i * k, k, in + into[i], into[i + 1] - into[i], 0, NULL, NULL);
        p.begin[i + 1] = p.begin[i] + (count + AFFINITY_UNIT - 1) / AFFINITY_UNIT * AFFINITY_UNIT;
    }
    p.column = allocate((size_t)p.begin[n], sizeof *p.column);
    p.value = allocate_floats((size_t)p.begin[n]);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = p.begin[i];
        at += merge_edges(out + i * k, k, in + into[i], into[i + 1] - into[i], 0.5 / (double)n, p.column + at,
                          p.value + at);
        for (; at < p.begin[i + 1]; at++)
            p.column[at] = (int32_t)i;
    }
    free(out);
    free(in);
    free(into);
    return p;
}

void affinities_free(struct affinities *p)
{
    free(p->begin);
    free(p->column);
    free(p->value);
    *p = (struct affinities){ 0 };
}
