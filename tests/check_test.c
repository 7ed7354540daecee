#define _POSIX_C_SOURCE 200809L /* fork */
/* The checks themselves: what must fail does. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether a check of the values holds: in a child, so that one that fails does not count as a failure of this test. */
static bool holds(bool (*check)(const float *got, const float *want, size_t count), const float *got,
                  const float *want, size_t count)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _Exit(2);
        _Exit(check(got, want, count));
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 1;
}

static bool near(const float *got, const float *want, size_t count)
{
    bool all = true;
    for (size_t i = 0; i < count; i++)
        all &= CHECK_NEAR(got[i], want[i], 0.01);
    return all;
}

static bool near_without_bound(const float *got, const float *want, size_t count)
{
    bool all = true;
    for (size_t i = 0; i < count; i++)
        all &= CHECK_NEAR(got[i], want[i], INFINITY);
    return all;
}

static bool floats(const float *got, const float *want, size_t count)
{
    return CHECK_FLOATS(got, want, count, 0.01);
}

static bool floats_relative(const float *got, const float *want, size_t count)
{
    return CHECK_FLOATS_RELATIVE(got, want, count, 0.01);
}

static bool (*const comparisons[])(const float *, const float *, size_t) = { near, near_without_bound, floats,
                                                                            floats_relative };
enum { COMPARISONS = sizeof comparisons / sizeof *comparisons };

/* Every way of comparing says the same of one value, beside one that is as expected. */
static void check_all(float got, float want, bool verdict)
{
    for (int i = 0; i < COMPARISONS; i++)
        CHECK_INTEGER(holds(comparisons[i], (float[]){ 1, got }, (float[]){ 1, want }, 2), verdict);
}

static void an_infinite_value_must_be_that_infinity(void)
{
    check_all(INFINITY, INFINITY, true);
    check_all(-INFINITY, -INFINITY, true);
    check_all(-INFINITY, INFINITY, false);
    check_all(0, INFINITY, false);
    check_all(0, -INFINITY, false);
    check_all(INFINITY, 0, false);
    check_all(INFINITY, 3e38F, false);
}

static void nan_never_passes(void)
{
    check_all(NAN, 1, false);
    check_all(1, NAN, false);
    check_all(NAN, NAN, false);
    check_all(NAN, INFINITY, false);
    check_all(INFINITY, NAN, false);
}

/* The infinite value is no measure of the others. */
static void a_tolerance_is_relative_to_the_largest_finite_value(void)
{
    const float want[] = { INFINITY, 100, 0 };
    CHECK(holds(floats_relative, (float[]){ INFINITY, 100.9F, 0.9F }, want, 3));
    CHECK(!holds(floats_relative, (float[]){ INFINITY, 101.1F, 0 }, want, 3));
    CHECK(!holds(floats_relative, (float[]){ INFINITY, 100, 1.1F }, want, 3));
    CHECK(!holds(floats_relative, (float[]){ 100, 100, 0 }, want, 3));
}

static void tolerances_hold_at_their_bounds(void)
{
    CHECK(holds(floats, (float[]){ 1.005F, 2 }, (float[]){ 1, 1.995F }, 2));
    CHECK(!holds(floats, (float[]){ 1.02F, 2 }, (float[]){ 1, 2 }, 2));
    CHECK(!holds(near, (float[]){ 1, 2.02F }, (float[]){ 1, 2 }, 2));
}

int main(void)
{
    RUN(an_infinite_value_must_be_that_infinity);
    RUN(nan_never_passes);
    RUN(a_tolerance_is_relative_to_the_largest_finite_value);
    RUN(tolerances_hold_at_their_bounds);
    return check_verdict();
}
