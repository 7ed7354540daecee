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
    int fields_count;    /* 0: all fields that have one value in a row, in the order of the stream */
    bool header;         /* a line with the columns' names first */
    bool names;          /* names of classes in place of their numbers, where the stream names them */
    int digits;          /* significant ones of numbers that are not whole */
    int columns;         /* of the first frame; the others must have as many. Start with 0 */
    bool begun;          /* the header is out. Start with false */
};

/* Print the rows of one frame; the header goes before those of the first. Dies where a field is missing, has rows of
 * more than one dimension or a type that cannot be read, or has another number of values than in the first frame. */
void table_add(struct table *table, const struct frame *frame);

#endif
