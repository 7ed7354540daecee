/* Principal components against Jacobi's method on the covariance summed in double. */
#include "methods/pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"

enum { SIZE_MAX_TESTED = 300 };

/* Rows with `rank` strong directions of falling strength and noise around them, off the origin. */
static float *make_rows(int64_t rows, int64_t dimension, int64_t rank, float noise)
{
    float *row = allocate_floats((size_t)(rows * dimension)), *axis = allocate_floats((size_t)(rank * dimension));
    struct random r = random_new(3, (uint64_t)(rows * dimension));
    for (int64_t i = 0; i < rank * dimension; i++)
        axis[i] = random_normal(&r);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t d = 0; d < dimension; d++)
            row[i * dimension + d] = 10 + noise * random_normal(&r);
        for (int64_t a = 0; a < rank; a++) {
            float along = random_normal(&r) / (float)(a + 1);
            for (int64_t d = 0; d < dimension; d++)
                row[i * dimension + d] += along * axis[a * dimension + d];
        }
    }
    free(axis);
    return row;
}

static double *naive_covariance(const float *row, int64_t rows, int64_t n)
{
    double *mean = allocate((size_t)n, sizeof *mean), *c = allocate((size_t)(n * n), sizeof *c);
    for (int64_t i = 0; i < rows * n; i++)
        mean[i % n] += row[i] / (double)rows;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++)
                c[i * n + j] += (row[r * n + i] - mean[i]) * (row[r * n + j] - mean[j]) / (double)rows;
    free(mean);
    return c;
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* A v = value v and the vectors are orthonormal. */
static void check_eigen(const double *a, int64_t n, const double *value, const double *vector, double tolerance)
{
    double worst = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t r = 0; r < n; r++)
            worst = fmax(worst, fabs(dot(a + r * n, vector + i * n, n) - value[i] * vector[i * n + r]));
        for (int64_t j = 0; j < n; j++)
            worst = fmax(worst, fabs(dot(vector + i * n, vector + j * n, n) - (i == j)));
        CHECK(i == 0 || value[i] <= value[i - 1]);
    }
    CHECK_NEAR(worst, 0, tolerance);
}

static void eigen_of_known_matrices(void)
{
    double two[] = { 2, 1, 1, 2 }, value[3], vector[9];
    symmetric_eigen(2, two, value, vector);
    CHECK_NEAR(value[0], 3, 1e-15);
    CHECK_NEAR(value[1], 1, 1e-15);
    CHECK_NEAR(fabs(vector[0]), sqrt(0.5), 1e-15);
    double repeated[] = { 5, 0, 0, 0, 5, 0, 0, 0, 5 };
    symmetric_eigen(3, repeated, value, vector);
    CHECK_NEAR(value[2], 5, 0);
    double zero[9] = { 0 };
    symmetric_eigen(3, zero, value, vector);
    CHECK_NEAR(value[0], 0, 0);
    CHECK_NEAR(vector[0], 1, 0);
}

static void eigen_of_random_matrices(void)
{
    for (int64_t n = 1; n <= 40; n += 13) {
        size_t size = (size_t)(n * n);
        double *a = allocate(size, sizeof *a), *copy = allocate(size, sizeof *a), *vector = allocate(size, sizeof *a);
        double *value = allocate((size_t)n, sizeof *value);
        struct random r = random_new(1, (uint64_t)n);
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j <= i; j++)
                a[i * n + j] = a[j * n + i] = random_normal(&r);
        memcpy(copy, a, size * sizeof *a);
        symmetric_eigen(n, copy, value, vector);
        check_eigen(a, n, value, vector, 1e-13);
        free(a);
        free(copy);
        free(vector);
        free(value);
    }
}

/* The components agree with the oracle's up to the gap between eigenvalues; 1e-4 is float products against double. */
static void check_against_jacobi(const float *row, int64_t rows, int64_t n, int64_t count)
{
    double *c = naive_covariance(row, rows, n), *vector = allocate((size_t)(n * n), sizeof *vector);
    double *value = allocate((size_t)n, sizeof *value);
    symmetric_eigen(n, c, value, vector);
    struct pca pca = pca_fit(row, rows, n, count);
    for (int64_t i = 0; i < count; i++) {
        CHECK_NEAR(pca.variance[i] / value[0], value[i] / value[0], 1e-5);
        CHECK_NEAR(fabs(dot(pca.component + i * n, vector + i * n, n)), 1, 1e-4);
        for (int64_t j = 0; j <= i; j++)
            CHECK_NEAR(dot(pca.component + i * n, pca.component + j * n, n), i == j, 1e-12);
    }
    free(c);
    free(vector);
    free(value);
    pca_free(&pca);
}

static void components_of_rows(void)
{
    static const int64_t shape[][3] = { { 50, 2, 2 }, { 400, 7, 3 }, { 3000, 70, 4 }, { 30, 90, 2 }, { 2049, 65, 2 } };
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        float *row = make_rows(shape[i][0], shape[i][1], 5, 0.1F);
        check_against_jacobi(row, shape[i][0], shape[i][1], shape[i][2]);
        free(row);
    }
}

/* No direction stands out, so the iteration converges as slowly as it ever will. */
static void components_of_noise(void)
{
    float *row = make_rows(600, SIZE_MAX_TESTED, 0, 1);
    struct pca pca = pca_fit(row, 600, SIZE_MAX_TESTED, 2);
    double *c = naive_covariance(row, 600, SIZE_MAX_TESTED);
    for (int64_t i = 0; i < 2; i++) {
        double worst = 0;
        for (int64_t r = 0; r < SIZE_MAX_TESTED; r++) {
            double got = dot(c + r * SIZE_MAX_TESTED, pca.component + i * SIZE_MAX_TESTED, SIZE_MAX_TESTED);
            worst = fmax(worst, fabs(got - pca.variance[i] * pca.component[i * SIZE_MAX_TESTED + r]));
        }
        CHECK_NEAR(worst / pca.variance[0], 0, 1e-5);
    }
    free(c);
    free(row);
    pca_free(&pca);
}

static void sizes_of_the_data_do_not_matter(void)
{
    static const float size[] = { 1e-25F, 1e25F };
    float *row = make_rows(100, 9, 3, 0.1F);
    struct pca want = pca_fit(row, 100, 9, 2);
    for (size_t s = 0; s < sizeof size / sizeof *size; s++) {
        float *scaled = allocate_floats(900);
        for (int64_t i = 0; i < 900; i++)
            scaled[i] = size[s] * row[i];
        struct pca got = pca_fit(scaled, 100, 9, 2);
        CHECK_NEAR(got.variance[0] / size[s] / size[s] / want.variance[0], 1, 1e-5);
        for (int64_t i = 0; i < 18; i++)
            CHECK_NEAR(got.component[i], want.component[i], 1e-4);
        free(scaled);
        pca_free(&got);
    }
    free(row);
    pca_free(&want);
}

static void data_without_variance(void)
{
    float row[20] = { 0 };
    for (int i = 0; i < 20; i++)
        row[i] = (float)(i % 4);
    struct pca pca = pca_fit(row, 5, 4, 2);
    double score[10];
    pca_project(&pca, row, 5, score);
    for (int i = 0; i < 10; i++)
        CHECK_NEAR(score[i], 0, 0);
    CHECK_NEAR(pca.variance[0], 0, 0);
    CHECK_NEAR(dot(pca.component, pca.component, 4), 1, 1e-12);
    pca_free(&pca);

    for (int i = 0; i < 5; i++) /* one column varies, the others are constant */
        row[i * 4 + 2] = (float)i;
    pca = pca_fit(row, 5, 4, 2);
    CHECK_NEAR(pca.component[2], 1, 1e-12);
    CHECK_NEAR(pca.variance[0], 2, 1e-6);
    CHECK_NEAR(pca.variance[1], 0, 1e-12);
    pca_free(&pca);
    pca = pca_fit(row, 1, 4, 2); /* one row */
    CHECK_NEAR(pca.variance[0], 0, 0);
    pca_free(&pca);
}

static void scores_have_the_variance_and_the_sign(void)
{
    float *row = make_rows(500, 12, 4, 0.2F);
    struct pca pca = pca_fit(row, 500, 12, 2);
    double *score = allocate(1000, sizeof *score), sum = 0, square = 0;
    pca_project(&pca, row, 500, score);
    for (int64_t i = 0; i < 500; i++) {
        sum += score[2 * i];
        square += score[2 * i] * score[2 * i];
    }
    CHECK_NEAR(sum / 500, 0, 1e-6);
    CHECK_NEAR(square / 500 / pca.variance[0], 1, 1e-5);
    for (int64_t c = 0; c < 2; c++) {
        double low = 0, high = 0;
        for (int64_t d = 0; d < 12; d++) {
            low = fmin(low, pca.component[c * 12 + d]);
            high = fmax(high, pca.component[c * 12 + d]);
        }
        CHECK(high >= -low);
    }
    free(score);
    free(row);
    pca_free(&pca);
}

static void threads_change_nothing(void)
{
    float *row = make_rows(2500, 150, 6, 0.5F);
    threads_start(1);
    struct pca one = pca_fit(row, 2500, 150, 2);
    threads_start(3);
    struct pca three = pca_fit(row, 2500, 150, 2);
    threads_start(2);
    CHECK_BYTES(one.component, three.component, 300 * sizeof(double));
    CHECK_BYTES(one.variance, three.variance, 2 * sizeof(double));
    free(row);
    pca_free(&one);
    pca_free(&three);
}

int main(void)
{
    threads_start(2);
    RUN(eigen_of_known_matrices);
    RUN(eigen_of_random_matrices);
    RUN(components_of_rows);
    RUN(components_of_noise);
    RUN(sizes_of_the_data_do_not_matter);
    RUN(data_without_variance);
    RUN(scores_have_the_variance_and_the_sign);
    RUN(threads_change_nothing);
    return check_verdict();
}
