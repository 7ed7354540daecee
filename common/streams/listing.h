/* Listings: what is in a stream, as text. */
#ifndef TALE_STREAMS_LISTING_H
#define TALE_STREAMS_LISTING_H

#include <stdbool.h>
#include <stdio.h>

#include "streams/stream.h"

struct summary;

/* Frames that are alike but for their number of rows are listed together: fields, types, shapes of a row, metadata. */
struct listing {
    FILE *file;
    const char *path;    /* stands in front of each group; NULL: nothing does */
    bool values;         /* tell the values' range, mean and deviation */
    bool every;          /* list each frame on its own */
    struct frame like;   /* a frame of the group, without its rows where it has any */
    bool has_rows;       /* the group's frames have rows */
    int64_t first, last; /* frames of the group, from 1; last 0: there is none */
    int64_t rows;
    struct summary *summary; /* [like.count] */
};

/* Take up a frame (number: from 1); prints the group before it where the frame begins another. */
void listing_add(struct listing *listing, const struct frame *frame, int64_t number);

/* Print the last group. */
void listing_end(struct listing *listing);

#endif
