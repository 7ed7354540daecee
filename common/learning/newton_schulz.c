#define _POSIX_C_SOURCE 200809L /* blis.h needs pthread barriers */
#include "learning/newton_schulz.h"

#include <blis.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"

/* Work is divided into these blocks, for any number of threads: columns of a square, and rows of y. BLIS multiplies
 * blocks of 64 x 64 at 0.95 of its speed on large ones. */
enum { BLOCK_COLUMNS = 64, BLOCK_ROWS = 128 };

static const float a = 3.4445f, b = -4.7750f, c = 2.0315f;

static int smaller(int p, int q)
{
    return p < q ? p : q;
}

/* Floats of a square, rounded up so that each square begins on a cache line. */
static size_t square_floats(int width)
{
    return (checked_multiply((size_t)width, (size_t)width) + 15) / 16 * 16;
}

size_t newton_schulz_floats(int rows, int columns)
{
    return checked_multiply(5, square_floats(smaller(rows, columns)));
}

static void lay_out(struct newton_schulz *m)
{
    bool tall = m->columns <= m->rows;
    m->length = tall ? m->rows : m->columns;
    m->width = tall ? m->columns : m->rows;
    m->row = tall ? m->columns : 1;
    m->column = tall ? 1 : m->columns;
    float **squares[] = { &m->a, &m->b, &m->factor, &m->half, &m->spare };
    for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
        *squares[i] = m->scratch + i * square_floats(m->width);
}

/* ---- blocks of squares ---- */

/* Columns i .. i + m and j .. j + n, i <= j, of a square. */
struct block {
    int i, j, m, n;
};

static int upper_blocks(const struct newton_schulz *m)
{
    int side = (m->width + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS;
    return side * (side + 1) / 2;
}

static struct block upper_block(const struct newton_schulz *m, int number)
{
    int j = 0;
    for (; number > j; j++)
        number -= j + 1;
    int first = number * BLOCK_COLUMNS, second = j * BLOCK_COLUMNS;
    return (struct block){ first, second, smaller(BLOCK_COLUMNS, m->width - first),
                           smaller(BLOCK_COLUMNS, m->width - second) };
}

/* Copies the part above the diagonal to the part below it. */
static void mirror_block(const struct newton_schulz *m, struct block at, float *square)
{
    for (int p = at.i; p < at.i + at.m; p++)
        for (int q = p < at.j ? at.j : p + 1; q < at.j + at.n; q++)
            square[q * m->width + p] = square[p * m->width + q];
}

/* A block of to = alpha left right + beta to. left and right are symmetric and commute, so the product is symmetric,
 * too. */
static void multiply_block(const struct newton_schulz *m, struct block at, float alpha, const float *left,
                           const float *right, float beta, float *to)
{
    bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, at.m, at.n, m->width, &alpha,
              (float *)(uintptr_t)left + at.i * m->width, m->width, 1, (float *)(uintptr_t)right + at.j, m->width, 1,
              &beta, to + at.i * m->width + at.j, m->width, 1);
}

/* ---- the operations of a step, each divided into independent pieces ---- */

/* A = X^T X. */
static void gram_piece(struct newton_schulz *m, int number)
{
    struct block at = upper_block(m, number);
    float one = 1, zero = 0, *x = (float *)(uintptr_t)m->x;
    bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, at.m, at.n, m->length, &one, x + at.i * m->column, m->column,
              m->row, x + at.j * m->column, m->row, m->column, &zero, m->a + at.i * m->width + at.j, m->width, 1);
    mirror_block(m, at, m->a);
}

/* |X|^2 is the trace of A. */
static void scale_piece(struct newton_schulz *m, int number)
{
    double trace = 0;
    (void)number;
    for (int i = 0; i < m->width; i++)
        trace += m->a[i * m->width + i];
    m->scale = (float)(1 / (sqrt(trace) + 1e-7));
    float scale = m->scale * m->scale;
    for (int i = 0; i < m->width * m->width; i++)
        m->a[i] *= scale;
}

static int one_piece(const struct newton_schulz *m)
{
    (void)m;
    return 1;
}

/* B = a I + b A + c A A. */
static void polynomial_piece(struct newton_schulz *m, int number)
{
    struct block at = upper_block(m, number);
    for (int p = at.i; p < at.i + at.m; p++)
        memcpy(m->b + p * m->width + at.j, m->a + p * m->width + at.j, (size_t)at.n * sizeof *m->b);
    multiply_block(m, at, c, m->a, m->a, b, m->b);
    for (int p = at.i; p < at.i + at.m && at.i == at.j; p++)
        m->b[p * m->width + p] += a;
    mirror_block(m, at, m->b);
}

/* A piece of to = left right. */
static void product_piece(const struct newton_schulz *m, int number, const float *left, const float *right, float *to)
{
    struct block at = upper_block(m, number);
    multiply_block(m, at, 1, left, right, 0, to);
    mirror_block(m, at, to);
}

/* B A. */
static void half_piece(struct newton_schulz *m, int number)
{
    product_piece(m, number, m->b, m->a, m->half);
}

/* (B A) B, which replaces A. */
static void next_piece(struct newton_schulz *m, int number)
{
    product_piece(m, number, m->half, m->b, m->a);
}

/* B P. */
static void factor_piece(struct newton_schulz *m, int number)
{
    product_piece(m, number, m->b, m->factor, m->spare);
}

/* Rows of y = keep y + add X / |X| P. */
static void add_piece(struct newton_schulz *m, int number)
{
    int first = number * BLOCK_ROWS, rows = smaller(BLOCK_ROWS, m->length - first);
    float alpha = m->add * m->scale;
    bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, rows, m->width, m->width, &alpha,
              (float *)(uintptr_t)m->x + first * m->row, m->row, m->column, m->factor, m->width, 1, &m->keep,
              m->y + first * m->row, m->row, m->column);
}

static int row_blocks(const struct newton_schulz *m)
{
    return (m->length + BLOCK_ROWS - 1) / BLOCK_ROWS;
}

/* ---- the iteration ---- */

/* All pieces of all matrices, the last matrices first, because those are the largest of a network. */
static void run(int count, struct newton_schulz *matrix, int pieces(const struct newton_schulz *),
                void piece(struct newton_schulz *, int))
{
    int all = 0;
    for (int i = 0; i < count; i++)
        all += pieces(&matrix[i]);
#pragma omp parallel for schedule(dynamic) num_threads(threads_count())
    for (int number = 0; number < all; number++) {
        int left = number, i = count - 1;
        for (; left >= pieces(&matrix[i]); i--)
            left -= pieces(&matrix[i]);
        piece(&matrix[i], left);
    }
}

static void exchange(float **p, float **q)
{
    float *kept = *p;
    *p = *q;
    *q = kept;
}

void newton_schulz(int steps, int count, struct newton_schulz *matrix)
{
    for (int i = 0; i < count; i++)
        lay_out(&matrix[i]);
    run(count, matrix, upper_blocks, gram_piece);
    run(count, matrix, one_piece, scale_piece);
    for (int step = 0; step < steps; step++) {
        run(count, matrix, upper_blocks, polynomial_piece);
        if (step > 0)
            run(count, matrix, upper_blocks, factor_piece);
        if (step + 1 < steps) {
            run(count, matrix, upper_blocks, half_piece);
            run(count, matrix, upper_blocks, next_piece);
        }
        for (int i = 0; i < count; i++)
            exchange(&matrix[i].factor, step > 0 ? &matrix[i].spare : &matrix[i].b); /* P_1 = B_0 */
    }
    run(count, matrix, row_blocks, add_piece);
}
