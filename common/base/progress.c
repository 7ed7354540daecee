#define _POSIX_C_SOURCE 200809L /* isatty, clock_gettime */
#include "base/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

static const double redraw_seconds = 0.2;

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct progress progress_start(const char *unit, int64_t total)
{
    struct progress progress = { unit, total, seconds_now(), 0, false };
    return progress;
}

void progress_update(struct progress *progress, int64_t done, const char *note)
{
    double now = seconds_now();
    if (program_quiet || !isatty(STDERR_FILENO) || now - progress->printed < redraw_seconds)
        return;
    double rate = (double)done / (now - progress->start + 1e-9);
    fprintf(stderr, "\r\033[K%s: %lld", program_name, (long long)done);
    if (progress->total > 0)
        fprintf(stderr, "/%lld", (long long)progress->total);
    fprintf(stderr, " %s, %.0f/s", progress->unit, rate);
    if (progress->total > done && rate > 0) {
        int left = (int)((double)(progress->total - done) / rate + 0.5);
        fprintf(stderr, ", %d:%02d left", left / 60, left % 60);
    }
    if (note)
        fprintf(stderr, ", %s", note);
    fflush(stderr);
    progress->printed = now;
    progress->shown = true;
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
    progress->shown = false;
}
