/* Progress: one line on stderr with what was done, the rate and the time left, when stderr is a terminal and -q was
 * not given. It never touches a result. */
#ifndef TALE_BASE_PROGRESS_H
#define TALE_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *unit; /* "images", "rows" */
    int64_t total;    /* 0: not known */
    double start;     /* seconds */
    double printed;   /* when the line was last drawn */
    bool shown;
};

struct progress progress_start(const char *unit, int64_t total);

/* `done` of the total are done; `note` is added to the line ("epoch 3/10"), or NULL. Draws at most 5 times a second. */
void progress_update(struct progress *progress, int64_t done, const char *note);

/* Take the line away. */
void progress_end(struct progress *progress);

/* Seconds on a clock that only goes forward. */
double seconds_now(void);

#endif
