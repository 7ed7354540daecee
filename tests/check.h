/* Checks for the C unit tests. A test program is one main():
 *
 *     #include "check.h"
 *
 *     static void sums_agree(void)
 *     {
 *         CHECK_NEAR(sum(x, 3), 6, 0);
 *     }
 *
 *     int main(void)
 *     {
 *         RUN(sums_agree);
 *         return check_verdict();
 *     }
 *
 * It prints one line `ok NAME` or `not ok NAME` for each RUN() on stdout and says on stderr what was wrong; its exit
 * status is its verdict. It runs in the repository's root, so that fixtures are at tests/fixtures/. */
#ifndef TALE_TESTS_CHECK_H
#define TALE_TESTS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Run one test, a function of type void (*)(void). It goes on after a check that failed. */
#define RUN(test) check_run(#test, test)

/* 0 when every check of every test held and at least one was made, else 1; to be returned from main(). */
int check_verdict(void);

/* Leave the rest of this test out, loudly: `ok NAME # skip REASON`. Return from the test after it. */
void check_skip(const char *reason);

#define CHECK(condition) check_true((condition), #condition, __FILE__, __LINE__)
#define CHECK_INTEGER(got, want) check_integer((got), (want), #got, __FILE__, __LINE__)
#define CHECK_TEXT(got, want) check_text((got), (want), #got, __FILE__, __LINE__)
#define CHECK_BYTES(got, want, size) check_bytes((got), (want), (size), #got, __FILE__, __LINE__)

/* |got - want| <= tolerance. NaN on either side fails; infinity equals only the same infinity. */
#define CHECK_NEAR(got, want, tolerance) check_near((got), (want), (tolerance), #got, __FILE__, __LINE__)

/* |got[i] - want[i]| <= tolerance for each of count floats; on failure the worst one is named. */
#define CHECK_FLOATS(got, want, count, tolerance) \
    check_floats((got), (want), (count), (tolerance), #got, __FILE__, __LINE__)

/* As CHECK_FLOATS, with the tolerance taken relative to the largest finite |want[i]|: for sums whose size is not
 * known. */
#define CHECK_FLOATS_RELATIVE(got, want, count, tolerance) \
    check_floats_relative((got), (want), (count), (tolerance), #got, __FILE__, __LINE__)

/* function(argument) ends the program (it runs in a child) with this exit status, and its message, one line on
 * stderr, holds `text`. It must not start OpenMP threads where the parent did: they do not survive a fork. */
#define CHECK_DIES(function, argument, status, text) \
    check_dies((function), (void *)(uintptr_t)(const void *)(argument), (status), (text), #function, __FILE__, __LINE__)

void check_run(const char *name, void (*test)(void));
bool check_true(bool condition, const char *what, const char *file, int line);
bool check_integer(int64_t got, int64_t want, const char *what, const char *file, int line);
bool check_text(const char *got, const char *want, const char *what, const char *file, int line);
bool check_bytes(const void *got, const void *want, size_t size, const char *what, const char *file, int line);
bool check_near(double got, double want, double tolerance, const char *what, const char *file, int line);
bool check_floats(const float *got, const float *want, size_t count, double tolerance, const char *what,
                  const char *file, int line);
bool check_floats_relative(const float *got, const float *want, size_t count, double tolerance, const char *what,
                           const char *file, int line);
bool check_dies(void (*function)(void *), void *argument, int status, const char *text, const char *what,
                const char *file, int line);

#endif
