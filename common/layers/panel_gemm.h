/* Small matrix products without packing. bli_sgemm packs its operands first, which costs more than it saves at the
 * sizes of a convolution's tiles (64 x 64 x 64: 63 GFLOP/s with packing, 85 without on one Zen 3 core; 32 x 16 x 16: 10
 * and 70). Therefore operands are multiplied in place: by BLIS's own kernel for small and skinny matrices ("sup"),
 * which its context provides; or by panel_kernel.h on machines with wide vectors. */
#ifndef TALE_LAYERS_PANEL_GEMM_H
#define TALE_LAYERS_PANEL_GEMM_H

#include "layers/ahead.h"
#include "layers/product.h"

/* Computes the product in one thread. The sum over the depth is in order, so a row of C does not depend on the number
 * of rows, nor a panel on the number of panels. Meanwhile the memory in `ahead`, which may be NULL, is prefetched if
 * panel_kernel.h is used. Call panel_gemm_start once before. */
void panel_gemm(const struct product *product, struct ahead *ahead);

/* Gets BLIS's kernel and tests it; if there is no suitable kernel, bli_sgemm is used. */
void panel_gemm_start(void);

#endif
