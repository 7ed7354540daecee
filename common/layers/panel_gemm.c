#define _POSIX_C_SOURCE 200809L /* blis.h needs pthread barriers */
#include "layers/panel_gemm.h"

#include <blis.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "layers/panel_kernel.h"

static sgemmsup_ker_ft kernel; /* NULL: use bli_sgemm */
static cntx_t *context;
static dim_t kernel_rows; /* rows of A that the kernel multiplies at once; it loops over m itself */

/* Multiplies one panel: the first of product.b, into the first of product.c. */
static void call_kernel(const struct product *product)
{
    float one = 1, beta = product->add ? 1 : 0;
    const struct operand *a = &product->a;
    auxinfo_t info;
    memset(&info, 0, sizeof info);
    bli_auxinfo_set_ps_a(kernel_rows * a->row, &info);
    kernel(BLIS_NO_CONJUGATE, BLIS_NO_CONJUGATE, product->rows, PANEL, product->depth, &one, (float *)(uintptr_t)a->at,
           a->row, a->column, (float *)(uintptr_t)product->b.at, product->b.row, 1, &beta, product->c.at,
           product->c.row, 1, &info, context);
}

/* Whether the kernel multiplies 13 x 5 by 5 x 16 correctly, for A by rows and by columns. */
static bool kernel_works(void)
{
    enum { M = 13, K = 5 };
    float a[M * K], b[K * PANEL], c[M * PANEL];
    struct product product = { M, K, 1, { a, K, 1 }, { b, PANEL, 0 }, { c, PANEL, 0 }, true };
    for (int by_rows = 0; by_rows < 2; by_rows++) {
        product.a.row = by_rows ? K : 1;
        product.a.column = by_rows ? 1 : M;
        for (int i = 0; i < M * K; i++)
            a[i] = (float)(i % 7 - 3);
        for (int i = 0; i < K * PANEL; i++)
            b[i] = (float)(i % 11 - 5);
        for (int i = 0; i < M * PANEL; i++)
            c[i] = 1;
        call_kernel(&product);
        for (int i = 0; i < M; i++)
            for (int j = 0; j < PANEL; j++) {
                float sum = 1;
                for (int p = 0; p < K; p++)
                    sum += a[i * product.a.row + p * product.a.column] * b[p * PANEL + j];
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
        memcpy(&kernel, &address, sizeof kernel); /* ISO C has no conversion from void * to a function pointer */
    }
    if (kernel && !kernel_works())
        kernel = NULL;
}

static void multiply_panel(const struct product *product)
{
    if (kernel) {
        call_kernel(product);
        return;
    }
    float one = 1, beta = product->add ? 1 : 0;
    const struct operand *a = &product->a;
    bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, product->rows, PANEL, product->depth, &one,
              (float *)(uintptr_t)a->at, a->row, a->column, (float *)(uintptr_t)product->b.at, product->b.row, 1, &beta,
              product->c.at, product->c.row, 1);
}

void panel_gemm(const struct product *product, struct ahead *ahead)
{
    if (PANEL_KERNEL_SERVES && (product->a.row == 1 || product->a.column == 1)) {
        struct ahead nothing = ahead_new(product->b.at);
        panel_kernel(product, ahead ? ahead : &nothing);
        return;
    }
    struct product one = *product;
    for (ptrdiff_t panel = 0; panel < product->panels; panel++) {
        multiply_panel(&one);
        one.b.at += one.b.panel;
        one.c.at += one.c.panel;
    }
}
