/* The product on the compiler's vectors, for machines whose vectors have a whole panel (AVX-512) or half of one (AVX2).
 * It is better than BLIS 0.9's kernels for small matrices in two ways: those have no AVX-512 version, and they leave
 * memory bandwidth idle, while this kernel prefetches what is needed next. On any other machine the result is the same,
 * but it is not faster than BLIS. */
#ifndef TALE_LAYERS_PANEL_KERNEL_H
#define TALE_LAYERS_PANEL_KERNEL_H

#include "layers/ahead.h"
#include "layers/product.h"

/* Whether this machine's vectors are wide enough for this kernel to be the better choice. */
enum { PANEL_KERNEL_SERVES = 2 * VECTOR_FLOATS >= (int)PANEL };

/* Like panel_gemm; a.row or a.column must be 1. */
void panel_kernel(const struct product *product, struct ahead *ahead);

#endif
