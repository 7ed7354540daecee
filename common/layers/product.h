/* A small matrix product, C = A B or C += A B, and the layout of its operands. B and C are divided into panels of 16
 * columns. */
#ifndef TALE_LAYERS_PRODUCT_H
#define TALE_LAYERS_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/simd.h"

/* Columns in a panel of B and C. */
enum { PANEL = 16 };
/* Rows of A that are multiplied at a time: multiples of this number are best. */
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
