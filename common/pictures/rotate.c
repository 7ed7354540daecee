#include "pictures/rotate.h"

#include <string.h>

#include "base/random.h"

/* Start and steps of the walk through `in` while out goes row by row. */
struct walk {
    ptrdiff_t start, per_x, per_y;
};

static struct walk turned_walk(ptrdiff_t side, int turns)
{
    switch (turns) {
    case 1:
        return (struct walk){ side - 1, side, -1 };
    case 2:
        return (struct walk){ side * side - 1, -1, -side };
    case 3:
        return (struct walk){ side * (side - 1), -side, 1 };
    default:
        return (struct walk){ 0, 1, side };
    }
}

void rotate_quarter(uint8_t *out, const uint8_t *in, size_t channels, size_t side, int turns)
{
    const struct walk walk = turned_walk((ptrdiff_t)side, turns);
    if (turns == 0) {
        memcpy(out, in, channels * side * side);
        return;
    }
    for (size_t c = 0; c < channels; c++) {
        const uint8_t *plane = in + c * side * side;
        for (ptrdiff_t y = 0; y < (ptrdiff_t)side; y++)
            for (ptrdiff_t x = 0; x < (ptrdiff_t)side; x++)
                *out++ = plane[walk.start + y * walk.per_y + x * walk.per_x];
    }
}

int rotate_random_turn(uint64_t seed, int64_t row)
{
    struct random random = random_of(seed, (uint64_t)row);
    return (int)random_below(&random, QUARTER_TURNS);
}
