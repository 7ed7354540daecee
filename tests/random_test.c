/* The random numbers against the reference implementation of PCG32 and by their distribution. */
#include "base/random.h"

#include <math.h>

#include "check.h"

/* The first numbers that pcg32_srandom_r(42, 54) of the reference implementation's demo gives (pcg-random.org). */
static void bits_are_those_of_the_reference(void)
{
    static const uint32_t want[] = { 0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e };
    struct random r = random_new(42, 54);
    for (int i = 0; i < 6; i++)
        CHECK_INTEGER(random_bits(&r), want[i]);
}

static void below_is_within_its_bound_and_even(void)
{
    enum { BOUND = 7, DRAWS = 70000 };
    int counts[BOUND] = { 0 };
    struct random r = random_new(1, 2);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t value = random_below(&r, BOUND);
        if (CHECK(value < BOUND))
            counts[value]++;
    }
    for (int i = 0; i < BOUND; i++)
        CHECK_NEAR(counts[i], (double)DRAWS / BOUND, 500); /* 5 standard deviations of a binomial count are 463 */
}

static void normal_has_mean_0_and_variance_1(void)
{
    enum { DRAWS = 100000 };
    double sum = 0, squares = 0;
    struct random r = random_new(3, 4);
    for (int i = 0; i < DRAWS; i++) {
        double x = random_normal(&r);
        sum += x;
        squares += x * x;
    }
    CHECK_NEAR(sum / DRAWS, 0, 5 / sqrt(DRAWS));           /* 5 standard errors */
    CHECK_NEAR(squares / DRAWS, 1, 5 * sqrt(2.0 / DRAWS)); /* 5 standard errors */
}

static void uniform_is_in_its_range(void)
{
    double sum = 0;
    struct random r = random_new(5, 6);
    for (int i = 0; i < 10000; i++) {
        float x = random_uniform(&r);
        CHECK(x >= 0 && x < 1);
        sum += (double)x;
    }
    CHECK_NEAR(sum / 10000, 0.5, 5 * sqrt(1.0 / 12 / 10000)); /* 5 standard errors */
}

static void shuffle_is_a_permutation_and_follows_the_seed(void)
{
    enum { COUNT = 100 };
    int64_t a[COUNT], b[COUNT];
    bool seen[COUNT] = { false };
    struct random r = random_new(7, 8), same = random_new(7, 8);
    for (int i = 0; i < COUNT; i++)
        a[i] = b[i] = i;
    random_shuffle(&r, a, COUNT);
    random_shuffle(&same, b, COUNT);
    CHECK_BYTES(a, b, sizeof a);
    for (int i = 0; i < COUNT; i++)
        seen[a[i]] = true;
    for (int i = 0; i < COUNT; i++)
        CHECK(seen[i]);
    random_shuffle(&r, a, 0);
    random_shuffle(&r, b, COUNT);
    int moved = 0;
    for (int i = 0; i < COUNT; i++)
        moved += a[i] != b[i];
    CHECK(moved > COUNT / 2);
}

/* All orders of three items come equally often, also those that leave some where they are. */
static void shuffles_are_even(void)
{
    enum { SHUFFLES = 6000 };
    int counts[27] = { 0 }, orders = 0;
    struct random r = random_new(10, 0);
    for (int i = 0; i < SHUFFLES; i++) {
        int64_t item[] = { 0, 1, 2 };
        random_shuffle(&r, item, 3);
        counts[9 * item[0] + 3 * item[1] + item[2]]++;
    }
    for (int i = 0; i < 27; i++) {
        orders += counts[i] > 0;
        if (counts[i])
            CHECK_NEAR(counts[i], SHUFFLES / 6, 145); /* 5 standard deviations */
    }
    CHECK_INTEGER(orders, 6);
}

/* What neighbouring items draw first is independent: all pairs of two bits come equally often at every distance. */
static void items_are_independent(void)
{
    enum { ITEMS = 16000, PAIRS = 16 };
    uint32_t first[ITEMS];
    for (int i = 0; i < ITEMS; i++) {
        struct random r = random_of(9, (uint64_t)i);
        first[i] = random_below(&r, 4);
    }
    for (int distance = 1; distance <= 64; distance++) {
        int counts[PAIRS] = { 0 };
        for (int i = distance; i < ITEMS; i++)
            counts[4 * first[i] + first[i - distance]]++;
        for (int p = 0; p < PAIRS; p++)
            CHECK_NEAR(counts[p], (ITEMS - distance) / (double)PAIRS, 160); /* 5 standard deviations are 153 */
    }
}

static void draw_below_0(void *unused)
{
    (void)unused;
    struct random r = random_new(0, 0);
    random_below(&r, 0);
}

static void below_0_is_refused(void)
{
    CHECK_DIES(draw_below_0, NULL, 1, "the bound is 0");
}

int main(void)
{
    RUN(bits_are_those_of_the_reference);
    RUN(below_is_within_its_bound_and_even);
    RUN(normal_has_mean_0_and_variance_1);
    RUN(uniform_is_in_its_range);
    RUN(shuffle_is_a_permutation_and_follows_the_seed);
    RUN(shuffles_are_even);
    RUN(items_are_independent);
    RUN(below_0_is_refused);
    return check_verdict();
}
