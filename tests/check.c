#define _POSIX_C_SOURCE 200809L /* fork, pipe */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int checks, failed_checks; /* of the test that runs */
static int tests, failed_tests;
static const char *skipped;

void check_run(const char *name, void (*test)(void))
{
    checks = failed_checks = 0;
    skipped = NULL;
    test();
    if (checks == 0 && !skipped) {
        fprintf(stderr, "%s: no check was made\n", name);
        failed_checks++;
    }
    tests++;
    failed_tests += failed_checks > 0;
    printf("%s %s%s%s\n", failed_checks ? "not ok" : "ok", name, skipped ? " # skip " : "", skipped ? skipped : "");
    fflush(stdout);
}

int check_verdict(void)
{
    return tests == 0 || failed_tests > 0;
}

void check_skip(const char *reason)
{
    skipped = reason;
}

/* Count one check; start the line that says where and what failed. */
static bool count_check(bool holds, const char *what, const char *file, int line)
{
    checks++;
    if (holds)
        return true;
    failed_checks++;
    fprintf(stderr, "%s:%d: %s", file, line, what);
    return false;
}

bool check_true(bool condition, const char *what, const char *file, int line)
{
    if (!count_check(condition, what, file, line))
        fprintf(stderr, " does not hold\n");
    return condition;
}

bool check_integer(int64_t got, int64_t want, const char *what, const char *file, int line)
{
    if (!count_check(got == want, what, file, line))
        fprintf(stderr, " is %lld (%lld expected)\n", (long long)got, (long long)want);
    return got == want;
}

bool check_text(const char *got, const char *want, const char *what, const char *file, int line)
{
    bool same = got && want ? strcmp(got, want) == 0 : got == want;
    if (!count_check(same, what, file, line))
        fprintf(stderr, " is '%s' ('%s' expected)\n", got ? got : "(null)", want ? want : "(null)");
    return same;
}

bool check_bytes(const void *got, const void *want, size_t size, const char *what, const char *file, int line)
{
    const unsigned char *p = got, *q = want;
    size_t at = 0;
    while (at < size && p[at] == q[at])
        at++;
    if (!count_check(at == size, what, file, line))
        fprintf(stderr, ": byte %zu of %zu is %02x (%02x expected)\n", at, size, p[at], q[at]);
    return at == size;
}

/* Of infinite values the difference says nothing: it is NaN or infinite, as a tolerance may be. */
static bool is_near(double got, double want, double tolerance)
{
    if (isinf(got) || isinf(want))
        return got == want;
    return fabs(got - want) <= tolerance;
}

bool check_near(double got, double want, double tolerance, const char *what, const char *file, int line)
{
    bool near = is_near(got, want, tolerance);
    if (!count_check(near, what, file, line))
        fprintf(stderr, " is %.9g (%.9g expected, within %g)\n", got, want, tolerance);
    return near;
}

bool check_floats(const float *got, const float *want, size_t count, double tolerance, const char *what,
                  const char *file, int line)
{
    size_t worst = 0, bad = 0;
    double worst_difference = -1;
    for (size_t i = 0; i < count; i++) {
        double difference = fabs((double)got[i] - (double)want[i]);
        if (is_near((double)got[i], (double)want[i], tolerance))
            continue;
        bad++;
        if (isnan(difference))
            difference = HUGE_VAL;
        if (difference > worst_difference) {
            worst_difference = difference;
            worst = i;
        }
    }
    if (!count_check(bad == 0, what, file, line))
        fprintf(stderr, ": %zu of %zu differ; worst [%zu] is %.9g (%.9g expected, within %g)\n", bad, count, worst,
                (double)got[worst], (double)want[worst], tolerance);
    return bad == 0;
}

bool check_floats_relative(const float *got, const float *want, size_t count, double tolerance, const char *what,
                           const char *file, int line)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(want[i]) && fabs((double)want[i]) > largest)
            largest = fabs((double)want[i]);
    return check_floats(got, want, count, tolerance * largest, what, file, line);
}

/* In the child: stderr into the pipe, then the call. */
static void run_child(void (*function)(void *), void *argument, const int *ends)
{
    close(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    function(argument);
    _Exit(0); /* it came back: not what was expected, whatever the status says */
}

bool check_dies(void (*function)(void *), void *argument, int status, const char *text, const char *what,
                const char *file, int line)
{
    int ends[2], result = 0;
    char message[4096];
    size_t length = 0;
    ssize_t got;
    fflush(NULL);
    if (pipe(ends))
        return check_true(false, "pipe()", file, line);
    pid_t child = fork();
    if (child == 0)
        run_child(function, argument, ends);
    close(ends[1]);
    while ((got = read(ends[0], message + length, sizeof message - 1 - length)) > 0)
        length += (size_t)got;
    message[length] = 0;
    close(ends[0]);
    waitpid(child, &result, 0);
    const char *said = message;
    while (strncmp(said, "==", 2) == 0 && strchr(said, '\n'))
        said = strchr(said, '\n') + 1; /* a sanitizer's own warning */
    const char *end = strchr(said, '\n');
    bool holds = WIFEXITED(result) && WEXITSTATUS(result) == status && end && !end[1] && strstr(said, text);
    if (!count_check(holds, what, file, line))
        fprintf(stderr, ": %s %d and says '%s' (exit %d and one line with '%s' expected)\n",
                WIFEXITED(result) ? "exits" : "dies of signal",
                WIFEXITED(result) ? WEXITSTATUS(result) : WTERMSIG(result), message, status, text);
    return holds;
}
