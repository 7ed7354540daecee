/* Muon: its matrices against loops in double precision, and what a step must keep. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "check.h"
#include "learning/muon.h"
#include "learning/sgd.h"

/* Rows and columns: tall, wide, square; beyond one block of either kind. */
static const int shapes[][2] = { { 1, 1 }, { 144, 16 }, { 36, 64 }, { 20, 20 }, { 300, 80 }, { 70, 150 } };
enum { SHAPES = sizeof shapes / sizeof *shapes };

static float *random_matrix(int rows, int columns, uint64_t seed)
{
    struct random random = random_of(seed, 0);
    float *x = allocate_floats((size_t)rows * (size_t)columns);
    for (int i = 0; i < rows * columns; i++)
        x[i] = random_normal(&random);
    return x;
}

/* c [m][n] = a [m][k] b [k][n] in double. */
static void multiply(int m, int n, int k, const double *a, const double *b, double *c)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int p = 0; p < k; p++)
                sum += a[i * k + p] * b[p * n + j];
            c[i * n + j] = sum;
        }
}

/* The iteration as it is defined, with X^T X on the right whatever the shape: X p(X^T X) = p(X X^T) X. */
static double *defined(int rows, int columns, int steps, const float *from)
{
    size_t count = (size_t)rows * (size_t)columns, square = (size_t)columns * (size_t)columns;
    double *x = allocate(count, sizeof *x), *transposed = allocate(count, sizeof *x), norm = 0;
    double *a = allocate(square, sizeof *a), *aa = allocate(square, sizeof *a), *next = allocate(count, sizeof *x);
    for (size_t i = 0; i < count; i++)
        norm += (double)from[i] * (double)from[i];
    for (size_t i = 0; i < count; i++)
        x[i] = (double)from[i] / sqrt(norm);
    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                transposed[j * rows + i] = x[i * columns + j];
        multiply(columns, columns, rows, transposed, x, a);
        multiply(columns, columns, columns, a, a, aa);
        for (size_t i = 0; i < square; i++)
            a[i] = -4.7750 * a[i] + 2.0315 * aa[i] + (i % ((size_t)columns + 1) == 0 ? 3.4445 : 0);
        multiply(rows, columns, columns, x, a, next);
        memcpy(x, next, count * sizeof *x);
    }
    free(transposed);
    free(a);
    free(aa);
    free(next);
    return x;
}

static void the_iteration_is_as_defined(void)
{
    for (int s = 0; s < SHAPES; s++) {
        int rows = shapes[s][0], columns = shapes[s][1];
        size_t count = (size_t)rows * (size_t)columns;
        float *x = random_matrix(rows, columns, 1), *scratch = allocate_floats(newton_schulz_floats(rows, columns));
        double *want = defined(rows, columns, 3, x);
        newton_schulz(rows, columns, 3, x, scratch);
        for (size_t i = 0; i < count; i++)
            if (!CHECK_NEAR(x[i], want[i], 2e-5)) /* rounding, through three steps that triple what is small */
                break;
        free(x);
        free(want);
        free(scratch);
    }
}

/* Five steps take the singular values of a random matrix, all well above a hundredth of the norm, to about 1. */
static void the_result_is_nearly_orthogonal(void)
{
    enum { ROWS = 90, COLUMNS = 10 };
    float *x = random_matrix(ROWS, COLUMNS, 2), *scratch = allocate_floats(newton_schulz_floats(ROWS, COLUMNS));
    newton_schulz(ROWS, COLUMNS, 5, x, scratch);
    for (int i = 0; i < COLUMNS; i++)
        for (int j = 0; j < COLUMNS; j++) {
            double sum = 0;
            for (int r = 0; r < ROWS; r++)
                sum += (double)x[r * COLUMNS + i] * (double)x[r * COLUMNS + j];
            CHECK_NEAR(sum, i == j ? 1 : 0, 0.55);
        }
    free(x);
    free(scratch);
}

static void zero_stays_zero(void)
{
    float x[6] = { 0 }, zero[6] = { 0 }, *scratch = allocate_floats(newton_schulz_floats(3, 2));
    newton_schulz(3, 2, 3, x, scratch);
    CHECK_FLOATS(x, zero, 6, 0);
    free(scratch);
}

static void a_step(void)
{
    enum { ROWS = 18, COLUMNS = 4, COUNT = ROWS * COLUMNS };
    struct muon muon = { 0.6, 3 };
    float *w = random_matrix(ROWS, COLUMNS, 3), *g = random_matrix(ROWS, COLUMNS, 4);
    float *v = random_matrix(ROWS, COLUMNS, 5), x[COUNT], v_want[COUNT], w_want[COUNT];
    float *scratch = allocate_floats(newton_schulz_floats(ROWS, COLUMNS) + 2 * COUNT);
    double norm = 0;
    for (int i = 0; i < COUNT; i++) {
        v_want[i] = 0.6f * v[i] + g[i];
        x[i] = g[i] + 0.6f * v_want[i];
        norm += (double)w[i] * (double)w[i];
    }
    newton_schulz(ROWS, COLUMNS, 3, x, scratch);
    for (int i = 0; i < COUNT; i++)
        w_want[i] = (float)((double)w[i] * sqrt(3 / norm) - 0.1 * (double)x[i]);
    muon_step(&muon, 0.1, ROWS, COLUMNS, 3, w, g, v, scratch);
    CHECK_FLOATS(v, v_want, COUNT, 1e-6);
    CHECK_FLOATS(w, w_want, COUNT, 1e-5);
    free(w);
    free(g);
    free(v);
    free(scratch);
}

/* Of a whole network, the 3x3 convolutions but the stem move by Muon and all else by SGD; padding stays 0; and the
 * number of threads does not matter. */
static void of_a_network(void)
{
    struct resnet_config config = { .stages = 2, .widths = { 6, 20 }, .blocks = { 1, 1 }, .classes = 3, .height = 8,
                                    .width = 8 };
    struct sgd sgd = { 0.9, 0, 1, true };
    struct muon muon = { 0.6, 3 };
    float *first = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        threads_start(threads);
        struct resnet *net = resnet_new(&config, 2);
        struct random random = random_of(6, 0);
        float *velocity = allocate_floats(net->parameters), *scratch = allocate_floats(muon_floats(net));
        float *before = allocate_floats(net->parameters);
        resnet_initialize(net, 1);
        for (size_t i = 0; i < net->parameters; i++)
            net->gradients[i] = net->weights[i] == 0 ? 0 : random_normal(&random);
        memcpy(before, net->weights, net->parameters * sizeof *before);
        muon_update(&muon, 0.1, net, velocity, scratch);
        for (int i = 0; i < net->parameter_tensors; i++) {
            bool hidden = strstr(net->tensor[i].name, "layer") && strstr(net->tensor[i].name, ".conv");
            bool moved = net->weights[net->tensor[i].offset] != before[net->tensor[i].offset];
            CHECK(moved == hidden);
            CHECK(muon_takes(net, &net->tensor[i]) == hidden);
        }
        memcpy(before, net->weights, net->parameters * sizeof *before);
        sgd_update(&sgd, 0.1, net, velocity);
        for (size_t i = 0; i < net->parameters; i++)
            CHECK(net->gradients[i] != 0 || net->weights[i] == 0);
        for (int i = 0; i < net->parameter_tensors; i++) {
            bool moved = net->weights[net->tensor[i].offset] != before[net->tensor[i].offset];
            CHECK(!(moved && muon_takes(net, &net->tensor[i])));
        }
        if (first)
            CHECK_BYTES(net->weights, first, net->parameters * sizeof(float));
        else {
            first = allocate_floats(net->parameters);
            memcpy(first, net->weights, net->parameters * sizeof *first);
        }
        free(velocity);
        free(scratch);
        free(before);
        resnet_free(net);
    }
    free(first);
}

int main(void)
{
    threads_start(2);
    RUN(the_iteration_is_as_defined);
    RUN(the_result_is_nearly_orthogonal);
    RUN(zero_stays_zero);
    RUN(a_step);
    RUN(of_a_network);
    return check_verdict();
}
