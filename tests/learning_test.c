/* Augmentation, and the schedule of the learning rate. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check.h"
#include "learning/augment.h"
#include "learning/resize.h"
#include "learning/schedule.h"
#include "model/input.h"
#include "pictures/rotate.h"

enum { SIDE = 9, PIXELS = SIDE * SIDE };

/* Pixels that are all different, and none of them 0 when normalised. */
static void make_image(uint8_t *image)
{
    for (int i = 0; i < 3 * PIXELS; i++)
        image[i] = (uint8_t)(i + 5);
}

static void to_floats(const uint8_t *image, float *to)
{
    static const struct normalization identity = { { 0, 0, 0 }, { 1, 1, 1 } };
    input_normalize(&identity, image, SIDE, SIDE, to);
}

static void nothing_drawn_changes_nothing(void)
{
    struct augment none = { .crop = 0 };
    struct random random = random_of(1, 0);
    uint8_t image[3 * PIXELS];
    float from[4 * PIXELS], to[4 * PIXELS];
    make_image(image);
    to_floats(image, from);
    struct augment_draw draw = augment_draw(&none, &random, SIDE, SIDE);
    CHECK(draw.down == 0 && draw.right == 0 && !draw.mirror);
    augment_apply(&none, &draw, 0, from, SIDE, SIDE, to);
    CHECK_FLOATS(to, from, 4 * PIXELS, 0);
}

static bool same_pixel(const float *a, const float *b)
{
    return memcmp(a, b, 3 * sizeof *a) == 0;
}

/* Images that are not square, pixel by pixel: to(i, j) = from(i + down, j + right), columns mirrored first. */
static void shifts_and_mirrors(void)
{
    enum { HEIGHT = 3, WIDTH = 5 };
    static const float zero[3];
    struct augment augment = { .crop = 2, .flip = true };
    float from[4 * HEIGHT * WIDTH], to[4 * HEIGHT * WIDTH];
    for (int i = 0; i < 4 * HEIGHT * WIDTH; i++)
        from[i] = (float)(i + 1);
    for (int down = -2; down <= 2; down++)
        for (int right = -2; right <= 2; right++)
            for (int mirror = 0; mirror <= 1; mirror++) {
                struct augment_draw draw = { .down = down, .right = right, .mirror = mirror };
                augment_apply(&augment, &draw, 0, from, HEIGHT, WIDTH, to);
                for (int i = 0; i < HEIGHT; i++)
                    for (int j = 0; j < WIDTH; j++) {
                        int row = i + down, column = (mirror ? WIDTH - 1 - j : j) + right;
                        bool inside = row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH;
                        CHECK(same_pixel(to + 4 * (i * WIDTH + j), inside ? from + 4 * (row * WIDTH + column) : zero));
                    }
            }
}

/* Reflection as numpy's pad(mode="reflect") has it, walked step by step. */
static int walk(int steps, int size)
{
    int at = 0, way = steps < 0 ? -1 : 1;
    for (; steps != 0; steps += steps < 0 ? 1 : -1) {
        if (at + way < 0 || at + way >= size)
            way = -way;
        if (size > 1)
            at += way;
    }
    return at;
}

static void shifts_reflect(void)
{
    enum { HEIGHT = 1, WIDTH = 4 };
    struct augment augment = { .crop = 9, .reflect = true };
    float from[4 * HEIGHT * WIDTH], to[4 * HEIGHT * WIDTH];
    for (int i = 0; i < 4 * HEIGHT * WIDTH; i++)
        from[i] = (float)(i + 1);
    for (int shift = -9; shift <= 9; shift++) {
        struct augment_draw draw = { .down = shift, .right = shift };
        augment_apply(&augment, &draw, 0, from, HEIGHT, WIDTH, to);
        for (int j = 0; j < WIDTH; j++)
            CHECK(same_pixel(to + 4 * j, from + 4 * walk(j + shift, WIDTH)));
    }
}

/* Each image shows one side and then the other; half of them begin with either; a seed decides which. */
static void flips_alternate(void)
{
    int first = 0, other_seed = 0;
    for (uint64_t item = 0; item < 10000; item++) {
        bool mirrored = augment_alternates(1, item, 1);
        first += mirrored;
        other_seed += mirrored == augment_alternates(2, item, 1);
        for (int epoch = 1; epoch < 6; epoch++)
            CHECK(augment_alternates(1, item, epoch) == (mirrored == (epoch % 2 == 1)));
    }
    CHECK_NEAR(first, 5000, 250); /* 5 standard deviations */
    CHECK_NEAR(other_seed, 5000, 250);
}

static void cutout_blanks_a_square(void)
{
    static const float zero[3];
    float from[4 * PIXELS], to[4 * PIXELS];
    uint8_t image[3 * PIXELS];
    make_image(image);
    to_floats(image, from);
    for (int side = 1; side <= 2 * SIDE + 1; side++)
        for (int row = 0; row < SIDE; row += 4)
            for (int column = 0; column < SIDE; column += 4) {
                struct augment augment = { .cutout = side };
                struct augment_draw draw = { .cut_row = row, .cut_column = column };
                augment_apply(&augment, &draw, 0, from, SIDE, SIDE, to);
                for (int p = 0; p < PIXELS; p++) {
                    int down = p / SIDE - (row - side / 2), right = p % SIDE - (column - side / 2);
                    bool blank = down >= 0 && down < side && right >= 0 && right < side;
                    CHECK(same_pixel(to + 4 * p, blank ? zero : from + 4 * p));
                }
            }
}

/* Augmenting the turned image is turning the augmented one. */
static void augmentation_is_as_if_before_the_turn(void)
{
    uint8_t image[3 * PIXELS], turned[3 * PIXELS], index[3 * PIXELS], turned_index[3 * PIXELS];
    float plain[4 * PIXELS], from[4 * PIXELS], straight[4 * PIXELS], got[4 * PIXELS];
    make_image(image);
    for (int i = 0; i < 3 * PIXELS; i++)
        index[i] = (uint8_t)(i % PIXELS);
    to_floats(image, plain);
    for (int turns = 0; turns < 4; turns++) {
        rotate_quarter(turned, image, 3, SIDE, turns);
        rotate_quarter(turned_index, index, 3, SIDE, turns);
        to_floats(turned, from);
        for (uint64_t i = 0; i < 60; i++) {
            struct augment augment = { (int)(i % 5), true, (int)(i % 7), i % 2 == 1, false };
            struct random random = random_of(2, i);
            struct augment_draw draw = augment_draw(&augment, &random, SIDE, SIDE);
            augment_apply(&augment, &draw, 0, plain, SIDE, SIDE, straight);
            augment_apply(&augment, &draw, turns, from, SIDE, SIDE, got);
            int differ = 0;
            for (int p = 0; p < PIXELS; p++)
                differ += !same_pixel(got + 4 * p, straight + 4 * turned_index[p]);
            CHECK_INTEGER(differ, 0);
        }
    }
}

static void draws_are_even(void)
{
    enum { DRAWS = 9000, CROP = 4 };
    struct augment augment = { .crop = CROP, .flip = true, .cutout = 4 };
    int shifts[2 * CROP + 1] = { 0 }, rows[SIDE] = { 0 }, mirrors = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct random random = random_of(3, i);
        struct augment_draw draw = augment_draw(&augment, &random, SIDE, SIDE);
        if (!CHECK(abs(draw.down) <= CROP && abs(draw.right) <= CROP && draw.cut_row >= 0 && draw.cut_row < SIDE &&
                   draw.cut_column >= 0 && draw.cut_column < SIDE))
            return;
        shifts[draw.down + CROP]++;
        rows[draw.cut_row]++;
        mirrors += draw.mirror;
    }
    for (int i = 0; i < 9; i++) { /* 5 standard deviations of a binomial count are 149, and 237 for a half */
        CHECK_NEAR(shifts[i], DRAWS / 9, 149);
        CHECK_NEAR(rows[i], DRAWS / 9, 149);
    }
    CHECK_NEAR(mirrors, DRAWS / 2, 237);
}

/* Every pixel of the long line made of `to` parts, every short pixel the mean of `length` of them. */
static void shrunk_images_are_means(void)
{
    enum { MOST = 11 };
    float from[4 * MOST * MOST], lines[4 * MOST * MOST], got[4 * MOST * MOST];
    struct random random = random_of(4, 0);
    for (int i = 0; i < 4 * MOST * MOST; i++)
        from[i] = random_normal(&random);
    for (int height = 1; height <= MOST; height++)
        for (int width = 2; width <= MOST; width += 3)
            for (int to_height = 1; to_height <= height; to_height++)
                for (int to_width = 1; to_width <= width; to_width += 2) {
                    struct shrink rows = shrink_new(height, to_height), columns = shrink_new(width, to_width);
                    shrink_image(&rows, &columns, from, lines, got);
                    for (int i = 0; i < 4 * to_height * to_width; i++) {
                        int y = i / 4 / to_width, x = i / 4 % to_width;
                        double sum = 0;
                        for (int a = 0; a < height; a++)
                            for (int b = 0; b < width; b++)
                                sum += (double)from[4 * ((y * height + a) / to_height * width +
                                                         (x * width + b) / to_width) + i % 4];
                        CHECK_NEAR(got[i], sum / (height * width), 1e-5);
                    }
                    shrink_free(&rows);
                    shrink_free(&columns);
                }
}

static void schedules(void)
{
    struct schedule s = { SCHEDULE_TRIANGLE, .peak = 0.4, .warmup = 0.25, .start = 0.01, .end = 0.1 };
    for (int shape = SCHEDULE_TRIANGLE; shape <= SCHEDULE_CONSTANT; shape++) {
        s.shape = (enum schedule_shape)shape;
        CHECK_NEAR(schedule_rate(&s, 0), 0.004, 1e-12);
        CHECK_NEAR(schedule_rate(&s, 0.125), 0.202, 1e-12);
        CHECK_NEAR(schedule_rate(&s, 0.25), 0.4, 1e-12);
        CHECK_NEAR(schedule_rate(&s, 1), shape == SCHEDULE_CONSTANT ? 0.4 : 0.04, 1e-12);
        CHECK_NEAR(schedule_rate(&s, 0.625), shape == SCHEDULE_CONSTANT ? 0.4 : 0.22, 1e-12);
        for (int i = 0; i < 100; i++) {
            double before = schedule_rate(&s, i / 100.0), after = schedule_rate(&s, (i + 1) / 100.0);
            CHECK(i < 25 ? after > before : after <= before);
        }
    }
    s.shape = SCHEDULE_COSINE;
    CHECK_NEAR(schedule_rate(&s, 0.25 + 0.75 / 3), 0.04 + 0.36 * 0.75, 1e-12); /* cos 60 degrees is a half */
    CHECK_NEAR(schedule_rate(&(struct schedule){ SCHEDULE_TRIANGLE, .peak = 1 }, 0), 1, 0);
    struct schedule warm = { SCHEDULE_TRIANGLE, .peak = 1, .warmup = 1, .start = 0.2 };
    CHECK_NEAR(schedule_rate(&warm, 0.5), 0.6, 1e-12);
    CHECK(isfinite(schedule_rate(&(struct schedule){ SCHEDULE_COSINE, .peak = 1, .warmup = 1 }, 1)));
}

int main(void)
{
    RUN(nothing_drawn_changes_nothing);
    RUN(shifts_and_mirrors);
    RUN(shifts_reflect);
    RUN(flips_alternate);
    RUN(cutout_blanks_a_square);
    RUN(augmentation_is_as_if_before_the_turn);
    RUN(draws_are_even);
    RUN(shrunk_images_are_means);
    RUN(schedules);
    return check_verdict();
}
