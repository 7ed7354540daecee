/* Winograd's minimal filtering in one dimension (Winograd 1980; Lavin and Gray 2016), as Toom-Cook gives it:
 * multiply polynomials by their values at some points. Four outputs of three taps from six products, instead of
 * twelve:
 *
 *     y = A^T [(G w) . (B^T x)],    y_i = sum_r w_r x_{i+r},    x_0 .. x_5,  y_0 .. y_3
 *
 * at the points 0, a, -a, b, -b and infinity with a = 1/sqrt(2), b = sqrt(2): half the error of the usual 0, 1, -1,
 * 2, -2 at no cost, since the magnitudes a^i, b^i stay nearer to 1. With M(t) = t (t^2 - a^2)(t^2 - b^2):
 *
 *     A^T   column of a point p: 1, p, p^2, p^3;       of infinity: 0, 0, 0, 1
 *     G     row of a point p: (1, p, p^2) / M'(p);     of infinity: 0, 0, 1
 *     B^T   row of a point p: coefficients of M(t) / (t - p), lowest first;   of infinity: those of M(t)
 *
 * Two dimensions are one after the other: 36 products for 4 x 4 outputs of 3 x 3 taps, instead of 144.
 *
 * A convolution with stride 2 is split by phase. y_i = w_0 o_i + w_2 o_{i+1} + w_1 e_i, where o are the inputs with
 * odd and e those with even number: two taps at stride 1 on o, four outputs from the five points a, -a, b, -b,
 * infinity (M(t) = (t^2 - a^2)(t^2 - b^2)), and a plain product for e. So the inputs x_0 .. x_8 (o and e in turn)
 * become 9 values, of which the last four share one transformed weight.
 *
 * The backward pass is the exact adjoint, stage by stage: transpose each matrix. tests/winograd_test.c rebuilds all
 * matrices from the points and compares.
 *
 * In these functions each variable is a vector of independent problems (channels). */
#ifndef TALE_LAYERS_WINOGRAD_MATH_H
#define TALE_LAYERS_WINOGRAD_MATH_H

#include "base/simd.h"

#define WINOGRAD_INLINE static inline __attribute__((always_inline))

enum {
    TILE = 4,        /* outputs a tile has on a side */
    SLOTS_MAX = 9,   /* transformed values along a side: 6 for stride 1, 9 for stride 2 */
    WEIGHT_SIDE = 6, /* transformed weights along a side, for both strides */
    FREQUENCIES = WEIGHT_SIDE * WEIGHT_SIDE
};

/* Powers of the points a = 1/sqrt(2) and b = sqrt(2); a^2 b^2 = 1 and is left out below. */
#define POINT_A 0.70710678118654752440f
#define POINT_B 1.41421356237309504880f
#define A2 0.5f
#define B2 2.0f
#define A3 (POINT_A * A2)
#define B3 (POINT_B * B2)
#define A2_PLUS_B2 2.5f
#define A_B2 (POINT_A * B2)
#define B_A2 (POINT_B * A2)
/* 1 / M'(p) for six points: at a, -a: 1 / (2 a^2 (a^2 - b^2)); at b, -b: 1 / (2 b^2 (b^2 - a^2)); at 0: 1. */
#define SCALE6_A (-2.0f / 3)
#define SCALE6_B (1.0f / 6)
/* For five points: at a: 1 / (2 a (a^2 - b^2)); at b: 1 / (2 b (b^2 - a^2)); -a and -b have the opposite sign. */
#define SCALE5_A (-POINT_A * 2 / 3)
#define SCALE5_B (POINT_B / 6)

/* v = B^T x, six points. */
WINOGRAD_INLINE void input_stride1(const vector x[6], vector v[6])
{
    vector even_a = x[4] - B2 * x[2], odd_a = POINT_A * x[3] - A_B2 * x[1];
    vector even_b = x[4] - A2 * x[2], odd_b = POINT_B * x[3] - B_A2 * x[1];
    v[0] = x[0] + x[4] - A2_PLUS_B2 * x[2];
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
    v[5] = x[1] + x[5] - A2_PLUS_B2 * x[3];
}

/* x = B v, the adjoint of input_stride1. */
WINOGRAD_INLINE void input_adjoint_stride1(const vector v[6], vector x[6])
{
    vector sum_a = v[1] + v[2], difference_a = v[1] - v[2], sum_b = v[3] + v[4], difference_b = v[3] - v[4];
    x[0] = v[0];
    x[1] = v[5] - A_B2 * difference_a - B_A2 * difference_b;
    x[2] = -A2_PLUS_B2 * v[0] - B2 * sum_a - A2 * sum_b;
    x[3] = POINT_A * difference_a + POINT_B * difference_b - A2_PLUS_B2 * v[5];
    x[4] = v[0] + sum_a + sum_b;
    x[5] = v[5];
}

/* y = A^T m, six points. */
WINOGRAD_INLINE void output_stride1(const vector m[6], vector y[TILE])
{
    vector sum_a = m[1] + m[2], difference_a = m[1] - m[2], sum_b = m[3] + m[4], difference_b = m[3] - m[4];
    y[0] = m[0] + sum_a + sum_b;
    y[1] = POINT_A * difference_a + POINT_B * difference_b;
    y[2] = A2 * sum_a + B2 * sum_b;
    y[3] = A3 * difference_a + B3 * difference_b + m[5];
}

/* z = A y, the adjoint of output_stride1. */
WINOGRAD_INLINE void output_adjoint_stride1(const vector y[TILE], vector z[6])
{
    vector even_a = y[0] + A2 * y[2], odd_a = POINT_A * y[1] + A3 * y[3];
    vector even_b = y[0] + B2 * y[2], odd_b = POINT_B * y[1] + B3 * y[3];
    z[0] = y[0];
    z[1] = even_a + odd_a;
    z[2] = even_a - odd_a;
    z[3] = even_b + odd_b;
    z[4] = even_b - odd_b;
    z[5] = y[3];
}

/* u = G w, six points. */
WINOGRAD_INLINE void weight_stride1(const vector w[3], vector u[WEIGHT_SIDE])
{
    vector even_a = SCALE6_A * (w[0] + A2 * w[2]), odd_a = (SCALE6_A * POINT_A) * w[1];
    vector even_b = SCALE6_B * (w[0] + B2 * w[2]), odd_b = (SCALE6_B * POINT_B) * w[1];
    u[0] = w[0];
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = w[2];
}

/* w = G^T u, the adjoint of weight_stride1. */
WINOGRAD_INLINE void weight_adjoint_stride1(const vector u[WEIGHT_SIDE], vector w[3])
{
    vector sum_a = SCALE6_A * (u[1] + u[2]), sum_b = SCALE6_B * (u[3] + u[4]);
    w[0] = u[0] + sum_a + sum_b;
    w[1] = (SCALE6_A * POINT_A) * (u[1] - u[2]) + (SCALE6_B * POINT_B) * (u[3] - u[4]);
    w[2] = A2 * sum_a + B2 * sum_b + u[5];
}

/* v[0..4] = B^T o at five points, v[5..8] = e;   o = x[0], x[2], ..., x[8] and e = x[1], x[3], x[5], x[7]. */
WINOGRAD_INLINE void input_stride2(const vector x[9], vector v[9])
{
    vector odd_a = x[6] - B2 * x[2], even_a = POINT_A * x[4] - A_B2 * x[0];
    vector odd_b = x[6] - A2 * x[2], even_b = POINT_B * x[4] - B_A2 * x[0];
    v[0] = odd_a + even_a;
    v[1] = odd_a - even_a;
    v[2] = odd_b + even_b;
    v[3] = odd_b - even_b;
    v[4] = x[0] + x[8] - A2_PLUS_B2 * x[4];
    v[5] = x[1];
    v[6] = x[3];
    v[7] = x[5];
    v[8] = x[7];
}

/* The adjoint of input_stride2. */
WINOGRAD_INLINE void input_adjoint_stride2(const vector v[9], vector x[9])
{
    vector sum_a = v[0] + v[1], difference_a = v[0] - v[1], sum_b = v[2] + v[3], difference_b = v[2] - v[3];
    x[0] = v[4] - A_B2 * difference_a - B_A2 * difference_b;
    x[2] = -B2 * sum_a - A2 * sum_b;
    x[4] = POINT_A * difference_a + POINT_B * difference_b - A2_PLUS_B2 * v[4];
    x[6] = sum_a + sum_b;
    x[8] = v[4];
    x[1] = v[5];
    x[3] = v[6];
    x[5] = v[7];
    x[7] = v[8];
}

/* y = A^T m[0..4] + m[5..8], five points and the even phase. */
WINOGRAD_INLINE void output_stride2(const vector m[9], vector y[TILE])
{
    vector sum_a = m[0] + m[1], difference_a = m[0] - m[1], sum_b = m[2] + m[3], difference_b = m[2] - m[3];
    y[0] = sum_a + sum_b + m[5];
    y[1] = POINT_A * difference_a + POINT_B * difference_b + m[6];
    y[2] = A2 * sum_a + B2 * sum_b + m[7];
    y[3] = A3 * difference_a + B3 * difference_b + m[4] + m[8];
}

/* The adjoint of output_stride2. */
WINOGRAD_INLINE void output_adjoint_stride2(const vector y[TILE], vector z[9])
{
    vector even_a = y[0] + A2 * y[2], odd_a = POINT_A * y[1] + A3 * y[3];
    vector even_b = y[0] + B2 * y[2], odd_b = POINT_B * y[1] + B3 * y[3];
    z[0] = even_a + odd_a;
    z[1] = even_a - odd_a;
    z[2] = even_b + odd_b;
    z[3] = even_b - odd_b;
    z[4] = y[3];
    z[5] = y[0];
    z[6] = y[1];
    z[7] = y[2];
    z[8] = y[3];
}

/* u[0..4] = G (w_0, w_2) at five points, u[5] = w_1. */
WINOGRAD_INLINE void weight_stride2(const vector w[3], vector u[WEIGHT_SIDE])
{
    vector low_a = SCALE5_A * w[0], high_a = (SCALE5_A * POINT_A) * w[2];
    vector low_b = SCALE5_B * w[0], high_b = (SCALE5_B * POINT_B) * w[2];
    u[0] = high_a + low_a;
    u[1] = high_a - low_a;
    u[2] = high_b + low_b;
    u[3] = high_b - low_b;
    u[4] = w[2];
    u[5] = w[1];
}

/* The adjoint of weight_stride2. */
WINOGRAD_INLINE void weight_adjoint_stride2(const vector u[WEIGHT_SIDE], vector w[3])
{
    w[0] = SCALE5_A * (u[0] - u[1]) + SCALE5_B * (u[2] - u[3]);
    w[1] = u[5];
    w[2] = (SCALE5_A * POINT_A) * (u[0] + u[1]) + (SCALE5_B * POINT_B) * (u[2] + u[3]) + u[4];
}

#endif
