/* Quarter turns of square images (Gidaris et al. 2018, "Unsupervised Representation Learning by Predicting Image
 * Rotations"). Images are planes, [channels, side, side] in row-major order. */
#ifndef TALE_PICTURES_ROTATE_H
#define TALE_PICTURES_ROTATE_H

#include <stddef.h>
#include <stdint.h>

enum { QUARTER_TURNS = 4 };

/* out = in, turned counter-clockwise by `turns` quarters (0..3):
 *     one turn: out[c][y][x] = in[c][x][side - 1 - y],
 * so what points up then points left. Exact: pixels are moved, not interpolated. out and in are [channels, side, side]
 * bytes and must not overlap. */
void rotate_quarter(uint8_t *out, const uint8_t *in, size_t channels, size_t side, int turns);

/* The turn of row `row` of a stream under a seed, 0..3 with equal probability. Each row has its own random stream, so
 * its turn does not depend on the division into frames. */
int rotate_random_turn(uint64_t seed, int64_t row);

#endif
