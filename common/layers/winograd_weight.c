#include "layers/winograd_transform.h"

WINOGRAD_INLINE void weight_1d(ptrdiff_t stride, const vector *w, vector *u)
{
    if (stride == 1)
        weight_stride1(w, u);
    else
        weight_stride2(w, u);
}

WINOGRAD_INLINE void weight_adjoint_1d(ptrdiff_t stride, const vector *u, vector *w)
{
    if (stride == 1)
        weight_adjoint_stride1(u, w);
    else
        weight_adjoint_stride2(u, w);
}

/* u[(p, q)] = G w G^T for one vector of weights; taps [3][3] are `tap` floats apart, frequencies `frequency`. */
static void weight_point(ptrdiff_t stride, const float *w, ptrdiff_t tap, float *u, ptrdiff_t frequency)
{
    vector columns[3][WEIGHT_SIDE];
    for (int q = 0; q < 3; q++) {
        vector taps[3];
        for (int r = 0; r < 3; r++)
            taps[r] = vector_load(w + (3 * r + q) * tap);
        weight_1d(stride, taps, columns[q]);
    }
    for (int p = 0; p < WEIGHT_SIDE; p++) {
        vector taps[3] = { columns[0][p], columns[1][p], columns[2][p] }, out[WEIGHT_SIDE];
        weight_1d(stride, taps, out);
        for (int q = 0; q < WEIGHT_SIDE; q++)
            vector_store(u + (p * WEIGHT_SIDE + q) * frequency, out[q]);
    }
}

void transform_weight(const struct winograd *shape, const float *weight, ptrdiff_t panel, float *u)
{
    ptrdiff_t inputs = shape->inputs, outputs = shape->outputs;
    for (ptrdiff_t c = 0; c < inputs; c++)
        for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
            weight_point(shape->stride, weight + c * outputs + panel * CHANNELS + h, inputs * outputs,
                         u + (panel * inputs + c) * CHANNELS + h, weight_pitch(shape));
}

/* Works on sixteen rows of W at a time, so that each cache line of W is read once. */
void transform_weight_transposed(const struct winograd *shape, const float *weight, ptrdiff_t panel, float *u)
{
    ptrdiff_t inputs = shape->inputs, outputs = shape->outputs;
    float taps[CHANNELS][9][CHANNELS]; /* [k][tap][c] */
    for (ptrdiff_t first = 0; first < outputs; first += CHANNELS) {
        for (int t = 0; t < 9; t++)
            for (int c = 0; c < CHANNELS; c++) {
                const float *from = weight + (t * inputs + panel * CHANNELS + c) * outputs + first;
                for (int k = 0; k < CHANNELS; k++)
                    taps[k][t][c] = from[k];
            }
        for (int k = 0; k < CHANNELS; k++)
            for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
                weight_point(shape->stride, taps[k][0] + h, CHANNELS,
                             u + (panel * outputs + first + k) * CHANNELS + h, weight_pitch(shape));
    }
}

/* w = G^T u G for one vector, the adjoint of weight_point. */
static void weight_adjoint_point(ptrdiff_t stride, const float *du, ptrdiff_t frequency, float *dw, ptrdiff_t tap)
{
    vector rows[3][WEIGHT_SIDE];
    for (int q = 0; q < WEIGHT_SIDE; q++) {
        vector u[WEIGHT_SIDE], w[3];
        for (int p = 0; p < WEIGHT_SIDE; p++)
            u[p] = vector_load(du + (p * WEIGHT_SIDE + q) * frequency);
        weight_adjoint_1d(stride, u, w);
        for (int r = 0; r < 3; r++)
            rows[r][q] = w[r];
    }
    for (int r = 0; r < 3; r++) {
        vector w[3];
        weight_adjoint_1d(stride, rows[r], w);
        for (int q = 0; q < 3; q++)
            vector_store(dw + (3 * r + q) * tap, w[q]);
    }
}

void transform_weight_adjoint(const struct winograd *shape, const float *du, ptrdiff_t inputs, float *dw)
{
    for (ptrdiff_t c = 0; c < inputs; c++)
        for (int h = 0; h < CHANNELS; h += VECTOR_FLOATS)
            weight_adjoint_point(shape->stride, du + c * CHANNELS + h, inputs * CHANNELS, dw + c * shape->outputs + h,
                                 shape->inputs * shape->outputs);
}
