/* Muon: its matrices against loops in double precision, and what a step must keep. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"
#include "learning/muon.h"
#include "learning/newton_schulz.h"
#include "learning/sgd.h"
#include "model/initialize.h"

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

/* The orthogonal matrix of x. Caller frees. */
static float *orthogonal(int rows, int columns, int steps, const float *x)
{
    float *y = allocate_floats((size_t)rows * (size_t)columns);
    float *scratch = allocate_floats(newton_schulz_floats(rows, columns));
    struct newton_schulz matrix = { .rows = rows, .columns = columns, .x = x, .y = y, .add = 1, .scratch = scratch };
    newton_schulz(steps, 1, &matrix);
    free(scratch);
    return y;
}

/* Against the iteration as it is defined. */
static void check_orthogonal(int rows, int columns, int steps, const float *x, double tolerance)
{
    size_t count = (size_t)rows * (size_t)columns;
    double *want = defined(rows, columns, steps, x), apart = 0;
    float *got = orthogonal(rows, columns, steps, x);
    for (size_t i = 0; i < count; i++)
        apart = fmax(apart, fabs((double)got[i] - want[i]));
    CHECK_NEAR(apart, 0, tolerance);
    free(want);
    free(got);
}

static void the_iteration_is_as_defined(void)
{
    for (int s = 0; s < SHAPES; s++) {
        int rows = shapes[s][0], columns = shapes[s][1];
        float *x = random_matrix(rows, columns, 1);
        for (int steps = 1; steps <= 5; steps++) /* what is small grows 3.4 times in a step, and its rounding with it */
            check_orthogonal(rows, columns, steps, x, steps <= 3 ? 2e-6 : 5e-5);
        free(x);
    }
}

/* Columns whose lengths fall from 1 to a millionth, and columns that are nearly the same: the small square holds the
 * squares of the singular values, of which float then loses the smallest. */
static void ill_conditioned(void)
{
    enum { ROWS = 300, COLUMNS = 80 };
    for (int kind = 0; kind < 3; kind++) {
        float *x = random_matrix(ROWS, COLUMNS, 7);
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < COLUMNS; j++) {
                float *at = &x[i * COLUMNS + j];
                if (kind == 0)
                    *at *= powf(10, -6 * (float)j / COLUMNS);
                else /* all columns near the first; the second kind also with most of the rows 0 */
                    *at = x[i * COLUMNS] + 1e-3f * *at * (float)(kind == 1 || i < 20);
            }
        check_orthogonal(ROWS, COLUMNS, 3, x, 1e-5);
        check_orthogonal(ROWS, COLUMNS, 5, x, 1e-3);
        free(x);
    }
}

/* Five steps take the singular values of a random matrix, all well above a hundredth of the norm, to about 1. */
static void the_result_is_nearly_orthogonal(void)
{
    enum { ROWS = 90, COLUMNS = 10 };
    float *from = random_matrix(ROWS, COLUMNS, 2), *x = orthogonal(ROWS, COLUMNS, 5, from);
    for (int i = 0; i < COLUMNS; i++)
        for (int j = 0; j < COLUMNS; j++) {
            double sum = 0;
            for (int r = 0; r < ROWS; r++)
                sum += (double)x[r * COLUMNS + i] * (double)x[r * COLUMNS + j];
            CHECK_NEAR(sum, i == j ? 1 : 0, 0.55);
        }
    free(from);
    free(x);
}

static void zero_stays_zero(void)
{
    float zero[6] = { 0 }, *x = orthogonal(3, 2, 3, zero);
    CHECK_FLOATS(x, zero, 6, 0);
    free(x);
}

/* Several matrices at once are what they are alone, to the bit, and y keeps its share. */
static void together_as_alone(void)
{
    struct newton_schulz matrix[SHAPES];
    float *x[SHAPES], *y[SHAPES];
    for (int threads = 1; threads <= 3; threads++) {
        threads_start(threads);
        for (int s = 0; s < SHAPES; s++) {
            int rows = shapes[s][0], columns = shapes[s][1];
            x[s] = random_matrix(rows, columns, 8);
            y[s] = random_matrix(rows, columns, 9);
            matrix[s] = (struct newton_schulz){ .rows = rows, .columns = columns, .x = x[s], .y = y[s], .keep = 0.5f,
                                                .add = -2,
                                                .scratch = allocate_floats(newton_schulz_floats(rows, columns)) };
        }
        newton_schulz(3, SHAPES, matrix);
        for (int s = 0; s < SHAPES; s++) {
            int rows = shapes[s][0], columns = shapes[s][1];
            float *alone = orthogonal(rows, columns, 3, x[s]), *before = random_matrix(rows, columns, 9);
            for (int i = 0; i < rows * columns; i++)
                if (!CHECK_NEAR(y[s][i], 0.5 * (double)before[i] - 2 * (double)alone[i], 1e-6))
                    break;
            free(alone);
            alone = random_matrix(rows, columns, 9);
            matrix[s].y = alone;
            newton_schulz(3, 1, &matrix[s]);
            CHECK_BYTES(alone, y[s], (size_t)(rows * columns) * sizeof(float));
            free(alone);
            free(before);
            free(x[s]);
            free(y[s]);
            free(matrix[s].scratch);
        }
    }
    threads_start(2);
}

static void nan_is_seen(void)
{
    float *x = random_matrix(70, 66, 1), *y;
    x[3] = NAN;
    y = orthogonal(70, 66, 3, x);
    CHECK(isnan(y[0]) && isnan(y[70 * 66 - 1]));
    free(x);
    free(y);
}

static void a_step(void)
{
    enum { ROWS = 18, COLUMNS = 4, COUNT = ROWS * COLUMNS };
    struct muon muon = { 0.6, 3 };
    float *w = random_matrix(ROWS, COLUMNS, 3), *g = random_matrix(ROWS, COLUMNS, 4);
    float *v = random_matrix(ROWS, COLUMNS, 5), from[COUNT], v_want[COUNT], w_want[COUNT];
    struct muon_matrix matrix = { ROWS, COLUMNS, 3, w, g, v };
    float *scratch = allocate_floats(muon_step_floats(1, &matrix));
    double norm = 0;
    for (int i = 0; i < COUNT; i++) {
        v_want[i] = 0.6f * v[i] + g[i];
        from[i] = g[i] + 0.6f * v_want[i];
        norm += (double)w[i] * (double)w[i];
    }
    float *x = orthogonal(ROWS, COLUMNS, 3, from);
    for (int i = 0; i < COUNT; i++)
        w_want[i] = (float)((double)w[i] * sqrt(3 / norm) - 0.1 * (double)x[i]);
    muon_step(&muon, 0.1, 1, &matrix, scratch);
    CHECK_FLOATS(v, v_want, COUNT, 1e-6);
    CHECK_FLOATS(w, w_want, COUNT, 1e-5);
    free(x);
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
            CHECK(muon_updates_tensor(net, &net->tensor[i]) == hidden);
        }
        memcpy(before, net->weights, net->parameters * sizeof *before);
        sgd_update(&sgd, 0.1, net, velocity);
        for (size_t i = 0; i < net->parameters; i++)
            CHECK(net->gradients[i] != 0 || net->weights[i] == 0);
        for (int i = 0; i < net->parameter_tensors; i++) {
            bool moved = net->weights[net->tensor[i].offset] != before[net->tensor[i].offset];
            CHECK(!(moved && muon_updates_tensor(net, &net->tensor[i])));
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
    RUN(ill_conditioned);
    RUN(together_as_alone);
    RUN(nan_is_seen);
    RUN(the_result_is_nearly_orthogonal);
    RUN(zero_stays_zero);
    RUN(a_step);
    RUN(of_a_network);
    return check_verdict();
}
