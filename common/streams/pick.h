/* Picks: rows of a stream chosen and ordered, columns chosen and renamed. */
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

/* What to pick; each part may be left out (NULL, 0 or -1). The parts work in this order. */
struct picking {
    struct row_range *ranges; /* [ranges_count]: rows by their number in the stream, in the order asked for */
    int ranges_count;
    struct condition *conditions; /* [conditions_count]: rows that meet all of them */
    int conditions_count;
    const char *sort; /* in the order of this field, least first, NaN last; equal rows keep their order */
    bool reverse;     /* greatest first, NaN still last */
    const char *per;  /* `count` is that of each value of this field */
    int64_t count;    /* at most that many rows; -1: all */
};

/* Where rows are kept until their turn: all of them when they are to be sorted without a count, else few. */
struct pick {
    const struct picking *picking;
    void (*emit)(struct frame *frame); /* takes the frames of the result; may change them */
    int64_t seen;       /* rows of the stream so far */
    int64_t emitted;    /* rows of the result so far */
    bool any;           /* a frame went out */
    struct frame empty; /* the first frame without its rows: what goes out where no row does */
    bool begun;         /* there was a first frame */
    struct frame kept;  /* rows to be ordered */
    int64_t pruned;     /* how many of them the last pruning left */
    int64_t *numbers;   /* of the rows of `listed`, ascending */
    struct frame listed;
};

/* "3,7,10-19" into ranges, caller frees; false where the text is no such list. */
bool pick_parse_rows(const char *text, struct row_range **ranges, int *count);

/* Take the rows of one frame of the stream; pick_end() after the last. The result is the same however the stream is
 * cut. The metadata `group` stay only where groups stay whole. At least one frame goes out where one came in, so that
 * fields and metadata are known downstream. */
void pick_add(struct pick *pick, const struct frame *frame);
void pick_end(struct pick *pick, const struct stream *stream);

#endif
