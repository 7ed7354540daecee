/* Joins: adds the fields of a second row stream to those of the first, row by row. */
#ifndef TALE_STREAMS_JOIN_H
#define TALE_STREAMS_JOIN_H

#include "streams/stream.h"

struct join {
    struct stream stream; /* the second one */
    struct frame waiting; /* its current frame */
    int64_t used;         /* number of its rows that are used up */
    int64_t rows;         /* rows joined so far */
};

struct join join_open(const char *path);

/* Adds the fields of the second stream's next rows, as many as `frame` has, to `frame`; the two streams may be divided
 * into frames differently. Fields in both must have the same bits (so `index` and `label` show that the rows belong
 * together); metadata that `frame` lacks are copied. Dies if a field differs or the second stream has fewer rows. */
void join_add(struct join *join, struct frame *frame);

/* Dies if the second stream has rows left when the first, `stream`, has ended; closes it. */
void join_close(struct join *join, const char *path);

#endif
