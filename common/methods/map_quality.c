#include "methods/map_quality.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "methods/features.h"
#include "methods/knn.h"

/* The k nearest rows of each chosen row, without itself: [count, k], nearest first. Caller frees. */
static int64_t *nearest(const float *row, int64_t n, int64_t dimension, const int64_t *chosen, int64_t count,
                        int64_t k)
{
    int64_t *self = allocate((size_t)n, sizeof *self);
    int64_t *position = allocate(checked_multiply((size_t)count, (size_t)k), sizeof *position);
    double *distance = allocate((size_t)(count * k), sizeof *distance);
    float *query = allocate_floats(checked_multiply((size_t)count, (size_t)dimension));
    for (int64_t i = 0; i < n; i++)
        self[i] = i;
    for (int64_t i = 0; i < count; i++)
        memcpy(query + i * dimension, row + chosen[i] * dimension, (size_t)dimension * sizeof *query);
    struct knn knn = knn_open(KNN_L2, row, self, n, dimension);
    if (knn_search(&knn, query, chosen, count, k, position, distance) >= 0)
        die("%lld rows are too few for %lld neighbours", (long long)n, (long long)k);
    knn_close(&knn);
    free(self);
    free(distance);
    free(query);
    return position;
}

static bool contains(const int64_t *list, int64_t k, int64_t item)
{
    for (int64_t i = 0; i < k; i++)
        if (list[i] == item)
            return true;
    return false;
}

/* The sum of rank(j) - k over false neighbours j [count] of row i. */
static int64_t ranks_beyond(const float *row, int64_t n, int64_t dimension, int64_t i, const int64_t *false_ones,
                            int64_t count, int64_t k)
{
    double reach[MAP_QUALITY_NEIGHBORS];
    int64_t sum = count * (1 - k);
    for (int64_t f = 0; f < count; f++)
        reach[f] = squared_distance(row + i * dimension, row + false_ones[f] * dimension, dimension);
    for (int64_t l = 0; l < n && count > 0; l++) {
        double square = squared_distance(row + i * dimension, row + l * dimension, dimension);
        for (int64_t f = 0; f < count && l != i; f++)
            sum += square < reach[f] || (square <= reach[f] && l < false_ones[f]);
    }
    return sum;
}

/* The contribution of one row to the sums. */
struct tally {
    int64_t kept, beyond, same; /* true neighbours in the map, sum of rank - k of the false ones, 1 if labels agree */
};

static struct tally tally_row(const float *row, int64_t n, int64_t dimension, int64_t i, const int64_t *by_feature,
                              const int64_t *in_map, int64_t k, const int64_t *label)
{
    int64_t false_ones[MAP_QUALITY_NEIGHBORS], count = 0;
    for (int64_t j = 0; j < k; j++)
        if (!contains(by_feature, k, in_map[j]))
            false_ones[count++] = in_map[j];
    return (struct tally){ k - count, ranks_beyond(row, n, dimension, i, false_ones, count, k),
                           label && label[in_map[0]] == label[i] };
}

struct map_quality map_quality(const float *row, int64_t n, int64_t dimension, const float *map,
                               const int64_t *label)
{
    int64_t count = n < MAP_QUALITY_ROWS ? n : MAP_QUALITY_ROWS;
    int64_t k = (n - 1) / 2 < MAP_QUALITY_NEIGHBORS ? (n - 1) / 2 : MAP_QUALITY_NEIGHBORS;
    int64_t *chosen = allocate((size_t)count, sizeof *chosen), kept = 0, beyond = 0, same = 0;
    for (int64_t i = 0; i < count; i++)
        chosen[i] = i * n / count;
    int64_t *by_feature = nearest(row, n, dimension, chosen, count, k);
    int64_t *in_map = nearest(map, n, 2, chosen, count, k);
#pragma omp parallel for schedule(dynamic, 16) reduction(+ : kept, beyond, same)
    for (int64_t i = 0; i < count; i++) {
        struct tally tally = tally_row(row, n, dimension, chosen[i], by_feature + i * k, in_map + i * k, k, label);
        kept += tally.kept;
        beyond += tally.beyond;
        same += tally.same;
    }
    free(chosen);
    free(by_feature);
    free(in_map);
    double looked = (double)count, worst = (double)k * (double)(2 * n - 3 * k - 1) / 2;
    return (struct map_quality){ (int)k, count, (double)kept / (looked * (double)k),
                                 1 - (double)beyond / (looked * worst), label ? (double)same / looked : NAN };
}
