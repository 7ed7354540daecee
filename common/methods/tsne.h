/* t-SNE (van der Maaten and Hinton 2008, "Visualizing Data using t-SNE"): positions y_i in the plane whose similarities
 *
 *     q_ij = w_ij / Z,   w_ij = 1 / (1 + |y_i - y_j|^2),   Z = sum over i != j of w_ij
 *
 * approximate those of the rows x_i, p_ij (affinities.h), by gradient descent on KL(P || Q) = sum p_ij log(p_ij /
 * q_ij). The gradient is an attraction over the pairs in P and a repulsion over all pairs, exact (tsne_exact.h) or on a
 * grid (tsne_fft.h). Sums are divided and added in an order that depends only on the problem, so the map does not
 * depend on the number of threads. */
#ifndef TALE_METHODS_TSNE_H
#define TALE_METHODS_TSNE_H

#include <stdint.h>

#include "methods/affinities.h"
#include "methods/tsne_fft.h"

/* The start: map [n, 2] out, the first two principal components scaled so that the first has standard deviation 1e-4
 * (Kobak and Berens 2019), or normal numbers of that deviation. Normal numbers of a hundredth of it are added to the
 * principal components, so that equal rows do not stay at one point forever. The same seed gives the same start. */
void tsne_start_pca(const float *row, int64_t n, int64_t dimension, uint64_t seed, float *map);
void tsne_start_random(int64_t n, uint64_t seed, float *map);

/* map [n, 2] out: an existing map, shifted to mean 0. */
void tsne_start_given(const float *given, int64_t n, float *map);

enum tsne_method { TSNE_AUTO, TSNE_EXACT, TSNE_FFT };

/* TSNE_AUTO uses the grid from this number of points. Both methods take the same time at 3000 points (0.7 s), where the
 * exact method ends at a divergence 2 % lower; at 4000 the grid takes 0.8 s and the exact method 1.1 s. */
enum { TSNE_CROSSOVER = 4000 };

/* Below this number of points the learning rate has no minimum, and one descent is not enough: with fewer points, its
 * end depends more on chance (100 rows of 10 normal values, from random starts: 0.62 to 0.68 nats). The best of
 * TSNE_STARTS descents is 2 % below the mean of one, and below openTSNE's and scikit-learn's results
 * (tests/bench/tsne-few). */
enum { TSNE_FEW = 400, TSNE_STARTS = 8 };

/* The defaults are those of Belkina et al. 2019, Kobak and Berens 2019, and openTSNE: when the exaggeration ends, the
 * rate grows from n / 12 to n, which lowers the divergence of 5000 rows from 1.660 to 1.636 in 1000 iterations.
 * Learning rates are for the gradient without its factor 4, as in openTSNE and FIt-SNE; scikit-learn keeps the 4, so
 * its rates are a quarter of these. */
struct tsne_options {
    enum tsne_method method;
    int64_t exaggeration_iterations; /* 250 */
    double exaggeration;             /* 12: factor of P during these iterations */
    double early_momentum;           /* 0.5, during these iterations */
    double momentum;                 /* 0.8 */
    double learning_rate;            /* 0: max(n / exaggeration, 200), with the current exaggeration; for few points 1.5
                                      * n / exaggeration */
};
extern const struct tsne_options tsne_defaults;

/* The state of a descent. */
struct tsne {
    const struct affinities *p; /* owned by the caller */
    struct tsne_options options;
    int64_t n, iteration;
    float *x, *y;                   /* [exact_padded(n)] positions, padded with EXACT_FAR */
    float *point;                   /* [n, 2]: a copy in which attraction reads x and y together */
    float *attraction, *repulsion;  /* [2, n] x then y */
    float *step, *gain;             /* [2, n] */
    struct repulsion_fft *fft;      /* NULL for the exact method */
};

/* Starts at map [n, 2]. Caller frees with tsne_free(). */
struct tsne tsne_new(const struct affinities *p, const float *map, struct tsne_options options);

void tsne_free(struct tsne *tsne);

/* One iteration: the gain grows by 0.2 if gradient and last step have opposite directions, else it is multiplied by
 * 0.8; it is at least 0.01. step = momentum step - rate gain gradient, at most 5 long; then the mean is set to 0. */
void tsne_step(struct tsne *tsne);

/* The gradient of KL(exaggeration P || Q) without its factor 4:
 *     gradient_i = exaggeration sum_j p_ij w_ij (y_i - y_j) - 1/Z sum_j w_ij^2 (y_i - y_j)
 * gradient [n, 2] out. tsne_step() descends along it. */
void tsne_gradient(struct tsne *tsne, double exaggeration, float *gradient);

/* KL(P || Q) in nats, for P without exaggeration, at any iteration; Z is exact with both methods. */
double tsne_divergence(const struct tsne *tsne);

/* map [n, 2] out: the positions. */
void tsne_map(const struct tsne *tsne, float *map);

#endif
