/* Quarter turns of square images (Gidaris et al. 2018, "Unsupervised Representation Learning by Predicting Image
 * Rotations"). Images are planes, [channels, side, side] in row-major order. */
#ifndef TALE_PICTURES_ROTATE_H
#define TALE_PICTURES_ROTATE_H

#include <stddef.h>
#include <stdint.h>

enum { QUARTER_TURNS = 4 };

/* out = in, turned counter-clockwise `turns` times by a quarter (0..3):
 *     one turn: out[c][y][x] = in[c][x][side - 1 - y],
 * so what points up points left. Exact: pixels move, none is computed. out, in: [channels, side, side] bytes, not the
 * same memory. */
void rotate_quarter(uint8_t *out, const uint8_t *in, size_t channels, size_t side, int turns);

/* The turn of row `row` of a stream under a seed, 0..3 with equal chance: each row has a random stream of its own, so
 * its turn does not depend on how the rows are cut into frames. */
int rotate_random_turn(uint64_t seed, int64_t row);

#endif
