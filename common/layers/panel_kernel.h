/* The product on the compiler's own vectors, for machines with vectors of a whole panel (AVX-512) or half of one
 * (AVX2). It has two things ahead of BLIS 0.9's kernels for small matrices: they stop at AVX2, and they leave memory
 * idle, where this one fetches what is needed next. On any other machine the result is the same, but no faster than
 * BLIS. */
#ifndef TALE_LAYERS_PANEL_KERNEL_H
#define TALE_LAYERS_PANEL_KERNEL_H

#include "layers/ahead.h"
#include "layers/product.h"

/* Whether this machine's vectors are wide enough for it to be the better one. */
enum { PANEL_KERNEL_SERVES = 2 * VECTOR_FLOATS >= (int)PANEL };

/* As panel_gemm, where a.row or a.column is 1. */
void panel_kernel(const struct product *product, struct ahead *ahead);

#endif
