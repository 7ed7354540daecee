/* Mosaics: rows that lie at places in a plane, on a grid of cells, of which each shows one row. */
#ifndef TALE_PICTURES_MOSAIC_H
#define TALE_PICTURES_MOSAIC_H

#include <stdint.h>

struct mosaic {
    int64_t columns, lines;
    int64_t *row; /* [lines, columns], from the left upper cell on: the row shown, or -1 for none */
};

/* The grid of square cells over all places, at [rows, 2] finite (x to the right, y up), rows >= 1: `cells` (at least 1)
 * along the longer side and what is needed along the other. Of the rows in a cell the one nearest to its middle is
 * shown, the first of equally near ones. Caller frees with mosaic_free. */
struct mosaic mosaic_of(const float *at, int64_t rows, int64_t cells);

void mosaic_free(struct mosaic *mosaic);

#endif
