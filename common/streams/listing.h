/* Listings: the contents of a stream, as text. */
#ifndef TALE_STREAMS_LISTING_H
#define TALE_STREAMS_LISTING_H

#include <stdbool.h>
#include <stdio.h>

#include "streams/stream.h"

struct summary;

/* Frames that are alike except for their number of rows are listed together: fields, types, shapes of a row,
 * metadata. */
struct listing {
    FILE *file;
    const char *path;    /* printed before each group, or NULL */
    bool values;         /* print the values' range, mean and deviation */
    bool every;          /* list each frame separately */
    struct frame like;   /* a frame of the group, without its rows if it has rows */
    bool has_rows;       /* the group's frames have rows */
    int64_t first, last; /* frames of the group, from 1; last is 0 if there is none */
    int64_t rows;
    struct summary *summary; /* [like.count] */
};

/* Adds a frame (number: from 1); if the frame begins another group, prints the previous one. */
void listing_add(struct listing *listing, const struct frame *frame, int64_t number);

/* Print the last group. */
void listing_end(struct listing *listing);

#endif
