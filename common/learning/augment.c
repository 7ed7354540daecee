#include "learning/augment.h"

#include <string.h>

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

/* A point of an upright square image of side n, as seen after `turns` quarter turns counter-clockwise. */
static void turn_point(int turns, int n, int *row, int *column)
{
    for (; turns > 0; turns--) {
        int old = *row;
        *row = n - 1 - *column;
        *column = old;
    }
}

/* The draw as seen in the turned image: shifts and the square's centre turn along, a mirror changes its axis on odd
 * turns. */
static struct augment_draw turn_draw(struct augment_draw draw, int turns, int side)
{
    for (int i = 0; i < turns; i++) {
        int down = draw.down;
        draw.down = -draw.right;
        draw.right = down;
    }
    if (turns)
        turn_point(turns, side, &draw.cut_row, &draw.cut_column);
    return draw;
}

static void cut(int side, int row, int column, int height, int width, float *image)
{
    int top = row - side / 2, left = column - side / 2;
    for (int i = top < 0 ? 0 : top; i < top + side && i < height; i++)
        for (int j = left < 0 ? 0 : left; j < left + side && j < width; j++)
            memset(image + 4 * (i * width + j), 0, 4 * sizeof *image);
}

void augment_apply(const struct augment *augment, const struct augment_draw *drawn, int rotation, const float *from,
                   int height, int width, float *to)
{
    struct augment_draw draw = turn_draw(*drawn, rotation, height);
    bool mirror_columns = draw.mirror && rotation % 2 == 0, mirror_rows = draw.mirror && rotation % 2 == 1;
    for (int i = 0; i < height; i++)
        for (int j = 0; j < width; j++) {
            int row = (mirror_rows ? height - 1 - i : i) + draw.down;
            int column = (mirror_columns ? width - 1 - j : j) + draw.right;
            float *pixel = to + 4 * (i * width + j);
            if (row >= 0 && row < height && column >= 0 && column < width)
                memcpy(pixel, from + 4 * (row * width + column), 4 * sizeof *to);
            else
                memset(pixel, 0, 4 * sizeof *to);
        }
    if (augment->cutout)
        cut(augment->cutout, draw.cut_row, draw.cut_column, height, width, to);
}
