/* The fully connected layer, by BLIS. Row-major; one thread, because it is a thousandth of a network's work. */
#ifndef TALE_LAYERS_LINEAR_H
#define TALE_LAYERS_LINEAR_H

/* y[n][k] = sum_c x[n][c] w[k][c] + b[k];   x: [rows][inputs], w: [outputs][inputs], b: [outputs], y:
 * [rows][outputs]. */
void linear_forward(int rows, int inputs, int outputs, const float *x, const float *w, const float *b, float *y);

/* dw = dy^T x,  db = sum_n dy,  dx = dy w (dx may be NULL). dw and db are overwritten, not added to. */
void linear_backward(int rows, int inputs, int outputs, const float *x, const float *w, const float *dy, float *dw,
                     float *db, float *dx);

#endif
