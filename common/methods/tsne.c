#include "methods/tsne.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/simd.h"
#include "methods/features.h"
#include "methods/pca.h"
#include "methods/tsne_exact.h"

enum {
    lanes = AFFINITY_UNIT,    /* partial sums of a row, for any register width */
    vectors = lanes / VECTOR_FLOATS,
    rows_per_task = 64,
    serial_below = 1000       /* with fewer points, threads save 0.1 ms and lose more when cores are busy */
};

static const double start_deviation = 1e-4, start_jitter = 0.01;
static const double rate_min = 200, rate_of_few = 1.5;
static const float gain_more = 0.2F, gain_less = 0.8F, gain_min = 0.01F, step_max = 5;

const struct tsne_options tsne_defaults = { TSNE_AUTO, 250, 12, 0.5, 0.8, 0 };

/* ---- the start ---- */

void tsne_start_random(int64_t n, uint64_t seed, float *map)
{
    for (int64_t i = 0; i < n; i++) {
        struct random random = random_of(seed, (uint64_t)i);
        map[2 * i] = (float)start_deviation * random_normal(&random);
        map[2 * i + 1] = (float)start_deviation * random_normal(&random);
    }
}

void tsne_start_pca(const float *row, int64_t n, int64_t dimension, uint64_t seed, float *map)
{
    int64_t count = dimension < 2 ? dimension : 2;
    struct pca pca = pca_fit(row, n, dimension, count);
    double *score = allocate((size_t)(n * count), sizeof *score);
    pca_project(&pca, row, n, score);
    double scale = pca.variance[0] > 0 ? start_deviation / sqrt(pca.variance[0]) : 0;
    tsne_start_random(n, seed, map);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < 2; c++) {
            double jitter = start_jitter * map[2 * i + c];
            map[2 * i + c] = (float)((c < count ? scale * score[i * count + c] : 0) + jitter);
        }
    free(score);
    pca_free(&pca);
}

void tsne_start_given(const float *given, int64_t n, float *map)
{
    double mean[2];
    column_means(given, n, 2, mean);
    for (int64_t i = 0; i < 2 * n; i++)
        map[i] = (float)((double)given[i] - mean[i % 2]);
}

/* ---- the descent ---- */

struct tsne tsne_new(const struct affinities *p, const float *map, struct tsne_options options)
{
    size_t n = (size_t)p->n, whole = (size_t)exact_padded(p->n);
    struct tsne tsne = { .p = p, .options = options, .n = p->n };
    if (options.method == TSNE_FFT || (options.method == TSNE_AUTO && p->n >= TSNE_CROSSOVER))
        tsne.fft = repulsion_fft_new(p->n);
    tsne.x = allocate_floats(2 * whole);
    tsne.y = tsne.x + whole;
    tsne.point = allocate_floats(2 * n);
    tsne.attraction = allocate_floats(2 * n);
    tsne.repulsion = allocate_floats(2 * n);
    tsne.step = allocate_floats(2 * n);
    tsne.gain = allocate_floats(2 * n);
    for (size_t i = 0; i < whole; i++) {
        tsne.x[i] = i < n ? map[2 * i] : EXACT_FAR;
        tsne.y[i] = i < n ? map[2 * i + 1] : EXACT_FAR;
    }
    for (size_t i = 0; i < 2 * n; i++)
        tsne.gain[i] = 1;
    return tsne;
}

void tsne_free(struct tsne *tsne)
{
    free(tsne->x); /* and y */
    free(tsne->point);
    free(tsne->attraction);
    free(tsne->repulsion);
    free(tsne->step);
    free(tsne->gain);
    repulsion_fft_free(tsne->fft);
    *tsne = (struct tsne){ 0 };
}

/* attraction_i = sum_j p_ij w_ij (y_i - y_j) for one point. */
static void attraction_of(struct tsne *tsne, int64_t i)
{
    const struct affinities *p = tsne->p;
    vector one = vector_of(1), at_x = vector_of(tsne->x[i]), at_y = vector_of(tsne->y[i]);
    vector sum_x[vectors] = { 0 }, sum_y[vectors] = { 0 };
    for (int64_t e = p->begin[i]; e < p->begin[i + 1]; e += lanes)
        for (int v = 0; v < vectors; v++) {
            float xs[VECTOR_FLOATS], ys[VECTOR_FLOATS];
            for (int l = 0; l < VECTOR_FLOATS; l++) {
                const float *other = tsne->point + 2 * (int64_t)p->column[e + v * VECTOR_FLOATS + l];
                xs[l] = other[0];
                ys[l] = other[1];
            }
            vector dx = at_x - vector_load(xs), dy = at_y - vector_load(ys);
            vector pull = vector_load(p->value + e + v * VECTOR_FLOATS) / (one + dx * dx + dy * dy);
            sum_x[v] += pull * dx;
            sum_y[v] += pull * dy;
        }
    double total_x = 0, total_y = 0;
    for (int v = 0; v < vectors; v++)
        for (int l = 0; l < VECTOR_FLOATS; l++) {
            total_x += (double)sum_x[v][l];
            total_y += (double)sum_y[v][l];
        }
    tsne->attraction[i] = (float)total_x;
    tsne->attraction[tsne->n + i] = (float)total_y;
}

static void attraction(struct tsne *tsne)
{
    tsne_map(tsne, tsne->point);
#pragma omp parallel for schedule(dynamic, rows_per_task) if (tsne->n > serial_below)
    for (int64_t i = 0; i < tsne->n; i++)
        attraction_of(tsne, i);
}

/* Computes attraction and repulsion; returns Z. */
static double compute_forces(struct tsne *tsne)
{
    attraction(tsne);
    return tsne->fft ? repulsion_fft(tsne->fft, tsne->x, tsne->y, tsne->repulsion)
                     : repulsion_exact(tsne->x, tsne->y, tsne->n, tsne->repulsion);
}

void tsne_gradient(struct tsne *tsne, double exaggeration, float *gradient)
{
    int64_t n = tsne->n;
    double z = compute_forces(tsne);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < 2; c++)
            gradient[2 * i + c] =
                (float)(exaggeration * tsne->attraction[c * n + i] - tsne->repulsion[c * n + i] / z);
}

/* The minimum rate is too large for few points: while they are drawn together, its steps scatter them. */
static double learning_rate(const struct tsne *tsne, double exaggeration)
{
    double chosen = tsne->options.learning_rate, of_rows = (double)tsne->n / exaggeration;
    if (chosen > 0)
        return chosen;
    return tsne->n < TSNE_FEW ? rate_of_few * of_rows : fmax(of_rows, rate_min);
}

/* Updates gains and steps of all coordinates, [2, n], from the computed forces. */
static void update_steps(struct tsne *tsne, float exaggeration, float momentum, float one_over_z)
{
    float rate = (float)learning_rate(tsne, (double)exaggeration);
    for (int64_t i = 0; i < 2 * tsne->n; i++) {
        float gradient = exaggeration * tsne->attraction[i] - one_over_z * tsne->repulsion[i];
        float gain = gradient * tsne->step[i] < 0 ? tsne->gain[i] + gain_more : tsne->gain[i] * gain_less;
        tsne->gain[i] = gain > gain_min ? gain : gain_min;
        tsne->step[i] = momentum * tsne->step[i] - rate * tsne->gain[i] * gradient;
    }
}

/* Moves every point by its step, clipped, then the whole map so that its mean is 0. */
static void move_points(struct tsne *tsne)
{
    int64_t n = tsne->n;
    double mean_x = 0, mean_y = 0;
    for (int64_t i = 0; i < n; i++) {
        float length = sqrtf(tsne->step[i] * tsne->step[i] + tsne->step[n + i] * tsne->step[n + i]);
        float shrink = length > step_max ? step_max / length : 1;
        tsne->x[i] += tsne->step[i] *= shrink;
        tsne->y[i] += tsne->step[n + i] *= shrink;
        mean_x += (double)tsne->x[i];
        mean_y += (double)tsne->y[i];
    }
    for (int64_t i = 0; i < n; i++) {
        tsne->x[i] -= (float)(mean_x / (double)n);
        tsne->y[i] -= (float)(mean_y / (double)n);
    }
}

void tsne_step(struct tsne *tsne)
{
    bool early = tsne->iteration < tsne->options.exaggeration_iterations;
    double z = compute_forces(tsne);
    update_steps(tsne, early ? (float)tsne->options.exaggeration : 1,
                 (float)(early ? tsne->options.early_momentum : tsne->options.momentum), (float)(1 / z));
    move_points(tsne);
    tsne->iteration++;
}

/* sum_j p_ij log(p_ij z / w_ij) for one point. */
static double divergence_of(const struct tsne *tsne, double z, int64_t i)
{
    const struct affinities *p = tsne->p;
    double sum = 0;
    for (int64_t e = p->begin[i]; e < p->begin[i + 1]; e++) {
        if (p->value[e] <= 0) /* padding, or underflow: p log p is 0 */
            continue;
        double dx = (double)tsne->x[i] - (double)tsne->x[p->column[e]];
        double dy = (double)tsne->y[i] - (double)tsne->y[p->column[e]];
        sum += (double)p->value[e] * log((double)p->value[e] * z * (1 + dx * dx + dy * dy));
    }
    return sum;
}

double tsne_divergence(const struct tsne *tsne)
{
    double z = repulsion_exact(tsne->x, tsne->y, tsne->n, NULL), sum = 0;
    double *part = allocate((size_t)tsne->n, sizeof *part);
#pragma omp parallel for schedule(dynamic, rows_per_task) if (tsne->n > serial_below)
    for (int64_t i = 0; i < tsne->n; i++)
        part[i] = divergence_of(tsne, z, i);
    for (int64_t i = 0; i < tsne->n; i++)
        sum += part[i];
    free(part);
    return sum;
}

void tsne_map(const struct tsne *tsne, float *map)
{
    for (int64_t i = 0; i < tsne->n; i++) {
        map[2 * i] = tsne->x[i];
        map[2 * i + 1] = tsne->y[i];
    }
}
