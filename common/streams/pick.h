/* Picks: select and order rows of a stream, select and rename its columns. */
#ifndef TALE_STREAMS_PICK_H
#define TALE_STREAMS_PICK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "streams/condition.h"
#include "streams/stream.h"

/* Rows first..last, both included, from 0. */
struct row_range {
    int64_t first, last;
};

/* What to pick; parts may be omitted (NULL, 0 or -1). They are applied in this order. */
struct picking {
    struct row_range *ranges; /* [ranges_count]: rows by their number in the stream, in the requested order */
    int ranges_count;
    struct condition *conditions; /* [conditions_count]: rows that meet all of them */
    int conditions_count;
    const char *sort; /* sort by this field, least first, NaN last; equal rows keep their order */
    bool reverse;     /* greatest first, NaN still last */
    const char *per;  /* `count` applies to each value of this field */
    int64_t count;    /* at most that many rows; -1: all */
};

/* Rows that are kept until their turn: all of them for sorting without a count, otherwise few. */
struct pick {
    const struct picking *picking;
    void (*emit)(struct frame *frame); /* receives the frames of the result; may change them */
    int64_t seen;       /* rows of the stream so far */
    int64_t emitted;    /* rows of the result so far */
    bool any;           /* a frame was emitted */
    struct frame empty; /* the first frame without its rows: emitted if no row is */
    bool begun;         /* there was a first frame */
    struct frame kept;  /* rows to be ordered */
    int64_t pruned;     /* how many of them the last pruning left */
    int64_t *numbers;   /* of the rows of `listed`, ascending */
    struct frame listed;
};

/* Parses "3,7,10-19" into ranges, caller frees; returns false if the text is no such list. */
bool pick_parse_rows(const char *text, struct row_range **ranges, int *count);

/* Adds the rows of one frame of the stream; call pick_end() after the last. The result is the same for any division
 * into frames. The metadata `group` are kept only if groups stay whole. If there was an input frame, at least one frame
 * is emitted, so that later programs know the fields and metadata. */
void pick_add(struct pick *pick, const struct frame *frame);
void pick_end(struct pick *pick, const char *path);

#endif
