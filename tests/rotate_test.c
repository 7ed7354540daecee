/* Quarter turns by their properties, for sides odd and even. */
#include "pictures/rotate.h"

#include "base/random.h"
#include "check.h"

enum { CHANNELS = 3, SIDE_MAX = 33, BYTES_MAX = CHANNELS * SIDE_MAX * SIDE_MAX };

static void fill(uint8_t *image, size_t bytes, uint64_t seed)
{
    struct random r = random_of(seed, bytes);
    for (size_t i = 0; i < bytes; i++)
        image[i] = (uint8_t)random_bits(&r);
}

static void four_quarter_turns_are_the_identity(void)
{
    static uint8_t image[BYTES_MAX], a[BYTES_MAX], b[BYTES_MAX];
    for (size_t side = 0; side <= SIDE_MAX; side++) {
        size_t bytes = CHANNELS * side * side;
        fill(image, bytes, 1);
        rotate_quarter(a, image, CHANNELS, side, 1);
        rotate_quarter(b, a, CHANNELS, side, 1);
        rotate_quarter(a, b, CHANNELS, side, 1);
        rotate_quarter(b, a, CHANNELS, side, 1);
        CHECK_BYTES(b, image, bytes);
    }
}

static void turns_add_up(void)
{
    static uint8_t image[BYTES_MAX], a[BYTES_MAX], b[BYTES_MAX], sum[BYTES_MAX];
    for (size_t side = 1; side <= SIDE_MAX; side += 4) {
        size_t bytes = CHANNELS * side * side;
        fill(image, bytes, 2);
        for (int first = 0; first < QUARTER_TURNS; first++) {
            for (int second = 0; second < QUARTER_TURNS; second++) {
                rotate_quarter(a, image, CHANNELS, side, first);
                rotate_quarter(b, a, CHANNELS, side, second);
                rotate_quarter(sum, image, CHANNELS, side, (first + second) % QUARTER_TURNS);
                CHECK_BYTES(b, sum, bytes);
            }
        }
    }
}

/* The formula of the header, pixel by pixel. */
static void one_turn_is_its_formula(void)
{
    enum { SIDE = 5 };
    uint8_t image[CHANNELS][SIDE][SIDE], out[CHANNELS][SIDE][SIDE];
    fill(&image[0][0][0], sizeof image, 3);
    rotate_quarter(&out[0][0][0], &image[0][0][0], CHANNELS, SIDE, 1);
    for (int c = 0; c < CHANNELS; c++)
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                CHECK_INTEGER(out[c][y][x], image[c][x][SIDE - 1 - y]);
}

static void random_turns_follow_seed_and_row(void)
{
    int counts[QUARTER_TURNS] = { 0 }, differ = 0;
    for (int64_t row = 0; row < 4000; row++) {
        int turn = rotate_random_turn(1, row);
        if (!CHECK(turn >= 0 && turn < QUARTER_TURNS))
            return;
        counts[turn]++;
        CHECK_INTEGER(rotate_random_turn(1, row), turn);
        differ += turn != rotate_random_turn(2, row);
    }
    for (int turn = 0; turn < QUARTER_TURNS; turn++)
        CHECK_NEAR(counts[turn], 1000, 137); /* 5 standard deviations of a binomial count */
    CHECK_NEAR(differ, 3000, 137);
}

int main(void)
{
    RUN(four_quarter_turns_are_the_identity);
    RUN(turns_add_up);
    RUN(one_turn_is_its_formula);
    RUN(random_turns_follow_seed_and_row);
    return check_verdict();
}
