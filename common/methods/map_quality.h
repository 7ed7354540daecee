/* How well a map in the plane keeps what is near in the features, and classes together. */
#ifndef TALE_METHODS_MAP_QUALITY_H
#define TALE_METHODS_MAP_QUALITY_H

#include <stdint.h>

/* Neighbours looked at, and rows at most: of more, those at floor(i rows / MAP_QUALITY_ROWS), each against all. */
enum { MAP_QUALITY_NEIGHBORS = 10, MAP_QUALITY_ROWS = 10000 };

struct map_quality {
    int k;                  /* MAP_QUALITY_NEIGHBORS, or (n - 1) / 2 where that is less */
    int64_t rows;           /* looked at */
    double recall;          /* the part of the k nearest by features that are among the k nearest in the map */
    double trustworthiness; /* see below */
    double label_accuracy;  /* the part of rows whose nearest in the map has their label; NaN without labels */
};

/* Trustworthiness (Venna and Kaski 2001, "Neighborhood preservation in nonlinear projection methods"): 1 less the ranks
 * beyond k, by features, of the false neighbours U_i, those among the k nearest in the map but not by features,
 *     T = 1 - 2 / (m k (2n - 3k - 1)) sum_i sum_{j in U_i} (rank_i(j) - k),
 * over the m rows looked at; ranks are among all n. Equally near rows are ordered by number.
 *   row [n, dimension] features, finite; map [n, 2]; label [n] or NULL; n >= 3 */
struct map_quality map_quality(const float *row, int64_t n, int64_t dimension, const float *map,
                               const int64_t *label);

#endif
