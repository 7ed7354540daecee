/* The product of panel_gemm.h on the compiler's own vectors, for machines with vectors of a whole panel (AVX-512) or
 * half of one (AVX2). It has two things ahead of BLIS 0.9's kernels for small matrices: they stop at AVX2, and they
 * leave memory idle, where this one fetches what is needed next. Same source, same result on any other machine, but not
 * faster than BLIS there. */
#ifndef TALE_LAYERS_PANEL_KERNEL_H
#define TALE_LAYERS_PANEL_KERNEL_H

#include <stdbool.h>

#include "layers/panel_gemm.h"

/* Whether this machine's vectors are wide enough for it to be the better one. */
enum { PANEL_KERNEL_SERVES = 2 * VECTOR_FLOATS >= (int)PANEL };

/* As panel_gemm, where row_a or column_a is 1. */
void panel_kernel(int m, int k, int count, const float *a, ptrdiff_t row_a, ptrdiff_t column_a, const float *b,
                  struct panels layout_b, bool add, float *c, struct panels layout_c, struct ahead *ahead);

#endif
