/* Looking up rows of a stream by their `index`: of a large data set, the few rows that are wanted, in memory that
 * grows with their number alone. */
#ifndef TALE_STREAMS_LOOKUP_H
#define TALE_STREAMS_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "streams/stream.h"

struct lookup {
    int64_t count;
    int64_t *index;  /* [count], those wanted, rising, each once */
    int64_t *row;    /* [count], where each lies in `found`; -1: not there */
    struct frame found; /* the field asked for, of the rows found */
};

/* The rows with the wanted indexes (count of them; below 0: none is meant) from a stream with fields `index` I64 [N]
 * and `field`; the first row where an index comes more than once. Reads no further than needed. Free with
 * lookup_free(). */
struct lookup lookup_read(struct stream *stream, const char *field, const int64_t *wanted, size_t count);

/* The row of lookup->found with an index, or -1. */
int64_t lookup_row(const struct lookup *lookup, int64_t index);

void lookup_free(struct lookup *lookup);

#endif
