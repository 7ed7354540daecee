#include "layers/linear.h"

#include <blis.h>
#include <stdint.h>

#include "layers/product.h"

/* c[m][n] = beta c + a b, where a is [m][k] and b [k][n]. */
static void multiply(int m, int n, int k, struct operand a, struct operand b, float beta, float *c)
{
    float one = 1;
    bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &one, (float *)(uintptr_t)a.at, a.row, a.column,
              (float *)(uintptr_t)b.at, b.row, b.column, &beta, c, n, 1);
}

void linear_forward(int rows, int inputs, int outputs, const float *x, const float *w, const float *b, float *y)
{
    for (int n = 0; n < rows; n++)
        for (int k = 0; k < outputs; k++)
            y[n * outputs + k] = b[k];
    multiply(rows, outputs, inputs, (struct operand){ x, inputs, 1 }, (struct operand){ w, 1, inputs }, 1, y);
}

void linear_backward(int rows, int inputs, int outputs, const float *x, const float *w, const float *dy, float *dw,
                     float *db, float *dx)
{
    multiply(outputs, inputs, rows, (struct operand){ dy, 1, outputs }, (struct operand){ x, inputs, 1 }, 0, dw);
    for (int k = 0; k < outputs; k++) {
        double sum = 0;
        for (int n = 0; n < rows; n++)
            sum += dy[n * outputs + k];
        db[k] = (float)sum;
    }
    if (dx)
        multiply(rows, inputs, outputs, (struct operand){ dy, outputs, 1 }, (struct operand){ w, inputs, 1 }, 0, dx);
}
