/* t-SNE's parts against naive versions in double, and its gradient against finite differences. */
#include "methods/tsne.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"
#include "methods/map_quality.h"
#include "methods/tsne_exact.h"

static float *normal_rows(int64_t n, int64_t dimension, float scale)
{
    float *row = allocate_floats((size_t)(n * dimension));
    struct random r = random_new(11, (uint64_t)n);
    for (int64_t i = 0; i < n * dimension; i++)
        row[i] = scale * random_normal(&r);
    return row;
}

static double entropy(const double *p, int64_t k)
{
    double sum = 0;
    for (int64_t j = 0; j < k; j++)
        sum -= p[j] > 0 ? p[j] * log(p[j]) : 0;
    return sum;
}

/* ---- perplexity_search ---- */

static void search_reaches_the_perplexity(void)
{
    static const double scale[] = { 1e-15, 1, 1e15 };
    static const double perplexity[] = { 1.5, 5, 29, 59 };
    double distance[60], p[60];
    for (size_t s = 0; s < 3; s++)
        for (size_t i = 0; i < 4; i++) {
            for (int64_t j = 0; j < 60; j++)
                distance[j] = scale[s] * (3 + sqrt((double)j));
            double beta = perplexity_search(distance, 60, perplexity[i], p), sum = 0;
            CHECK_NEAR(entropy(p, 60), log(perplexity[i]), 1e-6);
            for (int64_t j = 0; j < 60; j++)
                sum += p[j];
            CHECK_NEAR(sum, 1, 1e-12);
            double gap = distance[7] * distance[7] - distance[0] * distance[0];
            CHECK_NEAR(p[7] / p[0], exp(-beta * gap), 1e-9);
        }
}

/* An outlier: the nearest is far away, the others but a little farther. */
static void search_of_an_outlier(void)
{
    double distance[90], p[90];
    for (int64_t j = 0; j < 90; j++)
        distance[j] = 1e6 + 1e-4 * (double)j;
    perplexity_search(distance, 90, 30, p);
    CHECK_NEAR(entropy(p, 90), log(30), 1e-6);
    distance[89] = 1e9;
    perplexity_search(distance, 90, 30, p);
    CHECK_NEAR(entropy(p, 90), log(30), 1e-6);
}

static void search_among_duplicates(void)
{
    double distance[12] = { 0 }, p[12];
    CHECK_NEAR(perplexity_search(distance, 12, 4, p), 0, 0);
    CHECK_NEAR(p[0], 1.0 / 12, 1e-15);
    for (int64_t j = 6; j < 12; j++)
        distance[j] = 1 + (double)j;
    perplexity_search(distance, 12, 4, p); /* six at 0: no beta gives less than 6 */
    CHECK_NEAR(p[0], 1.0 / 6, 1e-9);
    CHECK_NEAR(p[11], 0, 1e-9);
    for (int64_t j = 0; j < 12; j++)
        distance[j] = (double)j;
    perplexity_search(distance, 12, 1, p); /* the nearest alone */
    CHECK_NEAR(p[0], 1, 1e-6);
}

/* ---- affinities ---- */

/* P [n, n], dense, by the definition and bisection. */
static double *naive_affinities(const float *row, int64_t n, int64_t dimension, double perplexity)
{
    int64_t k = (int64_t)(3 * perplexity);
    double *p = allocate((size_t)(n * n), sizeof *p), *square = allocate((size_t)n, sizeof *square);
    double *joint = allocate((size_t)(n * n), sizeof *joint);
    for (int64_t i = 0; i < n; i++) {
        double low = 0, high = INFINITY, beta = 1, least = INFINITY;
        for (int64_t j = 0; j < n; j++) {
            square[j] = j == i ? INFINITY : 0;
            for (int64_t d = 0; d < dimension; d++)
                square[j] += pow((double)row[i * dimension + d] - (double)row[j * dimension + d], 2);
            least = fmin(least, square[j]);
        }
        for (int64_t j = 0; j < n; j++) { /* all but the k nearest go */
            int64_t nearer = 0;
            for (int64_t l = 0; l < n; l++)
                nearer += square[l] < square[j];
            p[i * n + j] = nearer < k && j != i ? 1 : 0;
        }
        for (int step = 0; step < 300; step++) {
            double sum = 0, first = 0;
            for (int64_t j = 0; j < n; j++)
                if (p[i * n + j] > 0) {
                    double e = exp(-beta * (square[j] - least));
                    sum += e;
                    first += e * (square[j] - least);
                }
            if (log(fmax(sum, 1)) + beta * first / sum > log(perplexity))
                low = beta;
            else
                high = beta;
            beta = isfinite(high) ? (low + high) / 2 : 2 * beta;
        }
        double sum = 0;
        for (int64_t j = 0; j < n; j++)
            sum += p[i * n + j] > 0 ? p[i * n + j] = exp(-beta * (square[j] - least)) : 0;
        for (int64_t j = 0; j < n; j++)
            p[i * n + j] /= sum;
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            joint[i * n + j] = (p[i * n + j] + p[j * n + i]) / (2 * (double)n);
    free(p);
    free(square);
    return joint;
}

/* The sparse P as a dense one; checks the order of columns and what fills up. */
static double *dense(const struct affinities *p)
{
    double *matrix = allocate((size_t)(p->n * p->n), sizeof *matrix);
    bool good = p->begin[0] == 0;
    for (int64_t i = 0; i < p->n; i++) {
        int64_t last = -1;
        good = good && p->begin[i + 1] % AFFINITY_UNIT == 0;
        for (int64_t e = p->begin[i]; e < p->begin[i + 1]; e++) {
            bool filler = p->column[e] == i;
            good = good && (filler ? p->value[e] <= 0 : p->column[e] > last && p->value[e] >= 0);
            last = filler ? p->n : p->column[e]; /* nothing but fillers after a filler */
            matrix[i * p->n + p->column[e]] += (double)p->value[e];
        }
    }
    CHECK(good);
    return matrix;
}

static void affinities_are_those_of_the_definition(void)
{
    static const int64_t shape[][3] = { { 4, 3, 1 }, { 20, 2, 6 }, { 150, 10, 12 }, { 91, 5, 30 } };
    for (size_t s = 0; s < sizeof shape / sizeof *shape; s++) {
        int64_t n = shape[s][0];
        float *row = normal_rows(n, shape[s][1], 2);
        struct affinities p = affinities_new(row, n, shape[s][1], (double)shape[s][2]);
        double *got = dense(&p), *want = naive_affinities(row, n, shape[s][1], (double)shape[s][2]), sum = 0, worst = 0;
        for (int64_t i = 0; i < n * n; i++) {
            sum += got[i];
            worst = fmax(worst, fabs(got[i] - want[i]));
            CHECK_NEAR(got[i], got[i % n * n + i / n], 0);
        }
        CHECK_NEAR(sum, 1, 1e-6);
        CHECK_NEAR(worst * (double)n, 0, 1e-6);
        free(row);
        free(got);
        free(want);
        affinities_free(&p);
    }
}

static void affinities_of_duplicates(void)
{
    float row[60] = { 0 };
    for (int i = 40; i < 60; i++)
        row[i] = (float)i;
    struct affinities p = affinities_new(row, 60, 1, 10);
    double *matrix = dense(&p), sum = 0;
    for (int i = 0; i < 3600; i++)
        sum += matrix[i];
    CHECK_NEAR(sum, 1, 1e-6);
    free(matrix);
    affinities_free(&p);
}

/* ---- gradient and divergence ---- */

static double naive_divergence(const double *p, const double *map, int64_t n)
{
    double z = 0, sum = 0;
    for (int64_t pass = 0; pass < 2; pass++)
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) {
                double dx = map[2 * i] - map[2 * j], dy = map[2 * i + 1] - map[2 * j + 1];
                double w = 1 / (1 + dx * dx + dy * dy);
                if (pass == 0 && i != j)
                    z += w;
                if (pass == 1 && p[i * n + j] > 0)
                    sum += p[i * n + j] * log(p[i * n + j] * z / w);
            }
    return sum;
}

struct case_of {
    int64_t n;
    float *row, *map;
    struct affinities p;
    double *dense, *map_double;
    struct tsne tsne;
};

static struct case_of *case_new(int64_t n, float spread)
{
    struct case_of *c = allocate(1, sizeof *c);
    *c = (struct case_of){ .n = n, .row = normal_rows(n, 6, 1), .map = normal_rows(n, 2, spread) };
    c->p = affinities_new(c->row, n, 6, (double)(n - 1) / 4);
    c->dense = dense(&c->p);
    c->map_double = allocate((size_t)(2 * n), sizeof *c->map_double);
    for (int64_t i = 0; i < 2 * n; i++)
        c->map_double[i] = (double)c->map[i];
    c->tsne = tsne_new(&c->p, c->map, tsne_defaults);
    return c;
}

static void case_free(struct case_of *c)
{
    tsne_free(&c->tsne);
    affinities_free(&c->p);
    free(c->row);
    free(c->map);
    free(c->dense);
    free(c->map_double);
    free(c);
}

static void divergence_is_that_of_the_definition(void)
{
    static const float spread[] = { 1e-4F, 1, 50, 1000 };
    for (size_t s = 0; s < 4; s++)
        for (int64_t n = 5; n < 80; n += 29) {
            struct case_of *c = case_new(n, spread[s]);
            double want = naive_divergence(c->dense, c->map_double, n);
            CHECK_NEAR(tsne_divergence(&c->tsne) / fmax(want, 1), want / fmax(want, 1), 1e-6);
            case_free(c);
        }
}

/* Four times the gradient is the derivative of the divergence; central differences in double err by about 1e-8. */
static void gradient_is_the_derivative(void)
{
    static const float spread[] = { 0.1F, 3, 100 };
    for (size_t s = 0; s < 3; s++)
        for (int64_t n = 5; n < 80; n += 29) {
            struct case_of *c = case_new(n, spread[s]);
            float *gradient = allocate_floats((size_t)(2 * n)), *want = allocate_floats((size_t)(2 * n));
            double h = 1e-4 * fmin((double)spread[s], 1);
            for (int64_t i = 0; i < 2 * n; i++) {
                double keep = c->map_double[i];
                c->map_double[i] = keep + h;
                double up = naive_divergence(c->dense, c->map_double, n);
                c->map_double[i] = keep - h;
                want[i] = (float)((up - naive_divergence(c->dense, c->map_double, n)) / (2 * h) / 4);
                c->map_double[i] = keep;
            }
            tsne_gradient(&c->tsne, 1, gradient);
            CHECK_FLOATS_RELATIVE(gradient, want, (size_t)(2 * n), 1e-5);
            free(gradient);
            free(want);
            case_free(c);
        }
}

/* More points than one pass over floats (4096): the gradient in double at a few of them. */
static void gradient_of_many_points(void)
{
    int64_t n = 4500;
    float *row = normal_rows(n, 2, 1), *map = normal_rows(n, 2, 20), *gradient = allocate_floats((size_t)(2 * n));
    struct affinities p = affinities_new(row, n, 2, 5);
    struct tsne_options exact = tsne_defaults;
    exact.method = TSNE_EXACT;
    struct tsne tsne = tsne_new(&p, map, exact);
    double z = 0;
    tsne_gradient(&tsne, 12, gradient);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            z += i == j ? 0 : 1 / (1 + pow((double)map[2 * i] - (double)map[2 * j], 2) +
                                   pow((double)map[2 * i + 1] - (double)map[2 * j + 1], 2));
    for (int64_t i = 0; i < n; i += 499) {
        double want[2] = { 0 }, size = 0;
        for (int64_t j = 0; j < n; j++) {
            double dx = (double)map[2 * i] - (double)map[2 * j], dy = (double)map[2 * i + 1] - (double)map[2 * j + 1];
            double w = 1 / (1 + dx * dx + dy * dy);
            want[0] -= w * w * dx / z;
            want[1] -= w * w * dy / z;
        }
        for (int64_t e = p.begin[i]; e < p.begin[i + 1]; e++) {
            int64_t j = p.column[e];
            double dx = (double)map[2 * i] - (double)map[2 * j], dy = (double)map[2 * i + 1] - (double)map[2 * j + 1];
            double pull = 12 * (double)p.value[e] / (1 + dx * dx + dy * dy);
            want[0] += pull * dx;
            want[1] += pull * dy;
            size += fabs(pull * dx) + fabs(pull * dy);
        }
        CHECK_NEAR((double)gradient[2 * i], want[0], 1e-5 * size);
        CHECK_NEAR((double)gradient[2 * i + 1], want[1], 1e-5 * size);
    }
    free(row);
    free(map);
    free(gradient);
    tsne_free(&tsne);
    affinities_free(&p);
}

/* ---- repulsion on a grid ---- */

/* Clusters in a map of about this width: x, y filled up as repulsion_exact() reads them. */
static float *clustered_map(int64_t n, float width)
{
    int64_t whole = exact_padded(n);
    float *x = allocate_floats((size_t)(2 * whole)), centre[40];
    struct random r = random_new(5, 1);
    for (int c = 0; c < 40; c++)
        centre[c] = width * (random_uniform(&r) - 0.5F);
    for (int64_t i = 0; i < whole; i++)
        for (int64_t c = 0; c < 2; c++)
            x[c * whole + i] = i < n ? centre[2 * (i % 20) + c] + width / 40 * random_normal(&r) : EXACT_FAR;
    return x;
}

/* The relative L2 error of the forces, and |1 - Z / exact Z| in *z_error. */
static double fft_error(struct repulsion_fft *fft, const float *x, int64_t n, double *z_error)
{
    float *force = allocate_floats((size_t)(2 * n)), *want = allocate_floats((size_t)(2 * n));
    const float *y = x + exact_padded(n);
    double z = repulsion_exact(x, y, n, want), square = 0, size = 0;
    *z_error = fabs(1 - repulsion_fft(fft, x, y, force) / z);
    for (int64_t i = 0; i < 2 * n; i++) {
        square += pow((double)force[i] - (double)want[i], 2);
        size += pow((double)want[i], 2);
    }
    free(force);
    free(want);
    return sqrt(square / size);
}

/* One grid after another under a map that grows and shrinks. While the spacing follows the map the error is that of
 * float; where it is 1/2 it is below 3 %; beyond a width of 500 the grid is coarser, here by 1.5. */
static void fft_repulsion_is_near_the_exact(void)
{
    static const struct {
        float width;
        double force, z;
    } cases[] = { { 1e-4F, 1e-6, 1e-6 }, { 1, 1e-6, 1e-6 }, { 20, 2e-3, 1e-4 }, { 60, 1.5e-2, 1e-3 },
                  { 100, 3e-2, 2e-3 }, { 700, 0.3, 6e-2 }, { 40, 5e-3, 3e-4 }, { 1e-4F, 1e-6, 1e-6 } };
    int64_t n = 3000;
    struct repulsion_fft *fft = repulsion_fft_new(n);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        float *x = clustered_map(n, cases[c].width);
        double z_error, error = fft_error(fft, x, n, &z_error);
        CHECK_NEAR(error, 0, cases[c].force);
        CHECK_NEAR(z_error, 0, cases[c].z);
        free(x);
    }
    repulsion_fft_free(fft);
}

/* A map far from round, one far from the origin, one of a single place, one without numbers. */
static void fft_repulsion_of_odd_maps(void)
{
    int64_t n = 500, whole = exact_padded(n);
    struct repulsion_fft *fft = repulsion_fft_new(n);
    float *x = clustered_map(n, 50), force[1000];
    double z_error;
    for (int64_t i = 0; i < n; i++)
        x[whole + i] *= 1e-3F;
    CHECK_NEAR(fft_error(fft, x, n, &z_error), 0, 1.5e-2);
    for (int64_t i = 0; i < n; i++) {
        x[i] += 1000;
        x[whole + i] = 5e5F + 1e3F * x[whole + i];
    }
    CHECK_NEAR(fft_error(fft, x, n, &z_error), 0, 1.5e-2);
    for (int64_t i = 0; i < n; i++)
        x[i] = x[whole + i] = 7;
    CHECK_NEAR(repulsion_fft(fft, x, x + whole, force) / (500.0 * 499), 1, 1e-5);
    CHECK_NEAR((double)force[3], 0, 1e-3);
    x[9] = NAN;
    CHECK(isnan(repulsion_fft(fft, x, x + whole, force)) && isnan(force[0]));
    x[9] = INFINITY;
    CHECK(isnan(repulsion_fft(fft, x, x + whole, force)));
    free(x);
    repulsion_fft_free(fft);
}

/* Both methods tell the same divergence of one map, to the bit. */
static void divergence_does_not_depend_on_the_method(void)
{
    struct case_of *c = case_new(79, 3);
    struct tsne_options options = tsne_defaults;
    options.method = TSNE_FFT;
    struct tsne tsne = tsne_new(&c->p, c->map, options);
    double by_grid = tsne_divergence(&tsne), exact = tsne_divergence(&c->tsne);
    CHECK_BYTES(&by_grid, &exact, sizeof exact);
    tsne_free(&tsne);
    case_free(c);
}

/* ---- the descent ---- */

static void start_has_its_deviation(void)
{
    float *row = normal_rows(400, 5, 7), *map = allocate_floats(800), *again = allocate_floats(800);
    for (int which = 0; which < 2; which++) {
        double square = 0;
        if (which)
            tsne_start_random(400, 1, map);
        else
            tsne_start_pca(row, 400, 5, 1, map);
        for (int i = 0; i < 400; i++)
            square += (double)map[2 * i] * (double)map[2 * i] / 400;
        CHECK_NEAR(sqrt(square) / 1e-4, 1, which ? 0.15 : 1e-2);
    }
    tsne_start_pca(row, 400, 5, 1, map);
    tsne_start_pca(row, 400, 5, 2, again);
    CHECK(memcmp(map, again, 800 * sizeof *map) != 0);
    memset(row, 0, 2000 * sizeof *row); /* no direction at all: the random part is left */
    tsne_start_pca(row, 400, 5, 1, map);
    CHECK(map[0] != map[2] && fabsf(map[0]) < 1e-5F);
    tsne_start_pca(row, 400, 1, 1, map); /* one column: the second axis is random */
    CHECK(isfinite(map[1]) && map[1] != map[3]);
    free(row);
    free(map);
    free(again);
}

static void start_that_is_given_is_centred(void)
{
    float given[] = { 4, -5, 6, -1, 5, -3 }, map[6], want[] = { -1, -2, 1, 2, 0, 0 };
    tsne_start_given(given, 3, map);
    CHECK_FLOATS(map, want, 6, 0);
}

/* The default is 1.5 n / exaggeration of few points, else n / exaggeration, and at least 200, with the exaggeration of
 * the moment: the same bytes as with that rate. */
static void the_rate_goes_by_the_number_of_points(void)
{
    static const struct {
        int64_t n;
        double early, late;
    } cases[] = { { 50, 6.25, 75 }, { 399, 49.875, 598.5 }, { 400, 200, 400 }, { 2500, 208.33333333333333, 2500 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t n = cases[i].n;
        float *row = normal_rows(n, 4, 1);
        float *map = allocate_floats(2 * (size_t)n), *want = allocate_floats(2 * (size_t)n);
        struct affinities p = affinities_new(row, n, 4, 5);
        tsne_start_random(n, 1, map);
        struct tsne_options options = tsne_defaults;
        options.exaggeration_iterations = 3;
        struct tsne tsne = tsne_new(&p, map, options), told = tsne_new(&p, map, options);
        for (int step = 0; step < 6; step++) {
            told.options.learning_rate = step < 3 ? cases[i].early : cases[i].late;
            tsne_step(&tsne);
            tsne_step(&told);
        }
        tsne_map(&tsne, map);
        tsne_map(&told, want);
        CHECK_BYTES(map, want, (size_t)(2 * n) * sizeof *map);
        tsne_free(&tsne);
        tsne_free(&told);
        affinities_free(&p);
        free(row);
        free(map);
        free(want);
    }
}

static void descent_lowers_the_divergence(void)
{
    struct case_of *c = case_new(120, 1e-4F);
    double before = tsne_divergence(&c->tsne), mean = 0;
    for (int i = 0; i < 750; i++)
        tsne_step(&c->tsne);
    double after = tsne_divergence(&c->tsne);
    CHECK(after < 0.8 * before);
    tsne_map(&c->tsne, c->map);
    for (int i = 0; i < 240; i++)
        mean += (double)c->map[i];
    CHECK_NEAR(mean / 240, 0, 1e-5);
    case_free(c);
}

/* Every step is at most 5 long, whatever the learning rate. */
static void steps_are_clipped(void)
{
    struct case_of *c = case_new(50, 1);
    struct tsne_options wild = tsne_defaults;
    wild.learning_rate = 1e6;
    struct tsne tsne = tsne_new(&c->p, c->map, wild);
    for (int i = 0; i < 20; i++) {
        tsne_step(&tsne);
        for (int64_t j = 0; j < 50; j++)
            CHECK(hypot((double)tsne.step[j], (double)tsne.step[50 + j]) <= 5.0001);
    }
    CHECK(isfinite(tsne_divergence(&tsne)));
    tsne_free(&tsne);
    case_free(c);
}

static void threads_change_nothing(void)
{
    int64_t n = 1500;
    float *row = normal_rows(n, 20, 1), *map[2];
    for (int method = TSNE_EXACT; method <= TSNE_FFT; method++) {
        for (int t = 0; t < 2; t++) {
            threads_start(t ? 3 : 1);
            map[t] = allocate_floats((size_t)(2 * n));
            tsne_start_pca(row, n, 20, 0, map[t]);
            struct affinities p = affinities_new(row, n, 20, 10);
            struct tsne_options options = tsne_defaults;
            options.method = (enum tsne_method)method;
            struct tsne tsne = tsne_new(&p, map[t], options);
            for (int i = 0; i < 30; i++)
                tsne_step(&tsne);
            tsne_map(&tsne, map[t]);
            tsne_free(&tsne);
            affinities_free(&p);
        }
        CHECK_BYTES(map[0], map[1], (size_t)(2 * n) * sizeof(float));
        free(map[0]);
        free(map[1]);
    }
    threads_start(2);
    free(row);
}

/* Of more rows than are looked at, even ones are: a sixth of these lie behind row 10000, in a map without order. */
static void quality_is_of_rows_from_everywhere(void)
{
    enum { ORDERED = 10000, ALL = 12000 };
    float *row = normal_rows(ALL, 2, 1), *map = allocate_floats(2 * ALL);
    struct random r = random_new(3, 3);
    for (int i = 0; i < 2 * ALL; i++) {
        row[i] += i < 2 * ORDERED ? 0 : 1000;
        map[i] = i < 2 * ORDERED ? row[i] : 1000 + random_normal(&r);
    }
    struct map_quality quality = map_quality(row, ALL, 2, map, NULL);
    CHECK_INTEGER(quality.rows, 10000);
    CHECK_NEAR(quality.recall, 5.0 / 6, 0.01);
    free(row);
    free(map);
}

int main(void)
{
    threads_start(2);
    RUN(search_reaches_the_perplexity);
    RUN(search_of_an_outlier);
    RUN(search_among_duplicates);
    RUN(affinities_are_those_of_the_definition);
    RUN(affinities_of_duplicates);
    RUN(divergence_is_that_of_the_definition);
    RUN(gradient_is_the_derivative);
    RUN(gradient_of_many_points);
    RUN(fft_repulsion_is_near_the_exact);
    RUN(fft_repulsion_of_odd_maps);
    RUN(divergence_does_not_depend_on_the_method);
    RUN(start_has_its_deviation);
    RUN(start_that_is_given_is_centred);
    RUN(the_rate_goes_by_the_number_of_points);
    RUN(descent_lowers_the_divergence);
    RUN(steps_are_clipped);
    RUN(threads_change_nothing);
    RUN(quality_is_of_rows_from_everywhere);
    return check_verdict();
}
