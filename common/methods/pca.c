#define _POSIX_C_SOURCE 200809L /* blis.h needs pthread barriers */
#include "methods/pca.h"

#include <blis.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "methods/features.h"

enum {
    block_rows = 2048,  /* rows centred at a time: sums in float stay short, their totals are double */
    panel_columns = 64, /* columns of the covariance in a piece of work for one thread */
    guard_vectors = 14, /* iterated in addition to the wanted ones: convergence depends on lambda_(count + guard) /
                         * lambda_count */
    sweeps_max = 60,
    iterations_max = 2000
};
static const double residual_tolerance = 1e-7;

/* Rotates rows and columns p and q so that a[p, q] becomes 0. */
static void rotate(int64_t n, double *a, double *vector, int64_t p, int64_t q)
{
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
    double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (int64_t i = 0; i < n; i++) {
        double x = a[i * n + p], y = a[i * n + q];
        a[i * n + p] = c * x - s * y;
        a[i * n + q] = s * x + c * y;
    }
    for (int64_t i = 0; i < n; i++) {
        double x = a[p * n + i], y = a[q * n + i];
        a[p * n + i] = c * x - s * y;
        a[q * n + i] = s * x + c * y;
        x = vector[p * n + i], y = vector[q * n + i];
        vector[p * n + i] = c * x - s * y;
        vector[q * n + i] = s * x + c * y;
    }
}

/* Sorts eigenpairs by decreasing value; equal ones keep their order. */
static void order_pairs(int64_t n, double *value, double *vector)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t best = i;
        for (int64_t j = i + 1; j < n; j++)
            if (value[j] > value[best])
                best = j;
        double swap = value[i];
        value[i] = value[best];
        value[best] = swap;
        for (int64_t d = 0; d < n && best != i; d++) {
            swap = vector[i * n + d];
            vector[i * n + d] = vector[best * n + d];
            vector[best * n + d] = swap;
        }
    }
}

void symmetric_eigen(int64_t n, double *a, double *value, double *vector)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            vector[i * n + j] = i == j;
    for (int sweep = 0; sweep < sweeps_max; sweep++) {
        bool diagonal = true;
        for (int64_t p = 0; p < n; p++)
            for (int64_t q = p + 1; q < n; q++) {
                /* below this, the entry changes no digit of either eigenvalue */
                double small = 1e-17 * sqrt(fabs(a[p * n + p])) * sqrt(fabs(a[q * n + q]));
                if (fabs(a[p * n + q]) <= small)
                    continue;
                diagonal = false;
                rotate(n, a, vector, p, q);
            }
        if (diagonal)
            break;
    }
    for (int64_t i = 0; i < n; i++)
        value[i] = a[i * n + i];
    order_pairs(n, value, vector);
}

/* The power of two that scales the largest |row - mean| to about 1, so that squares neither overflow nor underflow;
 * exact. */
static double unit_scale(const float *row, int64_t rows, int64_t dimension, const double *mean)
{
    double largest = 0;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t d = 0; d < dimension; d++)
            largest = fmax(largest, fabs(row[i * dimension + d] - mean[d]));
    return largest > 0 ? ldexp(1, -ilogb(largest)) : 1;
}

/* Adds block^T block, block [count, dimension], to the lower triangle of the covariance. One thread computes each
 * panel. */
static void add_products(const float *block, int64_t count, int64_t dimension, float *work, double *covariance)
{
    float one = 1, zero = 0;
    int64_t panels = (dimension + panel_columns - 1) / panel_columns;
#pragma omp parallel for schedule(dynamic)
    for (int64_t p = 0; p < panels; p++) {
        int64_t first = p * panel_columns;
        int64_t last = first + panel_columns < dimension ? first + panel_columns : dimension;
        float *product = work + first * dimension;
        bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, last - first, last, count, &one,
                  (float *)(uintptr_t)block + first, 1, dimension,
                  (float *)(uintptr_t)block, dimension, 1, &zero,
                  product, dimension, 1);
        for (int64_t i = first; i < last; i++)
            for (int64_t j = 0; j <= i; j++)
                covariance[i * dimension + j] += work[i * dimension + j];
    }
}

/* Covariance [dimension, dimension] of scale * (row - mean). Caller frees. */
static double *covariance_of(const float *row, int64_t rows, int64_t dimension, const double *mean, double scale)
{
    size_t size = checked_multiply((size_t)dimension, (size_t)dimension);
    double *covariance = allocate(size, sizeof *covariance);
    float *work = allocate_floats(size);
    float *block = allocate_floats(checked_multiply(block_rows, (size_t)dimension));
    for (int64_t first = 0; first < rows; first += block_rows) {
        int64_t count = rows - first < block_rows ? rows - first : block_rows;
        for (int64_t i = 0; i < count; i++)
            for (int64_t d = 0; d < dimension; d++)
                block[i * dimension + d] = (float)((row[(first + i) * dimension + d] - mean[d]) * scale);
        add_products(block, count, dimension, work, covariance);
    }
    for (int64_t i = 0; i < dimension; i++)
        for (int64_t j = 0; j <= i; j++) {
            covariance[i * dimension + j] /= rows > 0 ? (double)rows : 1;
            covariance[j * dimension + i] = covariance[i * dimension + j];
        }
    free(work);
    free(block);
    return covariance;
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Makes the rows of q [count, n] orthonormal by Gram-Schmidt, twice, which is enough (Giraud et al. 2005). A row that
 * depends on earlier rows is replaced by a random one. */
static void orthonormalize(double *q, int64_t count, int64_t n, struct random *random)
{
    for (int64_t i = 0; i < count; i++) {
        double *v = q + i * n;
        for (;;) {
            double before = sqrt(dot(v, v, n)), after = 0;
            for (int pass = 0; pass < 2; pass++) {
                for (int64_t j = 0; j < i; j++) {
                    double along = dot(v, q + j * n, n);
                    for (int64_t d = 0; d < n; d++)
                        v[d] -= along * q[j * n + d];
                }
                after = sqrt(dot(v, v, n));
            }
            if (after > 1e-10 * before) {
                for (int64_t d = 0; d < n; d++)
                    v[d] /= after;
                break;
            }
            for (int64_t d = 0; d < n; d++)
                v[d] = random_normal(random);
        }
    }
}

/* out[i] = sum_j mix[i, j] in[j], rows of length n: Ritz vectors from a basis. */
static void combine(const double *mix, const double *in, int64_t count, int64_t n, double *out)
{
    memset(out, 0, (size_t)(count * n) * sizeof *out);
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < count; j++)
            for (int64_t d = 0; d < n; d++)
                out[i * n + d] += mix[i * count + j] * in[j * n + d];
}

/* Replaces the basis q [size, n] by Ritz vectors of c, with value [size] and cq = C q. */
static void rayleigh_ritz(const double *c, int64_t n, int64_t size, double *q, double *cq, double *value, double *work)
{
    double *h = work, *mix = h + size * size, *out = mix + size * size;
#pragma omp parallel for if (n > 256)
    for (int64_t r = 0; r < n; r++)
        for (int64_t i = 0; i < size; i++)
            cq[i * n + r] = dot(c + r * n, q + i * n, n);
    for (int64_t i = 0; i < size; i++)
        for (int64_t j = 0; j < size; j++)
            h[i * size + j] = j <= i ? dot(q + i * n, cq + j * n, n) : 0;
    for (int64_t i = 0; i < size; i++)
        for (int64_t j = i + 1; j < size; j++)
            h[i * size + j] = h[j * size + i];
    symmetric_eigen(size, h, value, mix);
    combine(mix, q, size, n, out);
    memcpy(q, out, (size_t)(size * n) * sizeof *q);
    combine(mix, cq, size, n, out);
    memcpy(cq, out, (size_t)(size * n) * sizeof *q);
}

static bool converged(const double *q, const double *cq, const double *value, int64_t n, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int64_t d = 0; d < n; d++) {
            double r = cq[i * n + d] - value[i] * q[i * n + d];
            sum += r * r;
        }
        if (sqrt(sum) > residual_tolerance * value[0])
            return false;
    }
    return true;
}

static void fix_sign(double *v, int64_t n)
{
    int64_t largest = 0;
    for (int64_t d = 1; d < n; d++)
        if (fabs(v[d]) > fabs(v[largest]))
            largest = d;
    double sign = v[largest] < 0 ? -1 : 1;
    for (int64_t d = 0; d < n; d++)
        v[d] *= sign;
}

struct pca pca_fit(const float *row, int64_t rows, int64_t dimension, int64_t count)
{
    struct pca pca = { dimension, count, allocate((size_t)dimension, sizeof(double)),
                       allocate((size_t)(count * dimension), sizeof(double)), allocate((size_t)count, sizeof(double)) };
    int64_t n = dimension, size = count + guard_vectors < n ? count + guard_vectors : n;
    column_means(row, rows, n, pca.mean);
    double scale = unit_scale(row, rows, n, pca.mean);
    double *covariance = covariance_of(row, rows, n, pca.mean, scale);
    double *q = allocate((size_t)(size * n), sizeof *q), *cq = allocate((size_t)(size * n), sizeof *q);
    double *value = allocate((size_t)size, sizeof *value);
    double *work = allocate((size_t)(2 * size * size + size * n), sizeof *work);
    struct random random = random_new(0, 0);

    orthonormalize(q, size, n, &random); /* all rows are still zero, so each becomes a random one */
    rayleigh_ritz(covariance, n, size, q, cq, value, work);
    for (int i = 0; i < iterations_max && !converged(q, cq, value, n, count); i++) {
        memcpy(q, cq, (size_t)(size * n) * sizeof *q);
        orthonormalize(q, size, n, &random);
        rayleigh_ritz(covariance, n, size, q, cq, value, work);
    }
    for (int64_t i = 0; i < count; i++) {
        fix_sign(q + i * n, n);
        pca.variance[i] = fmax(value[i], 0) / (scale * scale);
    }
    memcpy(pca.component, q, (size_t)(count * n) * sizeof *q);
    free(covariance);
    free(q);
    free(cq);
    free(value);
    free(work);
    return pca;
}

void pca_project(const struct pca *pca, const float *row, int64_t rows, double *score)
{
    int64_t n = pca->dimension;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < pca->count; c++) {
            double sum = 0;
            for (int64_t d = 0; d < n; d++)
                sum += (row[i * n + d] - pca->mean[d]) * pca->component[c * n + d];
            score[i * pca->count + c] = sum;
        }
}

void pca_free(struct pca *pca)
{
    free(pca->mean);
    free(pca->component);
    free(pca->variance);
    *pca = (struct pca){ 0 };
}
