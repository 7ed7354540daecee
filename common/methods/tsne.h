/* t-SNE (van der Maaten and Hinton 2008, "Visualizing Data using t-SNE"): positions y_i in the plane whose similarities
 *
 *     q_ij = w_ij / Z,   w_ij = 1 / (1 + |y_i - y_j|^2),   Z = sum over i != j of w_ij
 *
 * follow those of the rows x_i, p_ij, by gradient descent on KL(P || Q) = sum p_ij log(p_ij / q_ij). Input
 * similarities are kept for the nearest neighbours only; the gradient is exact. Every row's sums are taken in one
 * order by one thread, so the map does not depend on the number of threads. */
#ifndef TALE_METHODS_TSNE_H
#define TALE_METHODS_TSNE_H

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

/* The start: map [n, 2] out, the first two principal components scaled so that the first has standard deviation 1e-4
 * (Kobak and Berens 2019), or normal numbers of that deviation. To PCA's, normal numbers of a hundredth of it are
 * added, so that equal rows do not stay on one point for ever. The same seed gives the same start. */
void tsne_start_pca(const float *row, int64_t n, int64_t dimension, uint64_t seed, float *map);
void tsne_start_random(int64_t n, uint64_t seed, float *map);

/* The defaults are Belkina et al. 2019 and Kobak and Berens 2019. Learning rates are for the gradient without its
 * factor 4, as in openTSNE and FIt-SNE; scikit-learn keeps the 4, and its rates are a quarter of these. */
struct tsne_options {
    int64_t exaggeration_iterations; /* 250 */
    double exaggeration;             /* 12: P is multiplied by it that long */
    double early_momentum;           /* 0.5, that long */
    double momentum;                 /* 0.8 */
    double learning_rate;            /* 0: max(n / 12, 200) */
};
extern const struct tsne_options tsne_defaults;

/* The state of a descent. */
struct tsne {
    const struct affinities *p; /* the caller's */
    struct tsne_options options;
    int64_t n, iteration;
    float *x, *y;                   /* [n] positions; filled up to whole vectors with points so far away that w is 0 */
    float *attraction, *repulsion;  /* [2, n] x then y */
    float *step, *gain;             /* [2, n] */
    double *weight;                 /* [n]: sum_j w_ij */
};

/* Begin at map [n, 2]. Caller frees with tsne_free(). */
struct tsne tsne_new(const struct affinities *p, const float *map, struct tsne_options options);

void tsne_free(struct tsne *tsne);

/* One iteration: gain + 0.2 where gradient and last step point against each other, else times 0.8, at least 0.01;
 * step = momentum step - rate gain gradient, no longer than 5; the mean goes back to 0. */
void tsne_step(struct tsne *tsne);

/* The gradient of KL(exaggeration P || Q) without its factor 4:
 *     gradient_i = exaggeration sum_j p_ij w_ij (y_i - y_j) - 1/Z sum_j w_ij^2 (y_i - y_j)
 * gradient [n, 2] out. tsne_step() descends along the same. */
void tsne_gradient(struct tsne *tsne, double exaggeration, float *gradient);

/* KL(P || Q) in nats, of P as it is: without exaggeration, at any iteration. */
double tsne_divergence(struct tsne *tsne);

/* map [n, 2] out: the positions. */
void tsne_map(const struct tsne *tsne, float *map);

#endif
