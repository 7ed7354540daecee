#include "layers/panel_kernel.h"

#include "base/simd.h"

#define KERNEL_INLINE static inline __attribute__((always_inline))

enum { PARTS = PANEL / VECTOR_FLOATS }; /* vectors in a panel's row */
/* Sums that are kept in registers: with AVX-512 8 rows of two panels, or 16 rows of one, take 16 of its 32 registers;
 * with AVX2 6 rows of a panel take 12 of 16. With fewer, the additions would wait for each other; 12 rows of two panels
 * are not faster. */
enum { PANELS = PARTS == 1 ? 2 : 1, ROWS = PRODUCT_ROWS, ROWS_OF_ONE = PARTS == 1 ? 16 : ROWS };
enum { ROWS_FEW = 4, ROWS_MAX = 16, GROUP = 4 };

/* Computes the address of the next row explicitly: otherwise the compiler keeps sixteen addresses, more than there are
 * registers for. */
#define NEXT(pointer, step) ((pointer) += (step), __extension__({ __asm__("" : "+r"(pointer)); }))

/* C = sum, or C += sum if `add`. */
KERNEL_INLINE void store_sums(const int rows, const int panels, vector sum[ROWS_MAX][2 * PARTS], bool add,
                              struct panel_result c)
{
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < panels * PARTS; v++) {
            float *at = c.at + v / PARTS * c.panel + v % PARTS * VECTOR_FLOATS;
            vector_store(at, add ? vector_load(at) + sum[i][v] : sum[i][v]);
        }
        NEXT(c.at, c.row);
    }
}

/* The first `rows` rows of the first `panels` panels of C. Each step through the depth prefetches a line from `near`,
 * if it is given, which is needed next, and a line from the list of memory that is needed later. */
KERNEL_INLINE void multiply_tile(const int rows, const int panels, struct product product, struct ahead *near,
                                 struct ahead *ahead)
{
    const float *group[ROWS_MAX / GROUP], *a = product.a.at, *b = product.b.at;
    float *to = product.c.at;
    vector sum[ROWS_MAX][2 * PARTS];
    for (int i = 0; i < rows; i += GROUP) {
        group[i / GROUP] = a;
        NEXT(a, GROUP * product.a.row);
    }
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < panels * PARTS; v++) {
            sum[i][v] = vector_of(0);
            if (product.add)
                __builtin_prefetch(to + v / PARTS * product.c.panel, 1);
        }
        NEXT(to, product.c.row);
    }
    const float *fetch = ahead->at, *end = ahead->end;
    const float *soon = near ? near->at : NULL, *soon_end = near ? near->end : NULL;
    for (ptrdiff_t p = 0; p < product.depth; p++, b += product.b.row) {
        fetch = ahead_fetch(fetch, end);
        if (near)
            soon = ahead_fetch(soon, soon_end);
        vector row[2 * PARTS];
        for (int v = 0; v < panels * PARTS; v++)
            row[v] = vector_load(b + v / PARTS * product.b.panel + v % PARTS * VECTOR_FLOATS);
        for (int i = 0; i < rows; i++) {
            vector x = vector_of(group[i / GROUP][i % GROUP * product.a.row]);
            for (int v = 0; v < panels * PARTS; v++)
                sum[i][v] += x * row[v];
        }
        for (int i = 0; i < rows; i += GROUP)
            group[i / GROUP] += product.a.column;
    }
    ahead->at = fetch;
    if (near)
        near->at = soon;
    store_sums(rows, panels, sum, product.add, product.c);
}

/* The part of a product from row `rows` on. */
KERNEL_INLINE struct product rows_after(struct product product, ptrdiff_t rows)
{
    product.rows -= rows;
    product.a.at += rows * product.a.row;
    product.c.at += rows * product.c.row;
    return product;
}

/* The part of a product from panel `panels` on. */
KERNEL_INLINE struct product panels_after(struct product product, ptrdiff_t panels)
{
    product.panels -= panels;
    product.b.at += panels * product.b.panel;
    product.c.at += panels * product.c.panel;
    return product;
}

/* One panel of C if B is 16 x 16, a vector is a whole panel and the number of rows is a multiple of 8: B stays in
 * registers while A is read. */
KERNEL_INLINE void multiply_held(struct product product, struct ahead *ahead)
{
    vector held[PANEL];
    const float *fetch = ahead->at, *end = ahead->end, *a = product.a.at;
    for (int p = 0; p < PANEL; p++)
        held[p] = vector_load(product.b.at + p * product.b.row);
    for (; product.rows > 0; product.rows -= ROWS, product.c.at += ROWS * product.c.row) {
        const float *group[2] = { a, a + GROUP * product.a.row };
        vector sum[ROWS_MAX][2 * PARTS];
        NEXT(a, ROWS * product.a.row);
        for (int i = 0; i < ROWS; i++)
            sum[i][0] = vector_of(0);
#pragma GCC unroll 16
        for (int p = 0; p < PANEL; p++) {
            if (p % 2 == 0)
                fetch = ahead_fetch(fetch, end);
            for (int i = 0; i < ROWS; i++)
                sum[i][0] += group[i / GROUP][i % GROUP * product.a.row + p] * held[p];
        }
        store_sums(ROWS, 1, sum, false, product.c);
    }
    ahead->at = fetch;
}

/* All rows of the first `panels` panels of C, `step` at a time; the end is done as twice 4 rows rather than as fewer
 * than 4. */
KERNEL_INLINE void multiply_rows(const int step, const int panels, struct product product, struct ahead *near,
                                 struct ahead *ahead)
{
    for (; product.rows == step || product.rows >= step + ROWS_FEW; product = rows_after(product, step))
        multiply_tile(step, panels, product, near, ahead);
    for (; product.rows >= ROWS_FEW; product = rows_after(product, ROWS_FEW))
        multiply_tile(ROWS_FEW, panels, product, near, ahead);
    for (; product.rows > 0; product = rows_after(product, 1))
        multiply_tile(1, panels, product, near, ahead);
}

/* The panels of B that are multiplied after the first ones, if they are contiguous in memory; after the last panels,
 * those of the next product. */
KERNEL_INLINE struct ahead next_panels(const struct product *product, const struct ahead *ahead)
{
    struct ahead near = ahead_new(product->a.at);
    const float *b = product->panels > PANELS ? product->b.at + PANELS * product->b.panel : ahead->next;
    if (b && product->b.row == PANEL) {
        near.at = b;
        near.end = b + PANELS * product->depth * PANEL;
    }
    return near;
}

/* With wide vectors, two panels at a time, so that an element of A is loaded once for both. */
KERNEL_INLINE void multiply_panels(struct product product, struct ahead *ahead)
{
    bool by_rows = product.a.column == 1; /* by columns: gradients of weights, where B is not contiguous */
    for (; product.panels >= PANELS; product = panels_after(product, PANELS)) {
        struct ahead near = next_panels(&product, ahead);
        multiply_rows(ROWS, PANELS, product, by_rows ? &near : NULL, ahead);
    }
    if (PANELS == 1 || !product.panels)
        return;
    if (by_rows && product.depth == PANEL && !product.add && product.rows % ROWS == 0)
        multiply_held(product, ahead);
    else
        multiply_rows(ROWS_OF_ONE, 1, product, NULL, ahead);
}

void panel_kernel(const struct product *product, struct ahead *ahead)
{
    struct product known = *product;
    ahead_turn(ahead);
    if (product->a.column == 1) { /* a constant for the compiler in both branches, so each gets its own addressing */
        known.a.column = 1;
        multiply_panels(known, ahead);
    } else {
        known.a.row = 1;
        multiply_panels(known, ahead);
    }
}
