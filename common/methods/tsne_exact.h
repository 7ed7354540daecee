/* The repulsion of t-SNE over all pairs of points, in vectors of floats. Its time is proportional to n^2: it is the
 * method for few points, and it measures a map of any number of points. */
#ifndef TALE_METHODS_TSNE_EXACT_H
#define TALE_METHODS_TSNE_EXACT_H

#include <stdint.h>

/* Points are read in rounds of this many. */
enum { EXACT_ROUND = 16 };

/* The number of floats in an array of n coordinates: n, padded to whole rounds with EXACT_FAR. */
int64_t exact_padded(int64_t n);

/* A coordinate so far away that w = 1e-36 and w^2 = 0, but no square overflows. */
#define EXACT_FAR 1e18F

/* force_i = sum_j w_ij^2 (y_i - y_j), w_ij = 1 / (1 + |y_i - y_j|^2), over all j.
 *   x, y   [exact_padded(n)], the points' coordinates
 *   force  [2, n] out, x then y; may be NULL
 * Returns Z, the sum of w_ij over all i != j. One thread adds each point's sums in one order: in float over 4096
 * points, then in double. */
double repulsion_exact(const float *x, const float *y, int64_t n, float *force);

#endif
