#include "methods/tsne_exact.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/simd.h"

enum {
    lanes = EXACT_ROUND, /* partial sums of a point, for any register width */
    vectors = lanes / VECTOR_FLOATS,
    chunk = 4096,        /* points whose terms are summed in float, before the sum goes to double */
    points_per_task = 16,
    serial_below = 1000  /* with fewer points, threads save 0.1 ms and lose more when cores are busy */
};

int64_t exact_padded(int64_t n)
{
    return (n + lanes - 1) / lanes * lanes;
}

/* Sums over the other points for one point, in lanes. */
struct sums {
    vector weight[vectors], x[vectors], y[vectors];
};

/* Adds the points [from, to), in whole rounds of the lanes, to the repulsion of the point at (x, y): w, w^2 (x - x_j),
 * w^2 (y - y_j). With `keep`, w is multiplied by keep[lane]: 0 excludes the point itself. */
static inline void add_repulsion(struct sums *sums, const float *xs, const float *ys, int64_t from, int64_t to,
                                 float x, float y, const float *keep)
{
    vector one = vector_of(1), at_x = vector_of(x), at_y = vector_of(y);
    for (int64_t j = from; j < to; j += lanes)
        for (int v = 0; v < vectors; v++) {
            vector dx = at_x - vector_load(xs + j + v * VECTOR_FLOATS);
            vector dy = at_y - vector_load(ys + j + v * VECTOR_FLOATS);
            vector w = one / (one + dx * dx + dy * dy);
            if (keep)
                w *= vector_load(keep + v * VECTOR_FLOATS);
            vector square = w * w;
            sums->weight[v] += w;
            sums->x[v] += square * dx;
            sums->y[v] += square * dy;
        }
}

static double sum_lanes(const vector *sum)
{
    double total = 0;
    for (int v = 0; v < vectors; v++)
        for (int l = 0; l < VECTOR_FLOATS; l++)
            total += (double)sum[v][l];
    return total;
}

/* Writes the repulsion of point i to force[0] and force[stride], unless force is NULL; returns sum_j w_ij. */
static double repulsion_of(const float *xs, const float *ys, int64_t n, int64_t i, float *force, int64_t stride)
{
    int64_t whole = exact_padded(n), own = i / lanes * lanes;
    float x = xs[i], y = ys[i], keep[lanes];
    double weight = 0, force_x = 0, force_y = 0;
    for (int l = 0; l < lanes; l++)
        keep[l] = own + l != i ? 1 : 0;
    for (int64_t from = 0; from < whole; from += chunk) {
        struct sums sums = { 0 };
        int64_t to = from + chunk < whole ? from + chunk : whole;
        if (own >= from && own < to) {
            add_repulsion(&sums, xs, ys, from, own, x, y, NULL);
            add_repulsion(&sums, xs, ys, own, own + lanes, x, y, keep);
            add_repulsion(&sums, xs, ys, own + lanes, to, x, y, NULL);
        } else {
            add_repulsion(&sums, xs, ys, from, to, x, y, NULL);
        }
        weight += sum_lanes(sums.weight);
        force_x += sum_lanes(sums.x);
        force_y += sum_lanes(sums.y);
    }
    if (force) {
        force[0] = (float)force_x;
        force[stride] = (float)force_y;
    }
    return weight;
}

double repulsion_exact(const float *x, const float *y, int64_t n, float *force)
{
    int64_t tasks = (n + points_per_task - 1) / points_per_task;
    double *weight = allocate((size_t)tasks, sizeof *weight), z = 0;
#pragma omp parallel for schedule(dynamic) if (n > serial_below)
    for (int64_t t = 0; t < tasks; t++)
        for (int64_t i = t * points_per_task; i < n && i < (t + 1) * points_per_task; i++)
            weight[t] += repulsion_of(x, y, n, i, force ? force + i : NULL, n);
    for (int64_t t = 0; t < tasks; t++)
        z += weight[t];
    free(weight);
    return z;
}
