/* Principal component analysis (Pearson 1901; Hotelling 1933). Matrices are row-major. */
#ifndef TALE_METHODS_PCA_H
#define TALE_METHODS_PCA_H

#include <stdint.h>

struct pca {
    int64_t dimension, count;
    double *mean;      /* [dimension] */
    double *component; /* [count, dimension], orthonormal rows, by decreasing variance */
    double *variance;  /* [count], of the projection on each, divided by the number of rows */
};

/* A = V^T diag(value) V for a symmetric A: a [n, n] (destroyed), value [n] decreasing, vector [n, n] with an
 * eigenvector in each row. Cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations, 8.5): slow for large n,
 * but accurate to rounding even with repeated or zero eigenvalues. */
void symmetric_eigen(int64_t n, double *a, double *value, double *vector);

/* The first `count` (at most `dimension`) components of row [rows, dimension]: the leading eigenvectors of the
 * covariance (BLIS sgemm on centred rows, summed in double), by subspace iteration with Rayleigh-Ritz (Golub and Van
 * Loan 8.2) until |C v - lambda v| <= 1e-7 lambda_1. The sign is fixed: the entry of largest magnitude is positive.
 * Constant columns and fewer rows than dimensions are allowed; components without variance complete an orthonormal
 * basis, the same in every run. Caller frees with pca_free(). */
struct pca pca_fit(const float *row, int64_t rows, int64_t dimension, int64_t count);

/* score[i, c] = (row[i] - mean) . component[c]: row [rows, dimension], score [rows, count]. */
void pca_project(const struct pca *pca, const float *row, int64_t rows, double *score);

void pca_free(struct pca *pca);

#endif
