/* Small matrix products without packing. bli_sgemm packs its operands first, which costs more than it saves at the
 * sizes of a convolution's tiles (64 x 64 x 64: 63 GFLOP/s against 85 on one Zen 3 core; 32 x 16 x 16: 10 against 70).
 * So operands are multiplied as they lie: by BLIS's own kernel for small and skinny matrices ("sup"), asked of its
 * context; or by panel_kernel.h where vectors are wide. */
#ifndef TALE_LAYERS_PANEL_GEMM_H
#define TALE_LAYERS_PANEL_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/simd.h"
#include "layers/ahead.h"

/* Columns of a panel of B and C. */
enum { PANEL = 16 };
/* Rows of A that are multiplied at a time: multiples of them are best. */
enum { PRODUCT_ROWS = VECTOR_FLOATS == 8 ? 6 : 8 };

/* How a matrix lies whose columns are cut into panels: element (i, 16 p + j) at [i row + p panel + j]. */
struct panels {
    ptrdiff_t row, panel;
};

/* C = A B, or C += A B where add;   A [m][k] at a[i row_a + j column_a], B [k][16 count], C [m][16 count]. One thread;
 * k is summed in order, so that a row of C does not depend on m, nor a panel on count. What lies `ahead` is
 * fetched meanwhile, where panel_kernel.h is used; NULL: nothing. Call panel_gemm_start once before. */
void panel_gemm(int m, int k, int count, const float *a, ptrdiff_t row_a, ptrdiff_t column_a, const float *b,
                struct panels layout_b, bool add, float *c, struct panels layout_c, struct ahead *ahead);

/* Ask BLIS for its kernel and try it; where there is none that does the job, bli_sgemm is used. */
void panel_gemm_start(void);

#endif
