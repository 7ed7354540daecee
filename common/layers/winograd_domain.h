/* The transformed domain of a Winograd convolution: the memory layout of a block of tiles.
 *
 * The domain of a block of tiles is 36 matrices, one per frequency (p, q), which the products over channels use in
 * place:
 *
 *     [tile][copy][channel],   copies: 1, or 4 (16) where one (both) of p, q is the plain even phase of stride 2
 *
 * Slots (i, j) are the transformed values of a tile, 6 x 6 or 9 x 9. Slot i belongs to frequency i, or to 5 as copy i -
 * 5. */
#ifndef TALE_LAYERS_WINOGRAD_DOMAIN_H
#define TALE_LAYERS_WINOGRAD_DOMAIN_H

#include "layers/conv_shape.h"
#include "layers/winograd_math.h"

enum { CHANNELS = 16 }; /* a block of channels: a cache line of a pixel, a panel of a product */

/* Sizes that follow from a layer's shape. Rows of tiles are numbered over all images: row r is row r % tiles_y of image
 * r / tiles_y. */
struct winograd {
    ptrdiff_t stride, slots;         /* 6 or 9 slots */
    ptrdiff_t step, overlap;         /* tiles start `step` inputs apart and share `overlap` of them */
    ptrdiff_t inputs, outputs;       /* channels */
    ptrdiff_t height, width;         /* of the input */
    ptrdiff_t out_height, out_width;
    ptrdiff_t tiles_y, tiles_x;      /* per image */
};

struct winograd winograd_shape(const struct conv *conv);

/* The positions of slots (i, j) of a line i: slot j of tile t is at first + j slot + t tile; slots of the even phase, j
 * from 5 on with stride 2, are at even + (j - 5) pitch + t even_tile. These few numbers keep the addresses of a loop
 * along a line in registers. */
struct domain_line {
    ptrdiff_t first, slot, tile, even, even_tile;
};

/* The positions of the 36 matrices of a block of tiles. */
struct domain {
    ptrdiff_t channels;
    ptrdiff_t pitch;               /* floats from a row of a matrix to the next: the channels, plus a cache line in some
                                    * shapes */
    ptrdiff_t copies[FREQUENCIES]; /* rows per tile */
    ptrdiff_t offset[FREQUENCIES]; /* of the matrix, in floats */
    ptrdiff_t floats;              /* of the whole */
    struct domain_line line[SLOTS_MAX];
};

struct domain domain_new(const struct winograd *shape, ptrdiff_t tiles, ptrdiff_t channels);

/* The arguments of one call of a transform: rows of tiles, and one block of 16 channels. The first tile of the first
 * row is the domain's first tile. */
struct tile_rows {
    const struct winograd *shape;
    const struct domain *domain;
    ptrdiff_t first, end;     /* rows of tiles */
    ptrdiff_t channel;        /* the first channel of the block, in the layer */
    ptrdiff_t domain_channel; /* and in the domain */
    float *lines;             /* scratch, [transform_lines] */
};

/* Floats of a line of scratch, and of all lines that a transform needs. */
ptrdiff_t line_floats(const struct winograd *shape);
ptrdiff_t transform_lines(const struct winograd *shape);

/* Floats from one frequency of transformed weights to the next: C K, plus a cache line so that frequencies do not all
 * start at the same offset in a page. */
ptrdiff_t weight_pitch(const struct winograd *shape);

#endif
