/* t-SNE (van der Maaten and Hinton 2008, "Visualizing Data using t-SNE"): positions y_i in the plane whose similarities
 *
 *     q_ij = w_ij / Z,   w_ij = 1 / (1 + |y_i - y_j|^2),   Z = sum over i != j of w_ij
 *
 * follow those of the rows x_i, p_ij (affinities.h), by gradient descent on KL(P || Q) = sum p_ij log(p_ij / q_ij). The
 * gradient is an attraction over the pairs that P has and a repulsion over all pairs, exact (tsne_exact.h) or on a grid
 * (tsne_fft.h). Sums are cut and taken in an order that depends on the problem alone, so the map does not depend on
 * the number of threads. */
#ifndef TALE_METHODS_TSNE_H
#define TALE_METHODS_TSNE_H

#include <stdint.h>

#include "methods/affinities.h"
#include "methods/tsne_fft.h"

/* The start: map [n, 2] out, the first two principal components scaled so that the first has standard deviation 1e-4
 * (Kobak and Berens 2019), or normal numbers of that deviation. To PCA's, normal numbers of a hundredth of it are
 * added, so that equal rows do not stay on one point for ever. The same seed gives the same start. */
void tsne_start_pca(const float *row, int64_t n, int64_t dimension, uint64_t seed, float *map);
void tsne_start_random(int64_t n, uint64_t seed, float *map);

/* map [n, 2] out: a map that is there, its mean moved to 0. */
void tsne_start_given(const float *given, int64_t n, float *map);

enum tsne_method { TSNE_AUTO, TSNE_EXACT, TSNE_FFT };

/* TSNE_AUTO takes the grid from this many points on. Both methods take as long at 3000 (0.7 s), where the exact one
 * leaves a divergence 2 % lower; at 4000 the grid needs 0.8 s in place of 1.1. */
enum { TSNE_CROSSOVER = 4000 };

/* Below so many points the learning rate has no least value, and a descent is not enough: where it ends hangs more on
 * chance the fewer there are (100 rows of 10 normal values, from random places: 0.62 to 0.68 nats). The best of
 * TSNE_STARTS is 2 % below the mean of one, and of openTSNE's and scikit-learn's (tests/bench/tsne-few). */
enum { TSNE_FEW = 400, TSNE_STARTS = 8 };

/* The defaults are Belkina et al. 2019 and Kobak and Berens 2019, and openTSNE's: once the exaggeration ends, the rate
 * grows from n / 12 to n, which brings the divergence of 5000 rows from 1.660 to 1.636 in 1000 iterations. Learning
 * rates are for the gradient without its factor 4, as in openTSNE and FIt-SNE; scikit-learn keeps the 4, and its rates
 * are a quarter of these. */
struct tsne_options {
    enum tsne_method method;
    int64_t exaggeration_iterations; /* 250 */
    double exaggeration;             /* 12: P is multiplied by it that long */
    double early_momentum;           /* 0.5, that long */
    double momentum;                 /* 0.8 */
    double learning_rate;            /* 0: max(n / exaggeration, 200), with the exaggeration that there is; of few
                                      * points 1.5 n / exaggeration */
};
extern const struct tsne_options tsne_defaults;

/* The state of a descent. */
struct tsne {
    const struct affinities *p; /* the caller's */
    struct tsne_options options;
    int64_t n, iteration;
    float *x, *y;                   /* [exact_padded(n)] positions, filled up with EXACT_FAR */
    float *point;                   /* [n, 2]: a copy that attraction reads x and y from together */
    float *attraction, *repulsion;  /* [2, n] x then y */
    float *step, *gain;             /* [2, n] */
    struct repulsion_fft *fft;      /* NULL: exact */
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

/* KL(P || Q) in nats, of P as it is, without exaggeration, at any iteration; Z is exact whatever the method. */
double tsne_divergence(const struct tsne *tsne);

/* map [n, 2] out: the positions. */
void tsne_map(const struct tsne *tsne, float *map);

#endif
