#include "layers/panel_kernel.h"

#include "base/simd.h"

#define KERNEL_INLINE static inline __attribute__((always_inline))

enum { PARTS = PANEL / VECTOR_FLOATS }; /* vectors of a panel's row */
/* Sums that are kept in registers: with AVX-512 those of 8 rows of two panels, or 16 rows of one, 16 of its 32
 * registers; with AVX2 6 rows of a panel, 12 of 16. Fewer would wait for each other; 12 rows of two panels are not
 * faster. */
enum { PANELS = PARTS == 1 ? 2 : 1, ROWS = PRODUCT_ROWS, ROWS_OF_ONE = PARTS == 1 ? 16 : ROWS };
enum { ROWS_FEW = 4, ROWS_MAX = 16, GROUP = 4 };

/* The next row, computed here and now: the compiler would rather keep sixteen addresses, more than there are registers
 * for. */
#define NEXT(pointer, step) ((pointer) += (step), __extension__({ __asm__("" : "+r"(pointer)); }))

/* C = sum, or C += sum where add. */
KERNEL_INLINE void store_sums(const int rows, const int panels, vector sum[ROWS_MAX][2 * PARTS], bool add, float *c,
                              struct panels layout_c)
{
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < panels * PARTS; v++) {
            float *at = c + v / PARTS * layout_c.panel + v % PARTS * VECTOR_FLOATS;
            vector_store(at, add ? vector_load(at) + sum[i][v] : sum[i][v]);
        }
        NEXT(c, layout_c.row);
    }
}

/* `rows` rows of `panels` panels of C. At each step through k a line of what is needed next (near, where there is such
 * a thing) and one of what is needed some time are fetched. */
KERNEL_INLINE void multiply_tile(const int rows, const int panels, int k, const float *a, ptrdiff_t row_a,
                                 ptrdiff_t column_a, const float *b, struct panels layout_b, bool add, float *c,
                                 struct panels layout_c, struct ahead *near, struct ahead *ahead)
{
    const float *group[ROWS_MAX / GROUP];
    float *to = c;
    vector sum[ROWS_MAX][2 * PARTS];
    for (int i = 0; i < rows; i += GROUP) {
        group[i / GROUP] = a;
        NEXT(a, GROUP * row_a);
    }
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < panels * PARTS; v++) {
            sum[i][v] = vector_of(0);
            if (add)
                __builtin_prefetch(to + v / PARTS * layout_c.panel, 1);
        }
        NEXT(to, layout_c.row);
    }
    const float *fetch = ahead->at, *end = ahead->end;
    const float *soon = near ? near->at : NULL, *soon_end = near ? near->end : NULL;
    for (int p = 0; p < k; p++, b += layout_b.row) {
        fetch = ahead_fetch(fetch, end);
        if (near)
            soon = ahead_fetch(soon, soon_end);
        vector row[2 * PARTS];
        for (int v = 0; v < panels * PARTS; v++)
            row[v] = vector_load(b + v / PARTS * layout_b.panel + v % PARTS * VECTOR_FLOATS);
        for (int i = 0; i < rows; i++) {
            vector x = vector_of(group[i / GROUP][i % GROUP * row_a]);
            for (int v = 0; v < panels * PARTS; v++)
                sum[i][v] += x * row[v];
        }
        for (int i = 0; i < rows; i += GROUP)
            group[i / GROUP] += column_a;
    }
    ahead->at = fetch;
    if (near)
        near->at = soon;
    store_sums(rows, panels, sum, add, c, layout_c);
}

/* One panel of C where B is 16 x 16, vectors are whole panels and `m` is a multiple of 8: B stays in registers while A
 * goes by. */
KERNEL_INLINE void multiply_held(int m, const float *a, ptrdiff_t row_a, const float *b, ptrdiff_t row_b, float *c,
                                 struct panels layout_c, struct ahead *ahead)
{
    vector held[PANEL];
    const float *fetch = ahead->at, *end = ahead->end;
    for (int p = 0; p < PANEL; p++)
        held[p] = vector_load(b + p * row_b);
    for (; m > 0; m -= ROWS, c += ROWS * layout_c.row) {
        const float *group[2] = { a, a + GROUP * row_a };
        vector sum[ROWS_MAX][2 * PARTS];
        NEXT(a, ROWS * row_a);
        for (int i = 0; i < ROWS; i++)
            sum[i][0] = vector_of(0);
#pragma GCC unroll 16
        for (int p = 0; p < PANEL; p++) {
            if (p % 2 == 0)
                fetch = ahead_fetch(fetch, end);
            for (int i = 0; i < ROWS; i++)
                sum[i][0] += group[i / GROUP][i % GROUP * row_a + p] * held[p];
        }
        store_sums(ROWS, 1, sum, false, c, layout_c);
    }
    ahead->at = fetch;
}

/* All rows of `panels` panels of C, `step` at a time; rather twice 4 than fewer than 4 at the end. */
KERNEL_INLINE void multiply_rows(const int step, const int panels, int m, int k, const float *a, const ptrdiff_t row_a,
                                 const ptrdiff_t column_a, const float *b, struct panels layout_b, bool add, float *c,
                                 struct panels layout_c, struct ahead *near, struct ahead *ahead)
{
    for (; m == step || m >= step + ROWS_FEW; m -= step, a += step * row_a, c += step * layout_c.row)
        multiply_tile(step, panels, k, a, row_a, column_a, b, layout_b, add, c, layout_c, near, ahead);
    for (; m >= ROWS_FEW; m -= ROWS_FEW, a += ROWS_FEW * row_a, c += ROWS_FEW * layout_c.row)
        multiply_tile(ROWS_FEW, panels, k, a, row_a, column_a, b, layout_b, add, c, layout_c, near, ahead);
    for (; m > 0; m--, a += row_a, c += layout_c.row)
        multiply_tile(1, panels, k, a, row_a, column_a, b, layout_b, add, c, layout_c, near, ahead);
}

/* The panels of B from `b` on, where they are whole stretches of memory. */
KERNEL_INLINE struct ahead next_panels(const float *b, int k, struct panels layout, const float *resting)
{
    struct ahead near = ahead_new(resting);
    if (b && layout.row == PANEL) {
        near.at = b;
        near.end = b + (ptrdiff_t)PANELS * k * PANEL;
    }
    return near;
}

/* Where vectors are wide, panels two at a time, so that an element of A is loaded for both. */
KERNEL_INLINE void multiply_panels(int m, int k, int count, const float *a, const ptrdiff_t row_a,
                                   const ptrdiff_t column_a, const float *b, struct panels layout_b, bool add,
                                   float *c, struct panels layout_c, struct ahead *ahead)
{
    for (; count >= PANELS; count -= PANELS, b += PANELS * layout_b.panel, c += PANELS * layout_c.panel) {
        struct ahead near = next_panels(count > PANELS ? b + PANELS * layout_b.panel : ahead->next, k, layout_b, a);
        multiply_rows(ROWS, PANELS, m, k, a, row_a, column_a, b, layout_b, add, c, layout_c,
                      column_a == 1 ? &near : NULL, ahead); /* by columns: gradients of weights, B is no stretch */
    }
    if (!count) /* always so where they go one at a time */
        return;
    if (column_a == 1 && k == PANEL && !add && m % ROWS == 0)
        multiply_held(m, a, row_a, b, layout_b.row, c, layout_c, ahead);
    else
        multiply_rows(ROWS_OF_ONE, 1, m, k, a, row_a, column_a, b, layout_b, add, c, layout_c, NULL, ahead);
}

void panel_kernel(int m, int k, int count, const float *a, ptrdiff_t row_a, ptrdiff_t column_a, const float *b,
                  struct panels layout_b, bool add, float *c, struct panels layout_c, struct ahead *ahead)
{
    ahead_turn(ahead);
    if (column_a == 1) /* known to the compiler, as is the other: each becomes addresses of its own */
        multiply_panels(m, k, count, a, row_a, 1, b, layout_b, add, c, layout_c, ahead);
    else
        multiply_panels(m, k, count, a, 1, column_a, b, layout_b, add, c, layout_c, ahead);
}
