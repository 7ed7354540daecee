/* A small matrix product and how its operands lie, C = A B or C += A B. B and C are cut into panels of 16 columns. */
#ifndef TALE_LAYERS_PRODUCT_H
#define TALE_LAYERS_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/simd.h"

/* Columns of a panel of B and C. */
enum { PANEL = 16 };
/* Rows of A that are multiplied at a time: multiples of them are best. */
enum { PRODUCT_ROWS = VECTOR_FLOATS == 8 ? 6 : 8 };

/* A: element (i, p) is at[i row + p column]. */
struct operand {
    const float *at;
    ptrdiff_t row, column;
};

/* B: element (p, 16 q + j) is at[p row + q panel + j]. */
struct panel_operand {
    const float *at;
    ptrdiff_t row, panel;
};

/* C: element (i, 16 q + j) is at[i row + q panel + j]. */
struct panel_result {
    float *at;
    ptrdiff_t row, panel;
};

struct product {
    ptrdiff_t rows, depth, panels; /* A [rows][depth], B [depth][16 panels], C [rows][16 panels] */
    struct operand a;
    struct panel_operand b;
    struct panel_result c;
    bool add; /* C += A B */
};

#endif
