/* Examples: the images and targets of a data set in memory, read from a row stream. */
#ifndef TALE_LEARNING_EXAMPLES_H
#define TALE_LEARNING_EXAMPLES_H

#include <stdint.h>

#include "streams/stream.h"

struct examples {
    int64_t count;
    int height, width;
    const uint8_t *image;    /* [count,3,H,W] */
    const int64_t *target;   /* [count] */
    const int64_t *rotation; /* [count], quarter turns counter-clockwise, or NULL */
    int64_t group;           /* rows that belong together, from the metadata; 1 if they do not say */
    struct frame frame;      /* owns all arrays above */
};

/* Reads a whole row stream with image U8 [N,3,H,W] and a field `target` I64 [N]. Dies with the stream's name if a field
 * is missing, a target is negative, rotations are not 0 to 3, groups do not divide the rows, or turned images are not
 * square. */
struct examples examples_read(struct stream *stream, const char *target);

/* The largest target, or -1. */
int64_t examples_largest_target(const struct examples *examples);

/* Whether all rows have the same target, so that there is nothing to learn. */
bool examples_one_target(const struct examples *examples);

/* A hash of images, targets, rotations, groups and their order, to recognise the same data. */
uint64_t examples_fingerprint(const struct examples *examples);

void examples_free(struct examples *examples);

#endif
