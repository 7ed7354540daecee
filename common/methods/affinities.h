/* Input similarities of t-SNE (van der Maaten and Hinton 2008, "Visualizing Data using t-SNE", section 2): the
 * probability that row i would pick row j as its neighbour. The perplexity determines the width of each row's Gaussian.
 * Only the nearest neighbours are kept. */
#ifndef TALE_METHODS_AFFINITIES_H
#define TALE_METHODS_AFFINITIES_H

#include <stdint.h>

/* The joint similarities P of n rows: symmetric, sparse, with sum 1. Row i is at [begin[i], begin[i + 1]), by
 * increasing column; it is padded with column i and value 0 to a multiple of AFFINITY_UNIT, for vectors. */
enum { AFFINITY_UNIT = 16 };
struct affinities {
    int64_t n;
    int64_t *begin;  /* [n + 1] */
    int32_t *column; /* [begin[n]] */
    float *value;    /* [begin[n]] */
};

/* The largest number of neighbours that a perplexity uses: floor(3 perplexity). It must be less than the number of
 * rows. */
int64_t perplexity_neighbors(double perplexity);

/* Finds beta so that p_j = exp(-beta d_j^2) / sum_l exp(-beta d_l^2) has the entropy log(perplexity) nats, within 1e-7.
 *   distance [k]: d_j, increasing; perplexity in [1, k]
 *   p        [k] out
 * Uses Newton's method on beta, within the bounds of a binary search. If no beta has that entropy (more than
 * `perplexity` neighbours have the least distance), p is uniform over these neighbours. Returns beta (0 if all d_j are
 * equal). */
double perplexity_search(const double *distance, int64_t k, double perplexity, double *p);

/* P of row [n, dimension] (finite): exact neighbours (knn.h), conditional p_j|i of the given perplexity, then p_ij =
 * (p_j|i + p_i|j) / 2n. n > perplexity_neighbors(perplexity). Caller frees with affinities_free(). */
struct affinities affinities_new(const float *row, int64_t n, int64_t dimension, double perplexity);

void affinities_free(struct affinities *p);

#endif
