/* The loop of a filter: frame after frame from a stream, and to standard output again. */
#ifndef TALE_STREAMS_FILTER_H
#define TALE_STREAMS_FILTER_H

#include "streams/stream.h"

struct filter {
    const char *path; /* of the stream; NULL or "-" is standard input */
    const char *unit; /* what the progress line counts the rows as, "images"; NULL: no progress line */
    bool writes;      /* frames go to standard output, as frame() leaves them */
    void (*frame)(struct frame *frame, void *context); /* works on one frame, which filter_frames() frees */
    void *context;
};

/* Opens the stream, calls frame() for each of its frames, in order, and closes the stream. Returns how many there were.
 * Dies as stream_read and stream_write do. */
int64_t filter_frames(const struct filter *filter);

#endif
