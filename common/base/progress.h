/* Progress: one line on stderr with the work done, the rate and the time left, if stderr is a terminal and -q was not
 * given. It never affects a result. */
#ifndef TALE_BASE_PROGRESS_H
#define TALE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *unit; /* "images", "rows" */
    int64_t total;    /* 0 if unknown */
    double start;     /* seconds */
    double printed;   /* time when the line was last drawn */
    bool shown;
};

struct progress progress_start(const char *unit, int64_t total);

/* Reports that `done` of the total are done; `note`, or NULL, is appended to the line ("epoch 3/10"). Draws at most 5
 * times a second. */
void progress_update(struct progress *progress, int64_t done, const char *note);

/* Erases the line. */
void progress_end(struct progress *progress);

/* Seconds of a monotonic clock. */
double seconds_now(void);

#endif
