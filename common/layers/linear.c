#include "layers/linear.h"

#include <blis.h>
#include <stdint.h>

/* c[m][n] = beta c + a b, with row and column strides for the operands. */
static void multiply(int m, int n, int k, const float *a, int row_a, int column_a, const float *b, int row_b,
                     int column_b, float beta, float *c)
{
    float one = 1;
    bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &one, (float *)(uintptr_t)a, row_a, column_a,
              (float *)(uintptr_t)b, row_b, column_b, &beta, c, n, 1);
}

void linear_forward(int rows, int inputs, int outputs, const float *x, const float *w, const float *b, float *y)
{
    for (int n = 0; n < rows; n++)
        for (int k = 0; k < outputs; k++)
            y[n * outputs + k] = b[k];
    multiply(rows, outputs, inputs, x, inputs, 1, w, 1, inputs, 1, y);
}

void linear_backward(int rows, int inputs, int outputs, const float *x, const float *w, const float *dy, float *dw,
                     float *db, float *dx)
{
    multiply(outputs, inputs, rows, dy, 1, outputs, x, inputs, 1, 0, dw);
    for (int k = 0; k < outputs; k++) {
        double sum = 0;
        for (int n = 0; n < rows; n++)
            sum += dy[n * outputs + k];
        db[k] = (float)sum;
    }
    if (dx)
        multiply(rows, inputs, outputs, dy, outputs, 1, w, inputs, 1, 0, dx);
}
