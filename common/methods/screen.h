/* Lower bounds of distances by products of bytes, for a search that has to look closely only at the rows that they do
 * not exclude. A query x is a step s times a vector q of bytes, and what rounding leaves over: x = s q + e; a row is
 * y = t p + f. By the triangle inequality
 *     |x - y|  >=  |s q - t p| - |e| - |f|
 * so a row can be within r of x only where |s q - t p| < r + |e| + |f|, or squared and sorted by what they belong to
 *     (|t p|^2 - |f|^2)  -  2 (r + |e|) |f|  -  2 s t q.p   <   (r + |e|)^2 - |s q|^2
 * On the right is a number of the query, on the left two of the row and the product q.p, which is exact in whole
 * numbers, and of which one instruction computes four times as much as of floats. |e| and |f| are about a hundredth of
 * the lengths: a step is 1/127 of the largest value, and rounding leaves 1/sqrt(12) of it in each dimension. What they
 * cost, 2 r (|e| + |f|), is less the nearer the rows are that are looked for.
 *
 * Floats round. What they round is here at most twice (|t p|^2 + |f|^2 + (r + |e|)^2 + |s q|^2), as 2 a b is at most
 * a^2 + b^2, and there are less than ten roundings of 2^-24: room for them is made by taking |t p|^2 and |s q|^2 2^-18
 * smaller, the other two larger. |e| and |f| are taken 2^-20 of the lengths larger, for the rounding of the values
 * themselves. So that nothing overflows, or underflows to a part that matters, rows and queries that are shorter than
 * 2^-40 but not zero, or longer than 2^60, are never excluded. */
#ifndef TALE_METHODS_SCREEN_H
#define TALE_METHODS_SCREEN_H

#include <stdint.h>

#include "base/simd.h"

enum {
    SCREEN_ROWS = 2 * VECTOR_FLOATS,               /* of a panel: one for each bit of a word of hits */
    SCREEN_QUERIES = VECTOR_FLOATS == 16 ? 12 : 6  /* of a tile: with two vectors each, sums fill the registers */
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
    int32_t start[SCREEN_QUERIES];                                              /* what the offset of p must lose */
    double error[SCREEN_QUERIES], square[SCREEN_QUERIES];                       /* |e|, |s q|^2 */
    signed char byte[];                                                         /* [groups, SCREEN_QUERIES, 4]: q */
};

/* Bytes of a panel and of a tile of rows of a dimension: multiples of 64, for arrays of them on cache lines. */
size_t screen_panel_bytes(int64_t dimension);
size_t screen_tile_bytes(int64_t dimension);

/* Set place i from value [dimension]. NULL: from a row that is never excluded. */
void screen_put_row(struct screen_panel *panel, int i, const float *value, int64_t dimension);
void screen_put_query(struct screen_tile *tile, int i, const float *value, int64_t dimension);

/* Set place i to no row, which is always excluded, or to no query, which excludes all. */
void screen_leave_row(struct screen_panel *panel, int i);
void screen_leave_query(struct screen_tile *tile, int i);

/* From now on exclude what is not nearer than r to query i, infinite at first. */
void screen_limit(struct screen_tile *tile, int i, double r);

/* hits[q]: bit i is set unless row i is excluded, that is r or more away from query q. Returns their union. */
uint32_t screen_compare(const struct screen_tile *tile, const struct screen_panel *panel, int64_t dimension,
                        uint32_t hits[SCREEN_QUERIES]);

#endif
