/* The transforms of winograd_math.h against the matrices they stand for, rebuilt here from the points by Toom and
 * Cook's recipe in double precision: each function is applied to unit vectors, which gives its matrix column by
 * column. */
#include "layers/winograd_math.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "check.h"

enum { POINTS_MAX = 5, SIDE_MAX = 9 };

/* Rounding of constants and of at most four operations on values below 8. */
static const double tolerance = 4e-6;

struct matrix {
    int rows, columns;
    double at[SIDE_MAX][SIDE_MAX];
};

typedef void transform(const vector *, vector *);

static struct matrix matrix_of(transform *apply, int inputs, int outputs)
{
    struct matrix m = { .rows = outputs, .columns = inputs };
    for (int j = 0; j < inputs; j++) {
        vector in[SIDE_MAX], out[SIDE_MAX];
        for (int i = 0; i < inputs; i++)
            in[i] = vector_of(i == j);
        apply(in, out);
        for (int i = 0; i < outputs; i++)
            m.at[i][j] = (double)out[i][VECTOR_FLOATS - 1];
    }
    return m;
}

static struct matrix transpose(const struct matrix *m)
{
    struct matrix t = { .rows = m->columns, .columns = m->rows };
    for (int i = 0; i < m->rows; i++)
        for (int j = 0; j < m->columns; j++)
            t.at[j][i] = m->at[i][j];
    return t;
}

static void check_matrix(const struct matrix *got, const struct matrix *want)
{
    CHECK_INTEGER(got->rows, want->rows);
    CHECK_INTEGER(got->columns, want->columns);
    for (int i = 0; i < want->rows; i++)
        for (int j = 0; j < want->columns; j++)
            CHECK_NEAR(got->at[i][j], want->at[i][j], tolerance);
}

/* ---- the recipe ---- */

/* Coefficients, lowest first, of the product of (t - point) over all points but `left_out` (-1: none). */
static void product(const double *point, int points, int left_out, double *coefficient)
{
    int degree = 0;
    memset(coefficient, 0, SIDE_MAX * sizeof *coefficient);
    coefficient[0] = 1;
    for (int p = 0; p < points; p++) {
        if (p == left_out)
            continue;
        degree++;
        for (int i = degree; i > 0; i--)
            coefficient[i] = coefficient[i - 1] - point[p] * coefficient[i];
        coefficient[0] *= -point[p];
    }
}

/* A^T: `outputs` rows; the last column is infinity's. */
static struct matrix recipe_output(const double *point, int points, int outputs)
{
    struct matrix m = { .rows = outputs, .columns = points + 1 };
    for (int i = 0; i < outputs; i++)
        for (int p = 0; p < points; p++)
            m.at[i][p] = pow(point[p], i);
    m.at[outputs - 1][points] = 1;
    return m;
}

/* G for `taps` taps; the last row is infinity's. */
static struct matrix recipe_weight(const double *point, int points, int taps)
{
    struct matrix m = { .rows = points + 1, .columns = taps };
    for (int p = 0; p < points; p++) {
        double slope = 1;
        for (int q = 0; q < points; q++)
            if (q != p)
                slope *= point[p] - point[q];
        for (int r = 0; r < taps; r++)
            m.at[p][r] = pow(point[p], r) / slope;
    }
    m.at[points][taps - 1] = 1;
    return m;
}

/* B^T. */
static struct matrix recipe_input(const double *point, int points)
{
    struct matrix m = { .rows = points + 1, .columns = points + 1 };
    for (int p = 0; p <= points; p++)
        product(point, points, p < points ? p : -1, m.at[p]);
    return m;
}

static const double *points_stride1(void)
{
    static double point[5];
    point[1] = sqrt(0.5);
    point[2] = -point[1];
    point[3] = sqrt(2);
    point[4] = -point[3];
    return point;
}

static const double *points_stride2(void)
{
    return points_stride1() + 1;
}

/* ---- stride 1: five points and infinity ---- */

static void stride1_is_the_recipe(void)
{
    struct matrix input = matrix_of(input_stride1, 6, 6), want_input = recipe_input(points_stride1(), 5);
    struct matrix output = matrix_of(output_stride1, 6, 4), want_output = recipe_output(points_stride1(), 5, 4);
    struct matrix weight = matrix_of(weight_stride1, 3, 6), want_weight = recipe_weight(points_stride1(), 5, 3);
    check_matrix(&input, &want_input);
    check_matrix(&output, &want_output);
    check_matrix(&weight, &want_weight);
}

/* ---- stride 2: four points and infinity for the odd phase, the identity for the even one ---- */

/* Odd inputs are x[0], x[2], ...: spread the recipe's columns, and put the even ones behind. */
static void stride2_is_the_recipe(void)
{
    struct matrix input = matrix_of(input_stride2, 9, 9), output = matrix_of(output_stride2, 9, 4);
    struct matrix weight = matrix_of(weight_stride2, 3, 6);
    struct matrix odd_input = recipe_input(points_stride2(), 4), odd_output = recipe_output(points_stride2(), 4, 4);
    struct matrix odd_weight = recipe_weight(points_stride2(), 4, 2);
    struct matrix want_input = { .rows = 9, .columns = 9 }, want_output = { .rows = 4, .columns = 9 };
    struct matrix want_weight = { .rows = 6, .columns = 3 };
    for (int p = 0; p < 5; p++) {
        for (int j = 0; j < 5; j++)
            want_input.at[p][2 * j] = odd_input.at[p][j];
        for (int i = 0; i < 4; i++)
            want_output.at[i][p] = odd_output.at[i][p];
        want_weight.at[p][0] = odd_weight.at[p][0];
        want_weight.at[p][2] = odd_weight.at[p][1];
    }
    for (int i = 0; i < 4; i++)
        want_input.at[5 + i][2 * i + 1] = want_output.at[i][5 + i] = 1;
    want_weight.at[5][1] = 1;
    check_matrix(&input, &want_input);
    check_matrix(&output, &want_output);
    check_matrix(&weight, &want_weight);
}

static void adjoints_are_the_transposes(void)
{
    static const struct {
        transform *forward, *adjoint;
        int inputs, outputs;
    } pairs[] = {
        { input_stride1, input_adjoint_stride1, 6, 6 },   { output_stride1, output_adjoint_stride1, 6, 4 },
        { weight_stride1, weight_adjoint_stride1, 3, 6 }, { input_stride2, input_adjoint_stride2, 9, 9 },
        { output_stride2, output_adjoint_stride2, 9, 4 }, { weight_stride2, weight_adjoint_stride2, 3, 6 },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct matrix forward = matrix_of(pairs[i].forward, pairs[i].inputs, pairs[i].outputs);
        struct matrix adjoint = matrix_of(pairs[i].adjoint, pairs[i].outputs, pairs[i].inputs);
        struct matrix want = transpose(&forward);
        check_matrix(&adjoint, &want);
    }
}

/* ---- what it is all for: A^T [(G w) . (B^T x)] is the convolution ---- */

static void one_dimension_convolves(void)
{
    struct random r = random_new(1, 0);
    for (int stride = 1; stride <= 2; stride++) {
        int inputs = stride == 1 ? 6 : 9;
        vector x[SIDE_MAX], v[SIDE_MAX], w[3], u[WEIGHT_SIDE], m[SIDE_MAX], y[TILE];
        for (int i = 0; i < inputs; i++)
            x[i] = vector_of(random_normal(&r));
        for (int i = 0; i < 3; i++)
            w[i] = vector_of(random_normal(&r));
        (stride == 1 ? input_stride1 : input_stride2)(x, v);
        (stride == 1 ? weight_stride1 : weight_stride2)(w, u);
        for (int i = 0; i < inputs; i++)
            m[i] = v[i] * u[i < 5 || stride == 1 ? i : 5];
        (stride == 1 ? output_stride1 : output_stride2)(m, y);
        for (int i = 0; i < TILE; i++) {
            double want = 0;
            for (int k = 0; k < 3; k++)
                want += (double)w[k][0] * (double)x[stride * i + k][0];
            CHECK_NEAR(y[i][0], want, 1e-5); /* a few roundings of values around 10 */
        }
    }
}

int main(void)
{
    RUN(stride1_is_the_recipe);
    RUN(stride2_is_the_recipe);
    RUN(adjoints_are_the_transposes);
    RUN(one_dimension_convolves);
    return check_verdict();
}
