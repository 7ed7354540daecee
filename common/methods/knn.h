/* Exact nearest neighbours: the k rows of a database nearest to each query, and what they vote for.
 *
 * The search is in two steps. First |x - y|^2 = |x|^2 + |y|^2 - 2 x.y in float, the products by blocks of bli_sgemm
 * (a copy of each block is moved to the database's mean, so that a common offset costs no digits, or scaled to length
 * 1 for cosine), keeps a few more candidates than k. Then the candidates' distances are computed anew from the
 * original rows, in double, directly as sum (x - y)^2, and sorted by (distance, row). The result is proved to be what
 * brute force in double gives: the rounding of the first step is at most
 *     E = (D + 16) 2^-24 (2 |x| + d_k)^2         (Higham, Accuracy and Stability, 3.1: |fl(x.y) - x.y| <= D u |x| |y|;
 *                                                 a row within d_k of x is no longer than |x| + d_k)
 * so where the largest candidate of the first step lies above d_k^2 + E no other row can belong to the k nearest.
 * Where it does not (many duplicates, clusters far apart and tiny, overflow), that query is searched by brute force
 * in double. So ties are broken by row, distances are accurate however norms differ, and nothing depends on threads,
 * blocks or BLIS's kernels. */
#ifndef TALE_METHODS_KNN_H
#define TALE_METHODS_KNN_H

#include <stdint.h>

enum knn_metric {
    KNN_L2,    /* sqrt(sum (x - y)^2) */
    KNN_COSINE /* 1 - x.y / (|x| |y|), in [0, 2]; 1 where x or y is zero */
};

/* A database made ready; `row` and `identity` stay the caller's and must outlive it. Rows are only ever read in
 * blocks, in order, but for candidates and brute force, so they may be a mapped file. */
struct knn {
    enum knn_metric metric;
    int64_t rows, dimension;
    const float *row;        /* [rows, dimension], finite */
    const int64_t *identity; /* [rows], or NULL */
    float *centre;           /* [dimension]: the mean, or 0 for cosine */
    double *length;          /* [rows]: of the original row */
    float *square;           /* [rows]: squared length of the row as the first step sees it */
};

struct knn knn_open(enum knn_metric metric, const float *row, const int64_t *identity, int64_t rows, int64_t dimension);

void knn_close(struct knn *knn);

/* The k nearest rows of each query, nearest first, equally near ones by row.
 *   query          [count, dimension], finite
 *   query_identity [count] or NULL: rows of the same identity are left out (a row is no neighbour of itself)
 *   position       [count, k] out: rows of the database, from 0
 *   distance       [count, k] out
 * Returns -1, or the first query (from 0) for which fewer than k rows are there; then the results do not hold.
 * Returns how many queries needed brute force in *forced where that is not NULL. Memory: 16 bytes for each of k +
 * k/16 + 8 candidates of 4096 queries, and the block sizes. */
int64_t knn_search(const struct knn *knn, const float *query, const int64_t *query_identity, int64_t count, int64_t k,
                   int64_t *position, double *distance, int64_t *forced);

/* The label that the neighbours vote for: label and distance [k], nearest first, k > 0. Plain: one vote each.
 * Weighted: exp(s / temperature) each (Wu et al. 2018, "Unsupervised feature learning via non-parametric instance
 * discrimination"), s the cosine, or 1 - d^2 / 2 for L2, which is the cosine where rows have length 1. Among equal
 * sums the label of the nearest neighbour wins. */
int64_t knn_vote_plain(const int64_t *label, int64_t k);
int64_t knn_vote_weighted(enum knn_metric metric, const int64_t *label, const double *distance, int64_t k,
                          double temperature);

#endif
