/* Looks up rows of a stream by their `index`: finds a few rows of a large data set, in memory proportional to their
 * number. */
#ifndef TALE_STREAMS_LOOKUP_H
#define TALE_STREAMS_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "streams/stream.h"

struct lookup {
    int64_t count;
    int64_t *index;  /* [count], wanted indexes, increasing, each once */
    int64_t *row;    /* [count], their rows in `found`, or -1 */
    struct frame found; /* the requested field, for the rows found */
};

/* Finds the rows with the wanted indexes (count of them; those below 0 are ignored) in a stream with fields `index` I64
 * [N] and `field`; the first row if an index occurs more than once. Reads no further than necessary. Free with
 * lookup_free(). */
struct lookup lookup_read(struct stream *stream, const char *field, const int64_t *wanted, size_t count);

/* The row of lookup->found with an index, or -1. */
int64_t lookup_row(const struct lookup *lookup, int64_t index);

void lookup_free(struct lookup *lookup);

#endif
