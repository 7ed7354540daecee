/* Small matrix products without packing. bli_sgemm packs its operands first, which costs more than it saves at the
 * sizes of a convolution's tiles (64 x 64 x 64: 63 GFLOP/s against 85 on one Zen 3 core; 32 x 16 x 16: 10 against 70).
 * So operands are multiplied as they lie: by BLIS's own kernel for small and skinny matrices ("sup"), asked of its
 * context; or by panel_kernel.h where vectors are wide. */
#ifndef TALE_LAYERS_PANEL_GEMM_H
#define TALE_LAYERS_PANEL_GEMM_H

#include "layers/ahead.h"
#include "layers/product.h"

/* Compute the product, in one thread. Its depth is summed in order, so that a row of C does not depend on the number of
 * rows, nor a panel on the number of panels. What lies `ahead` is fetched meanwhile, where panel_kernel.h is used;
 * NULL: nothing. Call panel_gemm_start once before. */
void panel_gemm(const struct product *product, struct ahead *ahead);

/* Ask BLIS for its kernel and try it; where there is none that does the job, bli_sgemm is used. */
void panel_gemm_start(void);

#endif
