#include "learning/augment.h"

#include <string.h>

/* The stream of random numbers that decide which side of an image is shown first; the other augmentation uses streams
 * by epoch and item. */
static const uint64_t flip_stream = (uint64_t)1 << 63;

struct augment_draw augment_draw(const struct augment *augment, struct random *random, int height, int width)
{
    struct augment_draw draw = { 0 };
    uint32_t shifts = 2 * (uint32_t)augment->crop + 1;
    draw.down = (int)random_below(random, shifts) - augment->crop;
    draw.right = (int)random_below(random, shifts) - augment->crop;
    draw.mirror = augment->flip && (random_bits(random) >> 31);
    draw.cut_row = (int)random_below(random, (uint32_t)height);
    draw.cut_column = (int)random_below(random, (uint32_t)width);
    return draw;
}

bool augment_alternates(uint64_t seed, uint64_t item, int epoch)
{
    struct random random = random_of(seed, flip_stream | item);
    return (random_bits(&random) >> 31) != (uint32_t)(epoch - 1) % 2;
}

/* Converts the shift to the turned image. */
static void turn_shift(int turns, int *down, int *right)
{
    for (; turns > 0; turns--) {
        int old = *down;
        *down = -*right;
        *right = old;
    }
}

/* Converts the upper left corner of a square to the turned image; the image has `size` pixels a side. */
static void turn_square(int turns, int size, int side, int *top, int *left)
{
    for (; turns > 0; turns--) {
        int old = *top;
        *top = size - side - *left;
        *left = old;
    }
}

static void cut(int side, int top, int left, int height, int width, float *image)
{
    for (int i = top < 0 ? 0 : top; i < top + side && i < height; i++)
        for (int j = left < 0 ? 0 : left; j < left + side && j < width; j++)
            memset(image + 4 * (i * width + j), 0, 4 * sizeof *image);
}

/* Position `at`, reflected at both borders until it is in [0, size); the border pixel itself is not repeated. */
static int reflected(int at, int size)
{
    int period = size > 1 ? 2 * (size - 1) : 1;
    at = (at % period + period) % period;
    return at < size ? at : period - at;
}

/* Finds the source of each of `count` positions, from `first` on, of a line of `size`; -1 if it is outside. */
static void find_sources(bool reflect, bool mirror, int shift, int size, int first, int count, int *source)
{
    for (int i = 0; i < count; i++) {
        int at = (mirror ? size - 1 - first - i : first + i) + shift;
        if (reflect)
            at = reflected(at, size);
        source[i] = at >= 0 && at < size ? at : -1;
    }
}

void augment_apply(const struct augment *augment, const struct augment_draw *draw, int rotation, const float *from,
                   int height, int width, float *to)
{
    enum { STRIP = 64 }; /* columns at a time; their sources are found once for all rows */
    int down = draw->down, right = draw->right, side = augment->cutout;
    int top = draw->cut_row - side / 2, left = draw->cut_column - side / 2;
    bool mirror_columns = draw->mirror && rotation % 2 == 0, mirror_rows = draw->mirror && rotation % 2 == 1;
    turn_shift(rotation, &down, &right);
    turn_square(rotation, height, side, &top, &left);
    for (int first = 0; first < width; first += STRIP) {
        int column[STRIP], row, count = width - first < STRIP ? width - first : STRIP;
        find_sources(augment->reflect, mirror_columns, right, width, first, count, column);
        for (int i = 0; i < height; i++) {
            find_sources(augment->reflect, mirror_rows, down, height, i, 1, &row);
            for (int j = 0; j < count; j++) {
                float *pixel = to + 4 * (i * width + first + j);
                if (row >= 0 && column[j] >= 0)
                    memcpy(pixel, from + 4 * (row * width + column[j]), 4 * sizeof *to);
                else
                    memset(pixel, 0, 4 * sizeof *to);
            }
        }
    }
    if (side)
        cut(side, top, left, height, width, to);
}
