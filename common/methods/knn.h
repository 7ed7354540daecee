/* Exact nearest neighbours: the k rows of a database nearest to each query, and what they vote for.
 *
 * The search is in two steps. First (methods/candidates.h) |y|^2 - 2 x.y in float, of rows and queries moved to the
 * database's mean, so that a common offset costs no digits, or scaled to length 1 for cosine, keeps a few more
 * candidates than k. Then the candidates' distances are computed anew from the original rows, in double, directly as
 * sum (x - y)^2, and sorted by (distance, row). The result is proved to be what brute force in double gives: where y
 * is within d of x it is no longer than |x| + d, so the rounding of the first step, which sums D + 1 terms of together
 * at most |y|^2 + 2 |x| |y|, is for it at most
 *     E = (D + 16) 2^-24 (2 |x| + d)^2            (Higham, Accuracy and Stability, 3.1; 15 for moving and squaring)
 * so where all that is no candidate lies above d_k^2 + E in the first step, d_k the k-th smallest distance of the
 * second, no other row can belong to the k nearest. Where it does not (many duplicates, clusters far apart and tiny,
 * overflow), that query is searched by brute force in double. So ties are broken by row, distances are accurate
 * however norms differ, and nothing depends on threads or blocks. */
#ifndef TALE_METHODS_KNN_H
#define TALE_METHODS_KNN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tensor.h"

enum knn_metric {
    KNN_L2,    /* sqrt(sum (x - y)^2) */
    KNN_COSINE /* 1 - x.y / (|x| |y|), in [0, 2]; 1 where x or y is zero */
};

/* Rows that lie behind each other. */
struct knn_part {
    const float_anywhere *row; /* [rows, dimension] */
    int64_t rows;
};

/* A database made ready; rows and `identity` stay the caller's and must outlive it. Rows are read in order, but for
 * candidates and brute force, and nothing is kept of them, so they may be a mapped file larger than the memory. */
struct knn {
    enum knn_metric metric;
    int64_t rows, dimension, parts;
    struct knn_part *part;
    int64_t *first;          /* [parts]: the row each begins with */
    const int64_t *identity; /* [rows], or NULL */
    float *centre;           /* [dimension]: the mean, or 0 for cosine */
    bool finite;             /* every value is: else nothing may be searched */
};

/* Rows in one block, or in parts. Reads all of them once. */
struct knn knn_open(enum knn_metric metric, const float *row, const int64_t *identity, int64_t rows, int64_t dimension);
struct knn knn_open_parts(enum knn_metric metric, const struct knn_part *part, int64_t parts, const int64_t *identity,
                          int64_t dimension);

/* A row, and the length of one in double. */
const float_anywhere *knn_row(const struct knn *knn, int64_t row);
double knn_length(const float_anywhere *row, int64_t dimension);

void knn_close(struct knn *knn);

/* The k nearest rows of each query, nearest first, equally near ones by row.
 *   query          [count, dimension], finite
 *   query_identity [count] or NULL: rows of the same identity are left out (a row is no neighbour of itself)
 *   position       [count, k] out: rows of the database, from 0
 *   distance       [count, k] out
 * Returns -1, or the first query (from 0) for which fewer than k rows are there; then the results do not hold.
 * Returns how many queries needed brute force in *forced where that is not NULL. Memory: 16 bytes for each of k +
 * k/16 + 8 candidates of 4096 queries, and blocks of a few MiB, whatever the number of rows or queries. */
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
