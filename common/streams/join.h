/* Joins: the fields of a second row stream put beside those of the first, row by row. */
#ifndef TALE_STREAMS_JOIN_H
#define TALE_STREAMS_JOIN_H

#include "streams/stream.h"

struct join {
    struct stream stream; /* the second one */
    struct frame waiting; /* its frame that is being used up */
    int64_t used;         /* rows of it that are */
    int64_t rows;         /* rows joined so far */
};

struct join join_open(const char *path);

/* Put the fields of the next rows of the second stream, as many as `frame` has, beside those of `frame`, however both
 * are cut. Fields that are in both must be the same to the bit (so `index` and `label` show that the rows belong
 * together); metadata that `frame` lacks are taken over. Dies where a field differs or the second stream has fewer
 * rows. */
void join_add(struct join *join, struct frame *frame);

/* Die where the second stream has rows left when the first one, `stream`, has ended; close it. */
void join_close(struct join *join, const struct stream *stream);

#endif
