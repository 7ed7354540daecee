/* Lower bounds of distances by products of bytes. They let a search compute accurate distances only for rows that they
 * do not exclude. A query x is a step s times a vector q of bytes, plus the rounding error: x = s q + e; a row is y = t
 * p + f. By the triangle inequality
 *     |x - y|  >=  |s q - t p| - |e| - |f|
 * so a row can be within r of x only if |s q - t p| < r + |e| + |f|, or squared and grouped by what the terms depend on
 *     (|t p|^2 - |f|^2)  -  2 (r + |e|) |f|  -  2 s t q.p   <   (r + |e|)^2 - |s q|^2
 * The right side is a number of the query; the left side has two numbers of the row and the product q.p, which is exact
 * in whole numbers and needs a quarter of the instructions of a product of floats. |e| and |f| are about a hundredth of
 * the lengths: a step is 1/127 of the largest value, and rounding leaves 1/sqrt(12) of a step in each dimension. They
 * weaken the bound by 2 r (|e| + |f|), which is less for nearer rows.
 *
 * Floats are rounded. The rounded values are at most twice (|t p|^2 + |f|^2 + (r + |e|)^2 + |s q|^2), because 2 a b is
 * at most a^2 + b^2, and there are fewer than ten roundings of 2^-24. As a margin for them, |t p|^2 and |s q|^2 are
 * decreased by 2^-18 and the other two increased. |e| and |f| are increased by 2^-20 of the lengths, for the rounding
 * of the values themselves. To prevent overflow and relevant underflow, rows and queries that are shorter than 2^-40
 * but not zero, or longer than 2^60, are never excluded. */
#ifndef TALE_METHODS_SCREEN_H
#define TALE_METHODS_SCREEN_H

#include <stdint.h>

#include "base/simd.h"

enum {
    SCREEN_ROWS = 2 * VECTOR_FLOATS,               /* rows of a panel: one for each bit of a word of hits */
    SCREEN_QUERIES = VECTOR_FLOATS == 16 ? 12 : 6  /* queries of a tile: with two vectors each, their sums fill the
                                                    * registers */
};
_Static_assert((int)SCREEN_ROWS <= 32, "hits are the bits of a word of 32");

/* SCREEN_ROWS rows, and their bytes in groups of four dimensions. */
struct screen_panel {
    float base[SCREEN_ROWS], error[SCREEN_ROWS], step[SCREEN_ROWS]; /* |t p|^2 - |f|^2, |f|, t */
    unsigned char byte[];                                          /* [groups, SCREEN_ROWS, 4]: p and an offset */
};

/* SCREEN_QUERIES queries. */
struct screen_tile {
    float bound[SCREEN_QUERIES], weight[SCREEN_QUERIES], scale[SCREEN_QUERIES]; /* the right side, 2 (r + |e|), 2 s */
    int32_t start[SCREEN_QUERIES];                                              /* cancels the offset of p */
    double error[SCREEN_QUERIES], square[SCREEN_QUERIES];                       /* |e|, |s q|^2 */
    signed char byte[];                                                         /* [groups, SCREEN_QUERIES, 4]: q */
};

/* Bytes of a panel and of a tile of rows of a dimension: multiples of 64, for arrays of them on cache lines. */
size_t screen_panel_bytes(int64_t dimension);
size_t screen_tile_bytes(int64_t dimension);

/* Sets place i from value [dimension]; NULL for a row that is never excluded. */
void screen_put_row(struct screen_panel *panel, int i, const float *value, int64_t dimension);
void screen_put_query(struct screen_tile *tile, int i, const float *value, int64_t dimension);

/* Sets place i to no row, which is always excluded, or to no query, which excludes all rows. */
void screen_leave_row(struct screen_panel *panel, int i);
void screen_leave_query(struct screen_tile *tile, int i);

/* From now on, excludes rows that are not nearer than r to query i; r is infinite at first. */
void screen_limit(struct screen_tile *tile, int i, double r);

/* hits[q]: bit i is set unless row i is excluded, that is, at distance r or more from query q. Returns their union. */
uint32_t screen_compare(const struct screen_tile *tile, const struct screen_panel *panel, int64_t dimension,
                        uint32_t hits[SCREEN_QUERIES]);

#endif
