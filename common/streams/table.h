/* Tables: columns of a row stream as tab-separated text. */
#ifndef TALE_STREAMS_TABLE_H
#define TALE_STREAMS_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "streams/stream.h"

struct table {
    FILE *file;
    char *const *fields; /* [fields_count]: FIELD, all values of its rows; FIELD.K, one of them */
    int fields_count;    /* 0: all fields with one value in a row, in the order of the stream */
    bool header;         /* print a line with the columns' names first */
    bool names;          /* print class names instead of numbers, if the stream has them */
    int digits;          /* significant digits of numbers that are not whole */
    int columns;         /* number in the first frame; the others must have the same. Initially 0 */
    bool begun;          /* the header has been printed. Initially false */
};

/* Prints the rows of one frame, with the header before the first. Dies if a field is missing, has rows of more than one
 * dimension or an unreadable type, or has a different number of values than in the first frame. */
void table_add(struct table *table, const struct frame *frame);

#endif
