/* Exact nearest neighbours: the k rows of a database nearest to each query, and what they vote for.
 *
 * Each pair of a query and a row is looked at up to three times, each time more closely. First (methods/screen.h) by
 * 8-bit products, of rows and queries moved to the database's mean, so that a common offset costs no digits, or scaled
 * to length 1 for cosine: a rigorous lower bound of their distance excludes nearly all rows. Of those that are left the
 * distance is computed in float, directly as sum (x - y)^2, so that no digit is lost however norms differ (cosine: in
 * double, by the product), and those that may be among the nearest are kept (methods/candidates.h). When a block of
 * rows is done, the distances of those of it that are kept are computed in double from the original values (cosine:
 * methods/direction.h); in the end they are sorted by (distance, row).
 *
 * Both bounds hold for any finite data, so the result is what brute force in double gives: ties are broken by row, and
 * nothing depends on threads or blocks. Data only decide how many rows are looked at closely. Of 50 000 rows and for
 * k = 10 these are about 190 in 64 normal dimensions, 250 in 256, 180 of a trained network's features; for k = 100 they
 * are 1100, 1400 and 1000. (What is best so far changes about k (1 + log(rows / k)) times, whatever the method.) All
 * rows may be where distances differ by less than a hundredth of the rows' distance to the mean, or not at all, or
 * where rows are so long or short that floats do not hold their squares. */
#ifndef TALE_METHODS_KNN_H
#define TALE_METHODS_KNN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tensor.h"

enum knn_metric {
    KNN_L2,    /* sqrt(sum (x - y)^2) */
    KNN_COSINE /* 1 - x.y / (|x| |y|), in [0, 2], 1 where x or y is zero; rows of one direction are equally near */
};

/* Rows that lie behind each other. */
struct knn_part {
    const float_anywhere *row; /* [rows, dimension] */
    int64_t rows;
};

/* A database made ready; rows and `identity` stay the caller's and must outlive it. Rows are read in order, once for
 * each 4096 queries, and nothing is kept of them, so they may be a mapped file larger than the memory. */
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

void knn_close(struct knn *knn);

/* The k nearest rows of each query, nearest first, equally near ones by row.
 *   query          [count, dimension], finite
 *   query_identity [count] or NULL: rows of the same identity are left out (a row is no neighbour of itself)
 *   position       [count, k] out: rows of the database, from 0
 *   distance       [count, k] out
 * Returns -1, or the first query (from 0) for which fewer than k rows are there; then the results do not hold.
 * Memory: 16 bytes for each of k + k/2 + 8 candidates of 4096 queries, and blocks of a few MiB, whatever the number of
 * rows or queries. */
int64_t knn_search(const struct knn *knn, const float *query, const int64_t *query_identity, int64_t count, int64_t k,
                   int64_t *position, double *distance);

/* The label that the neighbours vote for: label and distance [k], nearest first, k > 0. Plain: one vote each.
 * Weighted: exp(s / temperature) each (Wu et al. 2018, "Unsupervised feature learning via non-parametric instance
 * discrimination"), s the cosine, or 1 - d^2 / 2 for L2, which is the cosine where rows have length 1. Among equal
 * sums the label of the nearest neighbour wins. */
int64_t knn_vote_plain(const int64_t *label, int64_t k);
int64_t knn_vote_weighted(enum knn_metric metric, const int64_t *label, const double *distance, int64_t k,
                          double temperature);

#endif
