/* Exact nearest neighbours: the k rows of a database that are nearest to each query, and their vote.
 *
 * Pairs of a query and a row are compared in up to three stages. First (methods/screen.h) by 8-bit products: rows and
 * queries are taken relative to the database's mean, so that a common offset costs no accuracy, or scaled to length 1
 * for cosine. A rigorous lower bound of their distance excludes nearly all rows. For the remaining rows the distance is
 * computed in float, directly as sum (x - y)^2, which is accurate even if norms differ (for cosine in double, by the
 * product), and rows that may be among the nearest are kept (methods/candidates.h). When a block of rows is done, the
 * distances of its kept rows are computed in double from the original values (for cosine by methods/direction.h); at
 * the end they are sorted by (distance, row).
 *
 * Both bounds hold for any finite data, so the result is that of brute force in double: ties are broken by row, and
 * nothing depends on threads or blocks. The data only determine how many rows reach the later stages. Of 50 000 rows
 * and for k = 10 these are about 190 in 64 normal dimensions, 250 in 256, 180 of a trained network's features; for k =
 * 100 they are 1100, 1400 and 1000. (The set of the k nearest so far changes about k (1 + log(rows / k)) times with any
 * method.) All rows may reach them if distances differ by less than a hundredth of the rows' distance to the mean, or
 * not at all, or if the squares of rows overflow or underflow in float. */
#ifndef TALE_METHODS_KNN_H
#define TALE_METHODS_KNN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tensor.h"

enum knn_metric {
    KNN_L2,    /* sqrt(sum (x - y)^2) */
    KNN_COSINE /* 1 - x.y / (|x| |y|), in [0, 2], 1 if x or y is zero; rows of one direction are equally near */
};

/* Rows that are contiguous in memory. */
struct knn_part {
    const float_anywhere *row; /* [rows, dimension] */
    int64_t rows;
};

/* A prepared database. The rows and `identity` still belong to the caller and must outlive it. Rows are read in order,
 * once for every 4096 queries, and not copied, so they may be a mapped file that is larger than the memory. */
struct knn {
    enum knn_metric metric;
    int64_t rows, dimension, parts;
    struct knn_part *part;
    int64_t *first;          /* [parts]: the first row of each part */
    const int64_t *identity; /* [rows], or NULL */
    float *centre;           /* [dimension]: the mean, or 0 for cosine */
    bool finite;             /* all values are finite; otherwise nothing may be searched */
};

/* The rows are one block, or several parts. Reads all of them once. */
struct knn knn_open(enum knn_metric metric, const float *row, const int64_t *identity, int64_t rows, int64_t dimension);
struct knn knn_open_parts(enum knn_metric metric, const struct knn_part *part, int64_t parts, const int64_t *identity,
                          int64_t dimension);

void knn_close(struct knn *knn);

/* The k nearest rows of each query, nearest first, equally near ones by row.
 *   query          [count, dimension], finite
 *   query_identity [count] or NULL: rows with the query's identity are skipped (a row is not its own neighbour)
 *   position       [count, k] out: rows of the database, from 0
 *   distance       [count, k] out
 * Returns -1, or the first query (from 0) with fewer than k rows; then the results are not valid. Memory: 16 bytes for
 * each of k + k/2 + 8 candidates of 4096 queries, and blocks of a few MiB, for any number of rows or queries. */
int64_t knn_search(const struct knn *knn, const float *query, const int64_t *query_identity, int64_t count, int64_t k,
                   int64_t *position, double *distance);

/* The label that wins the neighbours' vote: label and distance [k], nearest first, k > 0. Plain: one vote each.
 * Weighted: exp(s / temperature) each (Wu et al. 2018, "Unsupervised feature learning via non-parametric instance
 * discrimination"), where s is the cosine, or 1 - d^2 / 2 for L2, which is the cosine if rows have length 1. If sums
 * are equal, the label of the nearest neighbour wins. */
int64_t knn_vote_plain(const int64_t *label, int64_t k);
int64_t knn_vote_weighted(enum knn_metric metric, const int64_t *label, const double *distance, int64_t k,
                          double temperature);

#endif
