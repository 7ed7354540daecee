#define _POSIX_C_SOURCE 200809L /* blis.h wants pthread barriers */
#include "layers/panel_gemm.h"

#include <blis.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/simd.h"
#include "layers/panel_kernel.h"

static sgemmsup_ker_ft kernel; /* NULL: use bli_sgemm */
static cntx_t *context;
static dim_t kernel_rows; /* of A that the kernel takes at a time: it walks over m by itself */

static void call_kernel(int m, int k, const float *a, ptrdiff_t row_a, ptrdiff_t column_a, const float *b,
                        ptrdiff_t row_b, bool add, float *c, ptrdiff_t row_c)
{
    float one = 1, beta = add ? 1 : 0;
    auxinfo_t info;
    memset(&info, 0, sizeof info);
    bli_auxinfo_set_ps_a(kernel_rows * row_a, &info);
    kernel(BLIS_NO_CONJUGATE, BLIS_NO_CONJUGATE, m, PANEL, k, &one, (float *)(uintptr_t)a, row_a, column_a,
           (float *)(uintptr_t)b, row_b, 1, &beta, c, row_c, 1, &info, context);
}

/* Whether the kernel multiplies 13 x 5 by 5 x 16 rightly, for A by rows and by columns. */
static bool kernel_works(void)
{
    enum { M = 13, K = 5 };
    float a[M * K], b[K * PANEL], c[M * PANEL];
    for (int by_rows = 0; by_rows < 2; by_rows++) {
        ptrdiff_t row_a = by_rows ? K : 1, column_a = by_rows ? 1 : M;
        for (int i = 0; i < M * K; i++)
            a[i] = (float)(i % 7 - 3);
        for (int i = 0; i < K * PANEL; i++)
            b[i] = (float)(i % 11 - 5);
        for (int i = 0; i < M * PANEL; i++)
            c[i] = 1;
        call_kernel(M, K, a, row_a, column_a, b, PANEL, true, c, PANEL);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < PANEL; j++) {
                float sum = 1;
                for (int p = 0; p < K; p++)
                    sum += a[i * row_a + p * column_a] * b[p * PANEL + j];
                if (!(fabsf(sum - c[i * PANEL + j]) < 1e-3f))
                    return false;
            }
    }
    return true;
}

void panel_gemm_start(void)
{
    if (context)
        return;
    bli_init();
    context = (cntx_t *)(uintptr_t)bli_gks_query_cntx();
    kernel_rows = bli_cntx_get_l3_sup_blksz_def_dt(BLIS_FLOAT, BLIS_MR, context);
    dim_t columns = bli_cntx_get_l3_sup_blksz_def_dt(BLIS_FLOAT, BLIS_NR, context);
    if (kernel_rows > 0 && columns == PANEL) {
        void *address = bli_cntx_get_l3_sup_ker_dt(BLIS_FLOAT, BLIS_RRR, context);
        memcpy(&kernel, &address, sizeof kernel); /* ISO C knows no conversion from void * to a function */
    }
    if (kernel && !kernel_works())
        kernel = NULL;
}

static void multiply_panel(int m, int k, const float *a, ptrdiff_t row_a, ptrdiff_t column_a, const float *b,
                           ptrdiff_t row_b, bool add, float *c, ptrdiff_t row_c)
{
    if (kernel) {
        call_kernel(m, k, a, row_a, column_a, b, row_b, add, c, row_c);
        return;
    }
    float one = 1, beta = add ? 1 : 0;
    bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, PANEL, k, &one, (float *)(uintptr_t)a, row_a, column_a,
              (float *)(uintptr_t)b, row_b, 1, &beta, c, row_c, 1);
}

void panel_gemm(int m, int k, int count, const float *a, ptrdiff_t row_a, ptrdiff_t column_a, const float *b,
                struct panels layout_b, bool add, float *c, struct panels layout_c, struct ahead *ahead)
{
    if (PANEL_KERNEL_SERVES && (row_a == 1 || column_a == 1)) {
        struct ahead nothing = ahead_new(b);
        panel_kernel(m, k, count, a, row_a, column_a, b, layout_b, add, c, layout_c, ahead ? ahead : &nothing);
        return;
    }
    for (; count > 0; count--, b += layout_b.panel, c += layout_c.panel)
        multiply_panel(m, k, a, row_a, column_a, b, layout_b.row, add, c, layout_c.row);
}
