/* The transforms of a Winograd convolution over rows of tiles, between activations (NHWC) and the transformed
 * domain. Internal to winograd.c.
 *
 * The domain of a block of tiles is 36 matrices, one per frequency (p, q), which the products over channels take as
 * they lie:
 *
 *     [tile][copy][channel],   copies: 1, or 4 (16) where one (both) of p, q is the plain even phase of stride 2
 *
 * Slots (i, j) are the transformed values of a tile, 6 x 6 or 9 x 9; slot i belongs to frequency i, or to 5 as copy
 * i - 5. Everything goes by blocks of 16 channels, first down the columns into a few lines of scratch, then along
 * them. */
#ifndef TALE_LAYERS_WINOGRAD_TRANSFORM_H
#define TALE_LAYERS_WINOGRAD_TRANSFORM_H

#include "layers/conv.h"
#include "layers/winograd_math.h"

enum { CHANNELS = 16 }; /* a block of channels: a cache line of a pixel, a panel of a product */

/* What follows from a layer's shape. */
struct winograd {
    int stride, slots;             /* 6 or 9 */
    int step, overlap;             /* tiles start `step` inputs apart and share `overlap` of them */
    int inputs, outputs;           /* channels */
    int height, width;             /* of the input */
    int out_height, out_width;
    int tiles_y, tiles_x;          /* per image */
};

struct winograd winograd_shape(const struct conv *conv);

/* Where slots (i, j) of a line i lie: of tile t at first + j slot + t tile; those of the even phase, j from 5 on with
 * stride 2, at even + (j - 5) pitch + t even_tile. Few numbers, so that a loop along a line has its addresses in
 * registers. */
struct domain_line {
    size_t first, slot, tile, even, even_tile;
};

/* Where the 36 matrices of a block of tiles lie. */
struct domain {
    int channels;
    int pitch;                    /* floats from a row of a matrix to the next: channels, or a line more */
    int copies[FREQUENCIES];      /* rows per tile */
    size_t offset[FREQUENCIES];   /* of the matrix, in floats */
    size_t floats;                /* of the whole */
    struct domain_line line[SLOTS_MAX];
};

struct domain domain_new(const struct winograd *shape, int tiles, int channels);

/* Floats of the lines of scratch that a transform needs. */
size_t transform_lines(const struct winograd *shape);

/* Rows of tiles are numbered over all images: row r is row r % tiles_y of image r / tiles_y. Each function below
 * does the rows first ... first + rows - 1 for one block of channels (number `block`, from 0), whose tiles are the
 * domain's from 0 on. */

/* V = B^T act(x) B. */
void transform_input(const struct winograd *shape, struct conv_input input, int block, int first, int rows,
                     const struct domain *domain, float *v, float *lines);

/* y = A^T M A and what conv_output asks for. `block` counts the layer's channels, `domain_block` those of the
 * domain. stream: y is too large for the caches. sums: [2][outputs], added to, or NULL. */
void transform_output(const struct winograd *shape, const struct domain *domain, const float *m, int domain_block,
                      int block, int first, int rows, const struct conv_output *output, bool stream, double *sums,
                      float *lines);

/* Z = A dy A^T, the adjoint of transform_output. */
void transform_gradient(const struct winograd *shape, struct conv_gradient gradient, int block, int first, int rows,
                        const struct domain *domain, float *z, float *lines);

/* dx = B dV B^T with overlapping tiles added, the adjoint of transform_input, through the epilogue. Rows of an
 * image must come in order, since what the next row of tiles adds to waits in carry [overlap][width][16]. sums:
 * [3][inputs], added to, or NULL. */
void transform_adjoint(const struct winograd *shape, const struct domain *domain, const float *dv, int block,
                       int first, int rows, const struct conv_epilogue *epilogue, float *dx, float *carry,
                       double *sums, float *lines);

/* Floats from one frequency of transformed weights to the next: C K, and a line so that they do not all start at
 * the same place of a page. */
size_t weight_pitch(const struct winograd *shape);

/* U = G W G^T: from weights [3][3][C][K] to panels [36][K/16][C][16], for panel `panel`. */
void transform_weight(const struct winograd *shape, const float *weight, int panel, float *u);

/* The same of the transposed weights, which carry gradients back: panels [36][C/16][K][16], for panel `panel` of C. */
void transform_weight_transposed(const struct winograd *shape, const float *weight, int panel, float *u);

/* dW = G^T dU G, the adjoint of transform_weight, summed over `slices` of dU that lie `pitch` floats apart. */
void transform_weight_adjoint(const struct winograd *shape, const float *du, int slices, size_t pitch, int panel,
                              float *dweight);

#endif
