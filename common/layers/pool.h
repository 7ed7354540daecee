/* Average pooling: of a whole map, or of the cells of a grid on it. Activations are NHWC with padded channels
 * (conv_shape.h). */
#ifndef TALE_LAYERS_POOL_H
#define TALE_LAYERS_POOL_H

#include <stddef.h>

#include "layers/activation.h"

/* The maps of a layer. */
struct maps {
    ptrdiff_t images, height, width, channels; /* N, H, W, C */
};

/* feature[n][i][j][c] = mean of x[n][h][w][c] over floor(i H / grid) <= h < ceil((i + 1) H / grid), and over w by the
 * same rule: adaptive average pooling, whose cells overlap by a pixel if the sides are not multiples of `grid`. `grid`
 * is at most the shorter side.   x: [N][H][W][C], feature: [N][grid][grid][C]. */
void pool_grid_forward(const struct maps *maps, ptrdiff_t grid, const float *x, float *feature);

/* feature[n][c] = mean over pixels of x[n][h][w][c];   x: [N][H][W][C], feature: [N][C]. */
void pool_forward(const struct maps *maps, const float *x, float *feature);

struct pool_backward_pass {
    const float *dfeature;       /* [N][C] */
    enum activation activation;  /* the one that produced x */
    const float *x;              /* [N][H][W][C] */
    const float *with[2];        /* like x, or NULL */
    float *dx;                   /* like x */
    double *sums;                /* [3][C]: of dx, of dx with[0], of dx with[1], which the batch norms below need */
    float *parts;                /* scratch, [pool_parts]: sums are added image by image in order */
};

/* dx[n][h][w][c] = dfeature[n][c] / (H W) f', the gradient before the activation f that produced x; and its sums. */
void pool_backward(const struct maps *maps, const struct pool_backward_pass *pass);

/* Floats of scratch that pool_backward needs. */
size_t pool_parts(const struct maps *maps);

#endif
