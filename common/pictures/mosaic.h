/* Mosaics: rows with positions in a plane, on a grid of cells that show one row each. */
#ifndef TALE_PICTURES_MOSAIC_H
#define TALE_PICTURES_MOSAIC_H

#include <stdint.h>

struct mosaic {
    int64_t columns, lines;
    int64_t *row; /* [lines, columns], from the upper left cell: the row shown, or -1 */
};

/* The grid of square cells over all positions, at [rows, 2] finite (x to the right, y up), rows >= 1: `cells` (at least
 * 1) along the longer side and as many as needed along the other. A cell shows the row nearest to its centre, the first
 * of equally near ones. Caller frees with mosaic_free. */
struct mosaic mosaic_of(const float *at, int64_t rows, int64_t cells);

void mosaic_free(struct mosaic *mosaic);

#endif
