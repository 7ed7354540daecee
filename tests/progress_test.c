/* The progress line, as a terminal gets it. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "base/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/options.h"
#include "check.h"

/* What update() writes while stderr is a terminal, without the control sequence before it; "" where that is nothing. */
static const char *drawn(struct progress *progress, int64_t done, const char *note)
{
    static char text[256];
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), stderr_before = dup(STDERR_FILENO), line = -1;
    text[0] = 0;
    if (terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0)
        line = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    if (line < 0)
        return NULL;
    dup2(line, STDERR_FILENO);
    progress_update(progress, done, note);
    if (write(line, "|", 1) != 1)
        return NULL;
    dup2(stderr_before, STDERR_FILENO);
    for (size_t used = 0; used + 1 < sizeof text && !strchr(text, '|');) {
        ssize_t got = read(terminal, text + used, sizeof text - 1 - used);
        if (got <= 0)
            break;
        text[used += (size_t)got] = 0;
    }
    text[strcspn(text, "|")] = 0;
    close(line);
    close(terminal);
    close(stderr_before);
    const char *end = strstr(text, "\033[K");
    return end ? end + 3 : text;
}

static struct progress begun(const char *unit, int64_t total, double seconds_ago)
{
    struct progress progress = progress_start(unit, total);
    progress.start -= seconds_ago;
    return progress;
}

static void check_line(struct progress progress, int64_t done, const char *note, const char *want)
{
    const char *got = drawn(&progress, done, note);
    if (got)
        CHECK_TEXT(got, want);
    else
        check_skip("no terminal can be made here");
}

static void rate_and_time_left(void)
{
    /* so far that half a second more or less changes nothing */
    check_line(begun("rows", 2000, 300), 1000, NULL, "tale: 1000/2000 rows, 3/s, 5:00 left");
    check_line(begun("rows", 2000, 100), 1900, NULL, "tale: 1900/2000 rows, 19/s, 0:05 left");
    check_line(begun("images", 1000, 1500), 600, "epoch 1/9", "tale: 600/1000 images, 0/s, 16:40 left, epoch 1/9");
    check_line(begun("rows", 0, 100), 1000, NULL, "tale: 1000 rows, 10/s"); /* no end is known */
    check_line(begun("rows", 1000, 100), 1000, NULL, "tale: 1000/1000 rows, 10/s");
}

static void no_more_often_than_eyes_can_follow(void)
{
    struct progress progress = begun("rows", 10, 1);
    const char *first = drawn(&progress, 1, NULL);
    if (!first) {
        check_skip("no terminal can be made here");
        return;
    }
    CHECK(first[0] != 0);
    CHECK_TEXT(drawn(&progress, 2, NULL), "");
    progress.printed -= 1;
    CHECK(drawn(&progress, 3, NULL)[0] != 0);
    program_quiet = true;
    progress.printed -= 1;
    CHECK_TEXT(drawn(&progress, 4, NULL), "");
    program_quiet = false;
}

int main(void)
{
    RUN(rate_and_time_left);
    RUN(no_more_often_than_eyes_can_follow);
    return check_verdict();
}
