/* The neighbour search against brute force in double, on data that are easy and data that are not. */
#include "methods/knn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"
#include "methods/candidates.h"

struct problem {
    enum knn_metric metric;
    int64_t rows, queries, dimension, k;
    float *row, *query;
    int64_t *row_identity, *query_identity; /* NULL: all rows count */
    int64_t *position;
    double *distance;
};

static struct problem problem_new(enum knn_metric metric, int64_t rows, int64_t queries, int64_t dimension, int64_t k)
{
    struct problem p = { .metric = metric, .rows = rows, .queries = queries, .dimension = dimension, .k = k };
    struct random r = random_new(7, (uint64_t)(rows + dimension));
    p.row = allocate_floats((size_t)(rows * dimension));
    p.query = allocate_floats((size_t)(queries * dimension));
    for (int64_t i = 0; i < rows * dimension; i++)
        p.row[i] = random_normal(&r);
    for (int64_t i = 0; i < queries * dimension; i++)
        p.query[i] = random_normal(&r);
    p.position = allocate((size_t)(queries * k), sizeof *p.position);
    p.distance = allocate((size_t)(queries * k), sizeof *p.distance);
    return p;
}

static void problem_free(struct problem *p)
{
    free(p->row);
    free(p->query);
    free(p->row_identity);
    free(p->query_identity);
    free(p->position);
    free(p->distance);
}

static int64_t solve(struct problem *p)
{
    struct knn knn = knn_open(p->metric, p->row, p->row_identity, p->rows, p->dimension);
    int64_t failed = knn_search(&knn, p->query, p->query_identity, p->queries, p->k, p->position, p->distance);
    knn_close(&knn);
    return failed;
}

/* The oracle. */
static double naive_distance(enum knn_metric metric, const float *x, const float *y, int64_t n)
{
    double square = 0, product = 0, xx = 0, yy = 0;
    for (int64_t d = 0; d < n; d++) {
        square += ((double)x[d] - y[d]) * ((double)x[d] - y[d]);
        product += (double)x[d] * y[d];
        xx += (double)x[d] * x[d];
        yy += (double)y[d] * y[d];
    }
    if (metric == KNN_L2)
        return sqrt(square);
    return xx > 0 && yy > 0 ? 1 - product / (sqrt(xx) * sqrt(yy)) : 1;
}

/* Each neighbour's distance is right, distances rise, no row stands twice, and no row left out is nearer than the
 * last. Where distances are equal to the bit, the row decides. */
static void check_query(const struct problem *p, int64_t q, char *taken)
{
    const float *query = p->query + q * p->dimension;
    const int64_t *position = p->position + q * p->k;
    const double *distance = p->distance + q * p->k;
    double scale = distance[p->k - 1] + (p->metric == KNN_COSINE), tiny = 1e-12 * scale;
    bool good = true;
    memset(taken, 0, (size_t)p->rows);
    for (int64_t i = 0; i < p->k; i++) {
        const float *row = p->row + position[i] * p->dimension;
        good = good && position[i] >= 0 && position[i] < p->rows && !taken[position[i]]++;
        good = good && fabs(distance[i] - naive_distance(p->metric, query, row, p->dimension)) <= tiny;
        good = good && (i == 0 || distance[i - 1] <= distance[i]);
        good = good && (i == 0 || distance[i - 1] < distance[i] || position[i - 1] < position[i]);
        good = good && (!p->row_identity || p->row_identity[position[i]] != p->query_identity[q]);
    }
    for (int64_t j = 0; j < p->rows; j++) {
        if (taken[j] || (p->row_identity && p->row_identity[j] == p->query_identity[q]))
            continue;
        good = good && naive_distance(p->metric, query, p->row + j * p->dimension, p->dimension) >=
                           distance[p->k - 1] - tiny;
    }
    CHECK(good);
}

static void check_all(struct problem *p)
{
    char *taken = allocate((size_t)p->rows, 1);
    CHECK_INTEGER(solve(p), -1);
    for (int64_t q = 0; q < p->queries; q++)
        check_query(p, q, taken);
    free(taken);
}

static void random_rows_of_many_shapes(void)
{
    static const int64_t shape[][4] = {
        /* rows, queries, dimension, k; across the borders of panels (32), blocks (4096, or 1 MiB) and tasks (96) */
        { 1, 1, 1, 1 },     { 5, 3, 2, 5 },     { 30, 7, 3, 10 },     { 511, 17, 8, 10 },  { 513, 257, 7, 1 },
        { 4097, 40, 16, 20 }, { 5000, 300, 33, 90 }, { 700, 20, 260, 12 },
        { 999, 5, 3072, 9 },  { 70, 3, 70000, 7 },
    };
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        for (int metric = KNN_L2; metric <= KNN_COSINE; metric++) {
            struct problem p = problem_new((enum knn_metric)metric, shape[i][0], shape[i][1], shape[i][2], shape[i][3]);
            check_all(&p);
            problem_free(&p);
        }
}

static void more_queries_than_a_batch(void)
{
    struct problem p = problem_new(KNN_L2, 300, 4100, 4, 3);
    check_all(&p);
    problem_free(&p);
}

/* All rows are as near as each other, but for those that are one of the queries. */
static void one_hot_rows(void)
{
    for (int metric = KNN_L2; metric <= KNN_COSINE; metric++) {
        struct problem p = problem_new((enum knn_metric)metric, 3000, 20, 300, 40);
        memset(p.row, 0, (size_t)(p.rows * p.dimension) * sizeof(float));
        memset(p.query, 0, (size_t)(p.queries * p.dimension) * sizeof(float));
        for (int64_t i = 0; i < p.rows; i++)
            p.row[i * p.dimension + i % p.dimension] = 1;
        for (int64_t q = 0; q < p.queries; q++)
            p.query[q * p.dimension + 7 * q] = 1;
        check_all(&p);
        for (int64_t q = 0; q < p.queries; q++)
            for (int64_t i = 0; i < p.k; i++) { /* ten times itself, then the first of the others */
                int64_t other = i - 10 + (i - 10 >= 7 * q);
                CHECK_INTEGER(p.position[q * p.k + i], i < 10 ? 7 * q + i * p.dimension : other);
            }
        problem_free(&p);
    }
}

/* As a network that has learnt leaves them: sparse, not negative, in a few narrow groups, one value far larger. */
static void features_in_clusters(void)
{
    for (int metric = KNN_L2; metric <= KNN_COSINE; metric++) {
        struct problem p = problem_new((enum knn_metric)metric, 6000, 100, 64, 30);
        float *value[] = { p.row, p.query };
        int64_t count[] = { p.rows, p.queries };
        for (int v = 0; v < 2; v++)
            for (int64_t i = 0; i < count[v] * p.dimension; i++) {
                int64_t group = i / p.dimension % 10, d = i % p.dimension;
                value[v][i] = fmaxf(value[v][i] * 0.05F + (d % 10 == group ? 2 : 0) + (d == group ? 20 : 0), 0);
            }
        check_all(&p);
        problem_free(&p);
    }
}

/* Values on a small grid: most distances are ties, and ties are broken by row exactly. */
static void ties_go_by_row(void)
{
    struct problem p = problem_new(KNN_L2, 2000, 50, 3, 25);
    for (int64_t i = 0; i < p.rows * p.dimension; i++)
        p.row[i] = rintf(p.row[i]);
    for (int64_t i = 0; i < p.queries * p.dimension; i++)
        p.query[i] = rintf(p.query[i]);
    check_all(&p);
    for (int64_t q = 0; q < p.queries; q++) {
        double last = p.distance[q * p.k + p.k - 1];
        int64_t worst = p.position[q * p.k + p.k - 1];
        for (int64_t j = 0; j < worst; j++) { /* a row before the last with the same distance must be in */
            bool in = false;
            if (naive_distance(p.metric, p.query + q * 3, p.row + j * 3, 3) != last)
                continue;
            for (int64_t i = 0; i < p.k; i++)
                in |= p.position[q * p.k + i] == j;
            CHECK(in);
        }
    }
    problem_free(&p);
}

static void identical_rows(void)
{
    struct problem p = problem_new(KNN_L2, 900, 4, 5, 7);
    for (int64_t i = 0; i < p.rows * p.dimension; i++)
        p.row[i] = 0.1F;
    check_all(&p);
    for (int64_t i = 0; i < p.queries * p.k; i++)
        CHECK_INTEGER(p.position[i], i % p.k);
    problem_free(&p);
}

/* Where |x|^2 + |y|^2 - 2 x.y keeps no digit of the distance: two far clusters, each a thousandth of a unit wide. */
static void small_clusters_far_apart(void)
{
    for (int metric = KNN_L2; metric <= KNN_COSINE; metric++) {
        struct problem p = problem_new((enum knn_metric)metric, 1500, 30, 20, 10);
        for (int64_t i = 0; i < p.rows * p.dimension; i++)
            p.row[i] = p.row[i] * 1e-3F + (i / p.dimension % 2 ? 100.0F : -100.0F);
        for (int64_t i = 0; i < p.queries * p.dimension; i++)
            p.query[i] = p.query[i] * 1e-3F + 100.0F;
        check_all(&p);
        problem_free(&p);
    }
}

static void norms_that_differ_widely(void)
{
    for (int metric = KNN_L2; metric <= KNN_COSINE; metric++) {
        struct problem p = problem_new((enum knn_metric)metric, 1500, 30, 20, 10);
        for (int64_t i = 0; i < p.rows * p.dimension; i++)
            p.row[i] *= powf(10, (float)(i / p.dimension % 9 - 4));
        for (int64_t i = 0; i < p.queries * p.dimension; i++)
            p.query[i] *= powf(10, (float)(i / p.dimension % 9 - 4));
        check_all(&p);
        problem_free(&p);
    }
}

/* Squares overflow or vanish in float. */
static void values_at_the_ends_of_the_range(void)
{
    static const float size[] = { 1e-30F, 1e-19F, 1e19F, 1e30F };
    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (int metric = KNN_L2; metric <= KNN_COSINE; metric++) {
            struct problem p = problem_new((enum knn_metric)metric, 600, 10, 9, 6);
            for (int64_t i = 0; i < p.rows * p.dimension; i++)
                p.row[i] *= size[s];
            for (int64_t i = 0; i < p.queries * p.dimension; i++)
                p.query[i] *= size[s];
            check_all(&p);
            problem_free(&p);
        }
}

/* The nearest rows are so long that their squares overflow, the query's does not, and others are there that are
 * farther and shorter: no overflow may pass for far away. */
static void squares_that_overflow_are_not_far_away(void)
{
    struct problem p = problem_new(KNN_L2, 400, 8, 5, 7);
    for (int64_t i = 0; i < p.rows * p.dimension; i++) {
        int64_t row = i / p.dimension;
        p.row[i] *= 1e17F;
        if (i % p.dimension == 0)
            p.row[i] += row % 2 ? (row % 4 == 1 ? 1.9e19F : 1.75e19F) : -1.8e19F; /* the mean is near 0 */
    }
    for (int64_t q = 0; q < p.queries; q++)
        p.query[q * p.dimension] = 1.84e19F;
    check_all(&p);
    problem_free(&p);
}

/* Rows are whole multiples of a few directions, so many are equally near, to the bit: among them the row decides, and a
 * query's own direction is at 0. */
static void rows_of_one_direction_tie(void)
{
    enum { directions = 40, multiples = 60 };
    static const int64_t dimensions[] = { 2, 3, 31, 64, 257 };
    for (size_t s = 0; s < sizeof dimensions / sizeof *dimensions; s++) {
        int64_t n = dimensions[s];
        struct problem p = problem_new(KNN_COSINE, directions * multiples, directions, n, 3 * multiples);
        for (int64_t i = 0; i < p.rows; i++)
            for (int64_t d = 0; d < n; d++)
                p.row[i * n + d] = (float)(1 + (i * 37) % 61) * rintf(100 * p.query[i % directions * n + d]);
        for (int64_t i = 0; i < p.queries * n; i++)
            p.query[i] = 7 * rintf(100 * p.query[i]);
        check_all(&p);
        for (int64_t q = 0; q < p.queries; q++)
            for (int64_t i = 0; i < p.k; i++) { /* whole sets of multiples, each in the order of its rows */
                int64_t at = q * p.k + i, first = at - i % multiples;
                CHECK_INTEGER(p.position[at], p.position[first] % directions + i % multiples * directions);
                CHECK_NEAR(p.distance[at], p.distance[first], 0);
            }
        for (int64_t q = 0; q < p.queries; q++) {
            CHECK_INTEGER(p.position[q * p.k], q);
            CHECK_NEAR(p.distance[q * p.k], 0, 0);
        }
        problem_free(&p);
    }
}

/* 1 - cos = sin^2 / (1 + cos), and |x|^2 |y|^2 sin^2 = sum_i<j (x_i y_j - x_j y_i)^2, in which no digit is lost: the
 * products of floats are whole in double. */
static double cosine_distance_by_sine(const float *x, const float *y, int64_t n)
{
    double square = 0, product = 0, xx = 0, yy = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < i; j++)
            square += pow((double)x[i] * (double)y[j] - (double)x[j] * (double)y[i], 2);
        product += (double)x[i] * (double)y[i];
        xx += (double)x[i] * (double)x[i];
        yy += (double)y[i] * (double)y[i];
    }
    return square / (xx * yy) / (1 + product / sqrt(xx * yy));
}

/* Rows beside the query, from the least step of a float in one value to 1 % of all: the digits of the distance are all
 * there. */
static void nearly_parallel_rows_keep_their_digits(void)
{
    struct problem p = problem_new(KNN_COSINE, 300, 6, 40, 300);
    for (int64_t i = 0; i < p.rows; i++)
        for (int64_t d = 0; d < p.dimension; d++) {
            float *value = p.row + i * p.dimension + d, like = p.query[i % p.queries * p.dimension + d];
            *value = i < 100 ? d == i % p.dimension ? nextafterf(like, 9) : like
                             : like * (1 + *value * powf(10, -2 - (float)(i % 5)));
        }
    CHECK_INTEGER(solve(&p), -1);
    for (int64_t q = 0; q < p.queries; q++)
        for (int64_t i = 0; i < p.k; i++) {
            const float *row = p.row + p.position[q * p.k + i] * p.dimension;
            double want = cosine_distance_by_sine(p.query + q * p.dimension, row, p.dimension);
            CHECK_NEAR(p.distance[q * p.k + i] / want, 1, 1e-6);
        }
    problem_free(&p);
}

static void zero_rows_have_cosine_distance_one(void)
{
    struct problem p = problem_new(KNN_COSINE, 40, 3, 6, 40);
    memset(p.row + 5 * 6, 0, 6 * sizeof(float));
    memset(p.query, 0, 6 * sizeof(float));
    check_all(&p);
    for (int64_t i = 0; i < p.k; i++) {
        CHECK_INTEGER(p.position[i], i);
        CHECK_NEAR(p.distance[i], 1, 0);
    }
    problem_free(&p);
}

/* Four rows share each identity, as the four turns of an image do. */
static void own_rows_are_left_out(void)
{
    struct problem p = problem_new(KNN_L2, 1200, 1200, 12, 15);
    memcpy(p.query, p.row, (size_t)(p.rows * p.dimension) * sizeof(float));
    p.row_identity = allocate((size_t)p.rows, sizeof(int64_t));
    p.query_identity = allocate((size_t)p.rows, sizeof(int64_t));
    for (int64_t i = 0; i < p.rows; i++)
        p.row_identity[i] = p.query_identity[i] = i / 4;
    check_all(&p);
    problem_free(&p);
}

static void too_few_rows_are_named(void)
{
    struct problem p = problem_new(KNN_L2, 10, 3, 2, 9);
    CHECK_INTEGER(solve(&p), -1);
    p.row_identity = allocate((size_t)p.rows, sizeof(int64_t));
    p.query_identity = allocate((size_t)p.queries, sizeof(int64_t));
    p.query_identity[0] = p.query_identity[1] = 1;
    p.row_identity[3] = 1;
    CHECK_INTEGER(solve(&p), 2); /* identity 0 is nine of the ten rows */
    problem_free(&p);
    p = problem_new(KNN_L2, 10, 3, 2, 11);
    CHECK_INTEGER(solve(&p), 0);
    problem_free(&p);
}

static void threads_change_nothing(void)
{
    struct problem one = problem_new(KNN_L2, 3000, 500, 40, 30), three = problem_new(KNN_L2, 3000, 500, 40, 30);
    threads_start(1);
    solve(&one);
    threads_start(3);
    solve(&three);
    threads_start(2);
    CHECK_BYTES(one.position, three.position, 500 * 30 * sizeof *one.position);
    CHECK_BYTES(one.distance, three.distance, 500 * 30 * sizeof *one.distance);
    problem_free(&one);
    problem_free(&three);
}

/* The exact keys of rows, of which those before `first` are gone. */
struct keys_at_hand {
    const double *key;
    int64_t first, last;
};

static double key_at_hand(const void *search, int64_t query, int64_t row)
{
    const struct keys_at_hand *keys = search;
    CHECK(query == 1 && row >= keys->first && row < keys->last);
    return keys->key[row];
}

/* A settled list asks for no earlier row, be keys far apart, close together or equal; what it holds is as if all rows
 * had been sorted. */
static void exact_keys_are_of_rows_at_hand(void)
{
    enum { rows = 900, block = 100, k = 12 };
    static const double spread[] = { 1, 1e-3, 0 }, error = 1e-2;
    for (size_t s = 0; s < sizeof spread / sizeof *spread; s++) {
        double key[rows];
        struct random r = random_new(3, s);
        struct candidates c = candidates_new(2, k, error, key_at_hand);
        candidates_clear(&c, 1);
        for (int64_t i = 0; i < rows; i++)
            key[i] = 1 + spread[s] * random_uniform(&r);
        for (int64_t first = 0; first < rows; first += block) {
            struct keys_at_hand keys = { key, first, first + block };
            for (int64_t i = first; i < first + block; i++)
                candidates_add(&c, &keys, 1, key[i] * (1 + error * (2 * random_uniform(&r) - 1)), i);
            candidates_settle(&c, &keys, 1);
        }
        CHECK_INTEGER(candidates_sort(&c, 1), k);
        for (int64_t n = 0; n < k; n++) {
            const struct candidate *entry = c.list + c.room + n;
            int64_t before = 0;
            for (int64_t i = 0; i < rows; i++)
                before += key[i] < key[entry->row] || (i < entry->row && key[i] == key[entry->row]);
            CHECK_INTEGER(before, n);
            CHECK_NEAR(entry->key, key[entry->row], 0);
        }
        candidates_free(&c);
    }
}

static void votes(void)
{
    static const int64_t label[] = { 3, 8, 8, 3, 8, 1 };
    static const double distance[] = { 0.1, 0.4, 0.4, 0.5, 0.6, 2 };
    CHECK_INTEGER(knn_vote_plain(label, 1), 3);
    CHECK_INTEGER(knn_vote_plain(label, 3), 8);
    CHECK_INTEGER(knn_vote_plain(label, 4), 3); /* two each: the nearest decides */
    CHECK_INTEGER(knn_vote_plain(label, 6), 8);
    /* exp(0) against exp(-3) + exp(-3) + ...; then nearly equal weights */
    CHECK_INTEGER(knn_vote_weighted(KNN_COSINE, label, distance, 5, 0.1), 3);
    CHECK_INTEGER(knn_vote_weighted(KNN_COSINE, label, distance, 5, 100), 8);
    /* L2: s = 1 - d^2 / 2, so 3 has 1 + exp(-1.2), 8 has 2 exp(-0.75) + exp(-1.75) = 1.12 */
    CHECK_INTEGER(knn_vote_weighted(KNN_L2, label, distance, 5, 0.1), 3);
    CHECK_INTEGER(knn_vote_weighted(KNN_L2, label, distance, 5, 1), 8);
    /* s has half the square: exp(-0.5) = 0.61 against 2 exp(-1.125) = 0.65 */
    CHECK_INTEGER(knn_vote_weighted(KNN_L2, (int64_t[]){ 0, 1, 1 }, (double[]){ 1, 1.5, 1.5 }, 3, 1), 1);
    CHECK_INTEGER(knn_vote_weighted(KNN_COSINE, label, distance, 5, 1e-6), 3);
}

int main(void)
{
    threads_start(2);
    RUN(random_rows_of_many_shapes);
    RUN(more_queries_than_a_batch);
    RUN(one_hot_rows);
    RUN(features_in_clusters);
    RUN(ties_go_by_row);
    RUN(identical_rows);
    RUN(small_clusters_far_apart);
    RUN(norms_that_differ_widely);
    RUN(values_at_the_ends_of_the_range);
    RUN(squares_that_overflow_are_not_far_away);
    RUN(rows_of_one_direction_tie);
    RUN(nearly_parallel_rows_keep_their_digits);
    RUN(zero_rows_have_cosine_distance_one);
    RUN(own_rows_are_left_out);
    RUN(too_few_rows_are_named);
    RUN(threads_change_nothing);
    RUN(exact_keys_are_of_rows_at_hand);
    RUN(votes);
    return check_verdict();
}
