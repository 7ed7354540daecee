/* Input similarities of t-SNE (van der Maaten and Hinton 2008, "Visualizing Data using t-SNE", section 2): how
 * probable it is that row i would pick row j as its neighbour, each row's bell curve as wide as the perplexity asks,
 * kept for the nearest neighbours only. */
#ifndef TALE_METHODS_AFFINITIES_H
#define TALE_METHODS_AFFINITIES_H

#include <stdint.h>

/* The joint similarities P of n rows: symmetric, sparse, their sum 1. Row i's are at [begin[i], begin[i + 1]), by
 * rising column; a row's part is filled up with column i and value 0 to a multiple of AFFINITY_UNIT, for vectors. */
enum { AFFINITY_UNIT = 16 };
struct affinities {
    int64_t n;
    int64_t *begin;  /* [n + 1] */
    int32_t *column; /* [begin[n]] */
    float *value;    /* [begin[n]] */
};

/* The largest number of neighbours that a perplexity looks at: floor(3 perplexity). A perplexity suits n rows where
 * this is less than n. */
int64_t perplexity_neighbors(double perplexity);

/* Find beta so that p_j = exp(-beta d_j^2) / sum_l exp(-beta d_l^2) has the entropy log(perplexity) nats, within 1e-7.
 *   distance [k]: d_j, rising; perplexity in [1, k]
 *   p        [k] out
 * Newton's method on beta, kept between the bounds that a binary search keeps. Where no beta can reach it (more than
 * `perplexity` neighbours at the least distance), p is uniform over those. Returns beta (0 where all d_j are equal). */
double perplexity_search(const double *distance, int64_t k, double perplexity, double *p);

/* P of row [n, dimension] (finite): exact neighbours (knn.h), conditional p_j|i of the given perplexity, then
 * p_ij = (p_j|i + p_i|j) / 2n. n > perplexity_neighbors(perplexity). Caller frees with affinities_free(). */
struct affinities affinities_new(const float *row, int64_t n, int64_t dimension, double perplexity);

void affinities_free(struct affinities *p);

#endif
