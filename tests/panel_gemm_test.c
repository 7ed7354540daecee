/* Small matrix products against loops in double precision: every number of rows around the sizes of the kernels' tiles,
 * both orientations of A, odd and even numbers of panels, with something fetched ahead. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "check.h"
#include "layers/panel_gemm.h"

enum { ROWS_MOST = 49, DEEPEST = 40, PANELS_MOST = 5, COLUMNS = PANELS_MOST * PANEL };

struct matrices {
    float *a, *b, *c, *ahead;
};

static float *numbers(size_t count, unsigned seed)
{
    float *x = allocate_floats(count);
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        x[i] = (float)(seed >> 8) / (1 << 24) - 0.5f;
    }
    return x;
}

static struct matrices matrices_new(void)
{
    return (struct matrices){ numbers(ROWS_MOST * DEEPEST, 1), numbers(DEEPEST * COLUMNS, 2),
                              numbers(ROWS_MOST * COLUMNS, 3), numbers(4096, 4) };
}

static void matrices_free(struct matrices *x)
{
    free(x->a);
    free(x->b);
    free(x->c);
    free(x->ahead);
}

/* The largest error of one product; elements of C that it must not touch count as well. */
static double error_of(const struct matrices *x, int m, int k, int count, bool by_rows, bool whole_panels, bool add)
{
    float *c = allocate_floats(ROWS_MOST * COLUMNS);
    double worst = 0;
    struct ahead ahead = ahead_new(x->a);
    ahead_add(&ahead, x->ahead, 4096);
    ahead.next = x->b;
    for (int i = 0; i < ROWS_MOST * COLUMNS; i++)
        c[i] = x->c[i];
    const struct product product = {
        .rows = m,
        .depth = k,
        .panels = count,
        .a = { x->a, by_rows ? k : 1, by_rows ? 1 : m },
        .b = { x->b, whole_panels ? PANEL : COLUMNS, whole_panels ? k * PANEL : PANEL },
        .c = { c, COLUMNS, PANEL },
        .add = add,
    };
    panel_gemm(&product, &ahead);
    for (int i = 0; i < ROWS_MOST; i++)
        for (int j = 0; j < COLUMNS; j++) {
            double sum = x->c[i * COLUMNS + j];
            if (i < m && j < count * PANEL) {
                sum = add ? sum : 0;
                for (int p = 0; p < k; p++)
                    sum += (double)x->a[i * product.a.row + p * product.a.column] *
                           x->b[p * product.b.row + j / PANEL * product.b.panel + j % PANEL];
            }
            worst = fmax(worst, fabs(sum - c[i * COLUMNS + j]));
        }
    free(c);
    return worst;
}

static void all_sizes(bool by_rows, bool whole_panels, bool add)
{
    static const int depths[] = { 1, 12, PANEL, 32, DEEPEST };
    struct matrices x = matrices_new();
    for (int m = 1; m <= ROWS_MOST; m++)
        for (size_t d = 0; d < sizeof depths / sizeof *depths; d++)
            for (int count = 0; count <= PANELS_MOST; count++)
                CHECK_NEAR(error_of(&x, m, depths[d], count, by_rows, whole_panels, add), 0, 5e-6);
    matrices_free(&x);
}

static void products_of_rows_agree(void)
{
    all_sizes(true, true, false);
    all_sizes(true, false, false);
}

static void products_of_columns_agree(void)
{
    all_sizes(false, true, false);
    all_sizes(false, false, false);
}

static void products_are_added(void)
{
    all_sizes(true, true, true);
    all_sizes(false, false, true);
}

static void rows_do_not_depend_on_each_other(void)
{
    struct matrices x = matrices_new();
    float *all = allocate_floats(ROWS_MOST * COLUMNS), *one = allocate_floats(COLUMNS);
    for (int count = 1; count <= PANELS_MOST; count++) {
        struct product product = { ROWS_MOST - 1, PANEL, count, { x.a, PANEL, 1 }, { x.b, PANEL, PANEL * PANEL },
                                   { all, COLUMNS, PANEL }, false };
        panel_gemm(&product, NULL);
        product.rows = product.panels = 1;
        product.c.at = one;
        for (int i = 0; i < ROWS_MOST - 1; i++) {
            product.a.at = x.a + i * PANEL;
            panel_gemm(&product, NULL);
            for (int j = 0; j < PANEL; j++)
                CHECK_NEAR(all[i * COLUMNS + j], one[j], 0);
        }
    }
    matrices_free(&x);
    free(all);
    free(one);
}

int main(void)
{
    panel_gemm_start();
    RUN(products_of_rows_agree);
    RUN(products_of_columns_agree);
    RUN(products_are_added);
    RUN(rows_do_not_depend_on_each_other);
    return check_verdict();
}
