#include "methods/tsne.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/simd.h"
#include "methods/knn.h"
#include "methods/pca.h"

enum {
    search_steps_max = 200,
    lanes = 16,                       /* partial sums of a row, whatever the width of a register */
    vectors = lanes / VECTOR_FLOATS,
    chunk = 4096,                     /* floats are summed over this many points, then go to double */
    rows_per_task = 16,
    serial_below = 1000               /* points: below, threads save 0.1 ms and lose more when cores are busy */
};
_Static_assert((int)lanes == (int)AFFINITY_UNIT, "a unit of affinities is one round of the lanes");

static const double entropy_tolerance = 1e-7;
static const double start_deviation = 1e-4, start_jitter = 0.01;
static const double rate_divisor = 12, rate_least = 200;
static const float gain_more = 0.2F, gain_less = 0.8F, gain_least = 0.01F, step_most = 5;
static const float far_away = 1e18F; /* w = 1e-36, w^2 = 0, and no square overflows */

const struct tsne_options tsne_defaults = { 250, 12, 0.5, 0.8, 0 };

/* ---- input similarities ---- */

int64_t perplexity_neighbors(double perplexity)
{
    return (int64_t)(3 * perplexity);
}

/* p [k] for a beta and the squares less the smallest; returns the entropy H, and the variance of the squares under p,
 * by which dH/dbeta = -beta variance. */
static double entropy_of(const double *square, int64_t k, double beta, double *p, double *variance)
{
    double sum = 1, first = 0, second = 0;
    p[0] = 1; /* its square is 0 */
    for (int64_t j = 1; j < k; j++) {
        p[j] = exp(-beta * square[j]);
        sum += p[j];
        first += p[j] * square[j];
        second += p[j] * square[j] * square[j];
    }
    for (int64_t j = 0; j < k; j++)
        p[j] /= sum;
    double mean = first / sum;
    *variance = second / sum - mean * mean;
    return log(sum) + beta * mean;
}

double perplexity_search(const double *distance, int64_t k, double perplexity, double *p)
{
    /* In units of a square that matters, so that no size of the data does; the widest may be an outlier's. */
    int64_t middle = perplexity < (double)k ? (int64_t)perplexity : k - 1;
    double unit = (distance[middle] - distance[0]) * (distance[middle] + distance[0]);
    if (unit <= 0)
        unit = (distance[k - 1] - distance[0]) * (distance[k - 1] + distance[0]);
    double wanted = log(perplexity), low = 0, high = INFINITY, beta = 1;
    double *square = allocate((size_t)k, sizeof *square);
    for (int64_t j = 0; j < k; j++)
        square[j] = unit > 0 ? (distance[j] - distance[0]) * (distance[j] + distance[0]) / unit : 0;
    for (int step = 0; step < search_steps_max; step++) {
        double variance, excess = entropy_of(square, k, beta, p, &variance) - wanted;
        if (fabs(excess) <= entropy_tolerance || unit <= 0)
            break;
        if (excess > 0)
            low = beta;
        else
            high = beta;
        double next = beta + excess / (beta * variance);
        if (!(next > low && next < high))
            next = isfinite(high) ? (low + high) / 2 : 2 * beta;
        if (!(next < 1e15)) /* beyond any gap that doubles can tell from 0: the nearest ones are all there is */
            break;
        beta = next;
    }
    free(square);
    return unit > 0 ? beta / unit : 0;
}

/* The conditional similarities p_j|i of all rows, by rising column: column, value [n, k]. */
struct edge {
    int64_t column;
    double value;
};

static int compare_edges(const void *a, const void *b)
{
    const struct edge *p = a, *q = b;
    return (p->column > q->column) - (p->column < q->column);
}

static struct edge *conditional_similarities(const float *row, int64_t n, int64_t dimension, double perplexity,
                                             int64_t k)
{
    size_t count = checked_multiply((size_t)n, (size_t)k);
    int64_t *self = allocate((size_t)n, sizeof *self), *position = allocate(count, sizeof *position);
    double *distance = allocate(count, sizeof *distance);
    struct edge *edges = allocate(count, sizeof *edges);
    for (int64_t i = 0; i < n; i++)
        self[i] = i;
    struct knn knn = knn_open(KNN_L2, row, self, n, dimension);
    if (knn_search(&knn, row, self, n, k, position, distance, NULL) >= 0)
        die("%lld rows are too few for %lld neighbours", (long long)n, (long long)k);
    knn_close(&knn);
#pragma omp parallel if (n > serial_below)
    {
        double *p = allocate((size_t)k, sizeof *p);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < n; i++) {
            perplexity_search(distance + i * k, k, perplexity, p);
            for (int64_t j = 0; j < k; j++)
                edges[i * k + j] = (struct edge){ position[i * k + j], p[j] };
            qsort(edges + i * k, (size_t)k, sizeof *edges, compare_edges);
        }
        free(p);
    }
    free(self);
    free(position);
    free(distance);
    return edges;
}

/* The same edges by the row they lead to: those into row j at [into[j], into[j + 1]), `column` now where they come
 * from, rising. into [n + 1]. Caller frees both. */
static struct edge *turn_edges(const struct edge *edges, int64_t n, int64_t k, int64_t *into)
{
    struct edge *turned = allocate((size_t)(n * k), sizeof *turned);
    memset(into, 0, (size_t)(n + 1) * sizeof *into);
    for (int64_t e = 0; e < n * k; e++)
        into[edges[e].column + 1]++;
    for (int64_t j = 0; j < n; j++)
        into[j + 1] += into[j];
    for (int64_t e = 0; e < n * k; e++)
        turned[into[edges[e].column]++] = (struct edge){ e / k, edges[e].value };
    memmove(into + 1, into, (size_t)n * sizeof *into); /* each start has moved to the next one's */
    into[0] = 0;
    return turned;
}

/* Merge the k edges out of a row with the `more` edges into it; returns how many columns there are. Where column is
 * NULL only counts. */
static int64_t merge_edges(const struct edge *out, int64_t k, const struct edge *in, int64_t more, double scale,
                           int32_t *column, float *value)
{
    int64_t a = 0, b = 0, count = 0;
    while (a < k || b < more) {
        int64_t left = a < k ? out[a].column : INT64_MAX, right = b < more ? in[b].column : INT64_MAX;
        double sum = 0;
        if (left <= right)
            sum += out[a++].value;
        if (right <= left)
            sum += in[b++].value;
        if (column) {
            column[count] = (int32_t)(left < right ? left : right);
            value[count] = (float)(sum * scale);
        }
        count++;
    }
    return count;
}

struct affinities affinities_new(const float *row, int64_t n, int64_t dimension, double perplexity)
{
    int64_t k = perplexity_neighbors(perplexity);
    struct edge *out = conditional_similarities(row, n, dimension, perplexity, k);
    int64_t *into = allocate((size_t)n + 1, sizeof *into);
    struct edge *in = turn_edges(out, n, k, into);
    struct affinities p = { n, allocate((size_t)n + 1, sizeof *p.begin), NULL, NULL };
    for (int64_t i = 0; i < n; i++) {
        int64_t count = merge_edges(out + i * k, k, in + into[i], into[i + 1] - into[i], 0, NULL, NULL);
        p.begin[i + 1] = p.begin[i] + (count + AFFINITY_UNIT - 1) / AFFINITY_UNIT * AFFINITY_UNIT;
    }
    p.column = allocate((size_t)p.begin[n], sizeof *p.column);
    p.value = allocate_floats((size_t)p.begin[n]);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = p.begin[i];
        at += merge_edges(out + i * k, k, in + into[i], into[i + 1] - into[i], 0.5 / (double)n, p.column + at,
                          p.value + at);
        for (; at < p.begin[i + 1]; at++)
            p.column[at] = (int32_t)i;
    }
    free(out);
    free(in);
    free(into);
    return p;
}

void affinities_free(struct affinities *p)
{
    free(p->begin);
    free(p->column);
    free(p->value);
    *p = (struct affinities){ 0 };
}

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

/* ---- the descent ---- */

struct tsne tsne_new(const struct affinities *p, const float *map, struct tsne_options options)
{
    size_t n = (size_t)p->n, whole = (n + lanes - 1) / lanes * lanes;
    struct tsne tsne = { .p = p, .options = options, .n = p->n };
    if (tsne.options.learning_rate <= 0)
        tsne.options.learning_rate = fmax((double)n / rate_divisor, rate_least);
    tsne.x = allocate_floats(2 * whole);
    tsne.y = tsne.x + whole;
    tsne.attraction = allocate_floats(2 * n);
    tsne.repulsion = allocate_floats(2 * n);
    tsne.step = allocate_floats(2 * n);
    tsne.gain = allocate_floats(2 * n);
    tsne.weight = allocate(n, sizeof *tsne.weight);
    for (size_t i = 0; i < whole; i++) {
        tsne.x[i] = i < n ? map[2 * i] : far_away;
        tsne.y[i] = i < n ? map[2 * i + 1] : far_away;
    }
    for (size_t i = 0; i < 2 * n; i++)
        tsne.gain[i] = 1;
    return tsne;
}

void tsne_free(struct tsne *tsne)
{
    free(tsne->x); /* and y */
    free(tsne->attraction);
    free(tsne->repulsion);
    free(tsne->step);
    free(tsne->gain);
    free(tsne->weight);
    *tsne = (struct tsne){ 0 };
}

/* Sums over one row, in lanes. */
struct sums {
    vector weight[vectors], x[vectors], y[vectors];
};

/* Add the points [from, to), whole rounds of the lanes, to the repulsion of the point at (x, y):
 * w, w^2 (x - x_j), w^2 (y - y_j). With `keep`, w is multiplied by keep[lane]: 0 leaves the point itself out. */
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

/* The repulsion of point i, not yet divided by Z: into repulsion and weight. */
static void repulsion_of(struct tsne *tsne, int64_t i)
{
    int64_t whole = tsne->y - tsne->x, own = i / lanes * lanes;
    float x = tsne->x[i], y = tsne->y[i], keep[lanes];
    double weight = 0, force_x = 0, force_y = 0;
    for (int l = 0; l < lanes; l++)
        keep[l] = own + l != i;
    for (int64_t from = 0; from < whole; from += chunk) {
        struct sums sums = { 0 };
        int64_t to = from + chunk < whole ? from + chunk : whole;
        if (own >= from && own < to) {
            add_repulsion(&sums, tsne->x, tsne->y, from, own, x, y, NULL);
            add_repulsion(&sums, tsne->x, tsne->y, own, own + lanes, x, y, keep);
            add_repulsion(&sums, tsne->x, tsne->y, own + lanes, to, x, y, NULL);
        } else {
            add_repulsion(&sums, tsne->x, tsne->y, from, to, x, y, NULL);
        }
        weight += sum_lanes(sums.weight);
        force_x += sum_lanes(sums.x);
        force_y += sum_lanes(sums.y);
    }
    tsne->weight[i] = weight;
    tsne->repulsion[i] = (float)force_x;
    tsne->repulsion[tsne->n + i] = (float)force_y;
}

/* The attraction of point i: sum_j p_ij w_ij (y_i - y_j). */
static void attraction_of(struct tsne *tsne, int64_t i)
{
    const struct affinities *p = tsne->p;
    struct sums sums = { 0 };
    vector one = vector_of(1), at_x = vector_of(tsne->x[i]), at_y = vector_of(tsne->y[i]);
    for (int64_t e = p->begin[i]; e < p->begin[i + 1]; e += lanes)
        for (int v = 0; v < vectors; v++) {
            float xs[VECTOR_FLOATS], ys[VECTOR_FLOATS];
            for (int l = 0; l < VECTOR_FLOATS; l++) {
                int32_t j = p->column[e + v * VECTOR_FLOATS + l];
                xs[l] = tsne->x[j];
                ys[l] = tsne->y[j];
            }
            vector dx = at_x - vector_load(xs), dy = at_y - vector_load(ys);
            vector pull = vector_load(p->value + e + v * VECTOR_FLOATS) / (one + dx * dx + dy * dy);
            sums.x[v] += pull * dx;
            sums.y[v] += pull * dy;
        }
    tsne->attraction[i] = (float)sum_lanes(sums.x);
    tsne->attraction[tsne->n + i] = (float)sum_lanes(sums.y);
}

/* Fill attraction, repulsion and weight; returns Z. Repulsion goes over all pairs: what another method may replace. */
static double compute_forces(struct tsne *tsne)
{
#pragma omp parallel for schedule(dynamic, rows_per_task) if (tsne->n > serial_below)
    for (int64_t i = 0; i < tsne->n; i++) {
        repulsion_of(tsne, i);
        attraction_of(tsne, i);
    }
    double z = 0;
    for (int64_t i = 0; i < tsne->n; i++)
        z += tsne->weight[i];
    return z;
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

/* Gains and steps of all coordinates, [2, n], for the forces that were computed. */
static void update_steps(struct tsne *tsne, float exaggeration, float momentum, float one_over_z)
{
    float rate = (float)tsne->options.learning_rate;
    for (int64_t i = 0; i < 2 * tsne->n; i++) {
        float gradient = exaggeration * tsne->attraction[i] - one_over_z * tsne->repulsion[i];
        float gain = gradient * tsne->step[i] < 0 ? tsne->gain[i] + gain_more : tsne->gain[i] * gain_less;
        tsne->gain[i] = gain > gain_least ? gain : gain_least;
        tsne->step[i] = momentum * tsne->step[i] - rate * tsne->gain[i] * gradient;
    }
}

/* Move every point by its step, clipped, and the whole so that its mean is 0. */
static void move_points(struct tsne *tsne)
{
    int64_t n = tsne->n;
    double mean_x = 0, mean_y = 0;
    for (int64_t i = 0; i < n; i++) {
        float length = sqrtf(tsne->step[i] * tsne->step[i] + tsne->step[n + i] * tsne->step[n + i]);
        float shrink = length > step_most ? step_most / length : 1;
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

double tsne_divergence(struct tsne *tsne)
{
    const struct affinities *p = tsne->p;
    double z = compute_forces(tsne), sum = 0;
    for (int64_t i = 0; i < tsne->n; i++)
        for (int64_t e = p->begin[i]; e < p->begin[i + 1]; e++) {
            if (p->value[e] <= 0) /* what fills up a row, or underflowed: p log p is 0 */
                continue;
            double dx = (double)tsne->x[i] - (double)tsne->x[p->column[e]];
            double dy = (double)tsne->y[i] - (double)tsne->y[p->column[e]];
            sum += (double)p->value[e] * log((double)p->value[e] * z * (1 + dx * dx + dy * dy));
        }
    return sum;
}

void tsne_map(const struct tsne *tsne, float *map)
{
    for (int64_t i = 0; i < tsne->n; i++) {
        map[2 * i] = tsne->x[i];
        map[2 * i + 1] = tsne->y[i];
    }
}
