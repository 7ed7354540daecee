/* How well a map in the plane preserves neighbours and classes. */
#ifndef TALE_METHODS_MAP_QUALITY_H
#define TALE_METHODS_MAP_QUALITY_H

#include <stdint.h>

/* The number of neighbours, and of rows at most: of more rows, those at floor(i rows / MAP_QUALITY_ROWS) are used, each
 * compared with all. */
enum { MAP_QUALITY_NEIGHBORS = 10, MAP_QUALITY_ROWS = 10000 };

struct map_quality {
    int k;                  /* MAP_QUALITY_NEIGHBORS, or (n - 1) / 2 if that is less */
    int64_t rows;           /* number of rows used */
    double recall;          /* share of the k nearest by features that are also among the k nearest in the map */
    double trustworthiness; /* see below */
    double label_accuracy;  /* share of rows whose nearest row in the map has the same label; NaN without labels */
};

/* Trustworthiness (Venna and Kaski 2001, "Neighborhood preservation in nonlinear projection methods") is 1 minus a
 * penalty for the false neighbours U_i, which are among the k nearest in the map but not by features; the penalty sums
 * their ranks by features beyond k:
 *     T = 1 - 2 / (m k (2n - 3k - 1)) sum_i sum_{j in U_i} (rank_i(j) - k),
 * over the m rows used; ranks are among all n. Equally near rows are ordered by number.
 *   row [n, dimension] features, finite; map [n, 2]; label [n] or NULL; n >= 3 */
struct map_quality map_quality(const float *row, int64_t n, int64_t dimension, const float *map,
                               const int64_t *label);

#endif
