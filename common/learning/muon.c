#define _POSIX_C_SOURCE 200809L /* blis.h wants pthread barriers */
#include "learning/muon.h"

#include <blis.h>
#include <math.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/threads.h"

/* A matrix by its strides, long x narrow, so that the product of its columns is the small one. */
struct view {
    int length, width;
    int row, column; /* strides */
};

/* Work is cut into these, whatever the threads: columns of A, rows of X, and floats of a sum. */
enum { BLOCK_COLUMNS = 64, BLOCK_ROWS = 128, SUM_PARTS = 32 };

static struct view view_of(int rows, int columns)
{
    if (columns <= rows)
        return (struct view){ rows, columns, columns, 1 };
    return (struct view){ columns, rows, 1, columns };
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Room for a thread's block to end on its own cache line. */
static size_t rounded(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

size_t newton_schulz_floats(int rows, int columns)
{
    size_t width = (size_t)smaller(rows, columns);
    return checked_add(rounded(checked_multiply((size_t)rows, (size_t)columns)),
                       checked_multiply(2, rounded(checked_multiply(width, width))));
}

/* |x|, in double and in parts of fixed borders. */
static double norm(size_t count, const float *x)
{
    double part[SUM_PARTS], sum = 0;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int p = 0; p < SUM_PARTS; p++) {
        size_t end = count * (size_t)(p + 1) / SUM_PARTS;
        double squares = 0;
        for (size_t i = count * (size_t)p / SUM_PARTS; i < end; i++)
            squares += (double)x[i] * (double)x[i];
        part[p] = squares;
    }
    for (int p = 0; p < SUM_PARTS; p++)
        sum += part[p];
    return sqrt(sum);
}

/* a [width][width] = X^T X: the blocks on and above the diagonal, and their mirror images. */
static void gram(struct view v, const float *x, float *a)
{
    int blocks = (v.width + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
#pragma omp parallel for schedule(dynamic) num_threads(threads_count())
    for (int pair = 0; pair < blocks * blocks; pair++) {
        int i = pair / blocks * BLOCK_COLUMNS, j = pair % blocks * BLOCK_COLUMNS;
        int m = smaller(BLOCK_COLUMNS, v.width - i), n = smaller(BLOCK_COLUMNS, v.width - j);
        float one = 1, zero = 0, *from = (float *)(uintptr_t)x;
        if (j < i)
            continue;
        bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, v.length, &one, from + i * v.column, v.column, v.row,
                  from + j * v.column, v.row, v.column, &zero, a + i * v.width + j, v.width, 1);
        for (int p = 0; p < m; p++)
            for (int q = 0; q < n && j > i; q++)
                a[(j + q) * v.width + i + p] = a[(i + p) * v.width + j + q];
    }
}

/* x = x b, by way of `product` [length][width]. */
static void multiply_on(struct view v, float *x, const float *b, float *product)
{
    int blocks = (v.length + BLOCK_ROWS - 1) / BLOCK_ROWS;
#pragma omp parallel for schedule(dynamic) num_threads(threads_count())
    for (int block = 0; block < blocks; block++) {
        int first = block * BLOCK_ROWS, m = smaller(BLOCK_ROWS, v.length - first);
        float one = 1, zero = 0, *at = x + first * v.row, *to = product + first * v.width;
        bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, v.width, v.width, &one, at, v.row, v.column,
                  (float *)(uintptr_t)b, v.width, 1, &zero, to, v.width, 1);
        for (int p = 0; p < m; p++)
            for (int q = 0; q < v.width; q++)
                at[p * v.row + q * v.column] = to[p * v.width + q];
    }
}

void newton_schulz(int rows, int columns, int steps, float *x, float *scratch)
{
    static const float a = 3.4445f, b = -4.7750f, c = 2.0315f;
    struct view v = view_of(rows, columns), square = { v.width, v.width, v.width, 1 };
    size_t count = (size_t)rows * (size_t)columns, size = (size_t)v.width * (size_t)v.width;
    float *product = scratch, *first = product + rounded(count), *second = first + rounded(size);
    float scale = (float)(1 / (norm(count, x) + 1e-7));
#pragma omp parallel for simd schedule(static) num_threads(threads_count())
    for (size_t i = 0; i < count; i++)
        x[i] *= scale;
    for (int step = 0; step < steps; step++) {
        gram(v, x, first);
        gram(square, first, second); /* A is symmetric: A^T A = A A */
        for (size_t i = 0; i < size; i++)
            first[i] = b * first[i] + c * second[i];
        for (size_t i = 0; i < size; i += (size_t)v.width + 1)
            first[i] += a;
        multiply_on(v, x, first, product);
    }
}

void muon_step(const struct muon *muon, double rate, int rows, int columns, int outputs, float *w, const float *g,
               float *v, float *scratch)
{
    size_t count = (size_t)rows * (size_t)columns;
    float mu = (float)muon->momentum, *x = scratch;
#pragma omp parallel for simd schedule(static) num_threads(threads_count())
    for (size_t i = 0; i < count; i++) {
        v[i] = mu * v[i] + g[i];
        x[i] = g[i] + mu * v[i];
    }
    newton_schulz(rows, columns, muon->steps, x, scratch + rounded(count));
    float scale = (float)(sqrt(outputs) / (norm(count, w) + 1e-7)), step = (float)rate;
#pragma omp parallel for simd schedule(static) num_threads(threads_count())
    for (size_t i = 0; i < count; i++)
        w[i] = scale * w[i] - step * x[i];
}

bool muon_takes(const struct resnet *net, const struct resnet_tensor *tensor)
{
    return tensor->role == ROLE_CONVOLUTION && tensor->kernel == 3 && tensor->offset != net->stem.weight;
}

static int stored_rows(const struct resnet_tensor *t)
{
    return t->kernel * t->kernel * t->padded_inputs;
}

size_t muon_floats(const struct resnet *net)
{
    size_t most = 0;
    for (int i = 0; i < net->parameter_tensors; i++) {
        const struct resnet_tensor *t = &net->tensor[i];
        if (!muon_takes(net, t))
            continue;
        size_t floats = newton_schulz_floats(stored_rows(t), t->padded_outputs) +
                        rounded((size_t)stored_rows(t) * (size_t)t->padded_outputs);
        most = floats > most ? floats : most;
    }
    return most;
}

void muon_update(const struct muon *muon, double rate, struct resnet *net, float *velocity, float *scratch)
{
    for (int i = 0; i < net->parameter_tensors; i++) {
        const struct resnet_tensor *t = &net->tensor[i];
        if (muon_takes(net, t) && !t->frozen)
            muon_step(muon, rate, stored_rows(t), t->padded_outputs, t->outputs, net->weights + t->offset,
                      net->gradients + t->offset, velocity + t->offset, scratch);
    }
}
