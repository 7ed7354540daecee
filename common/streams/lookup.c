#include "streams/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static int compare_whole(const void *a, const void *b)
{
    const int64_t *p = a, *q = b;
    return *p < *q ? -1 : *p > *q;
}

/* Sorts the indexes and drops duplicates and those below 0. */
static void take_wanted(struct lookup *lookup, const int64_t *wanted, size_t count)
{
    int64_t *index = allocate(count, sizeof *index);
    size_t taken = 0;
    for (size_t i = 0; i < count; i++)
        if (wanted[i] >= 0)
            index[taken++] = wanted[i];
    qsort(index, taken, sizeof *index, compare_whole);
    for (size_t i = 0; i < taken; i++)
        if (i == 0 || index[i] != index[i - 1])
            index[lookup->count++] = index[i];
    lookup->index = index;
    lookup->row = allocate((size_t)lookup->count, sizeof *lookup->row);
    for (int64_t i = 0; i < lookup->count; i++)
        lookup->row[i] = -1;
}

/* Position of an index in lookup->index, or -1. */
static int64_t position_of(const struct lookup *lookup, int64_t index)
{
    const int64_t *at = bsearch(&index, lookup->index, (size_t)lookup->count, sizeof index, compare_whole);
    return at ? at - lookup->index : -1;
}

static bool is_field(const char *name, const void *field)
{
    return strcmp(name, field) == 0;
}

/* Takes the wanted rows of a frame that are not found yet; returns how many are found in total. */
static int64_t take_rows(struct lookup *lookup, const struct stream *stream, struct frame *frame, const char *field,
                         int64_t found)
{
    int64_t rows = frame_rows(frame), chosen = 0;
    if (rows == 0)
        return found;
    const int64_t *index = frame_require(frame, "index", DTYPE_I64, 1)->data;
    if (!frame_find(frame, field))
        die("%s: field '%s' is missing", stream->path, field);
    int64_t *choice = allocate((size_t)rows, sizeof *choice);
    for (int64_t r = 0; r < rows; r++) {
        int64_t position = position_of(lookup, index[r]);
        if (position < 0 || lookup->row[position] >= 0)
            continue;
        lookup->row[position] = found + chosen;
        choice[chosen++] = r;
    }
    frame_filter(frame, is_field, field);
    struct frame part = frame_select(frame, choice, chosen);
    frame_append(&lookup->found, &part);
    frame_free(&part);
    free(choice);
    return found + chosen;
}

struct lookup lookup_read(struct stream *stream, const char *field, const int64_t *wanted, size_t count)
{
    struct lookup lookup = { 0 };
    struct frame frame;
    int64_t found = 0;
    take_wanted(&lookup, wanted, count);
    while (found < lookup.count && stream_read(stream, &frame)) {
        found = take_rows(&lookup, stream, &frame, field, found);
        frame_free(&frame);
    }
    return lookup;
}

int64_t lookup_row(const struct lookup *lookup, int64_t index)
{
    int64_t position = position_of(lookup, index);
    return position < 0 ? -1 : lookup->row[position];
}

void lookup_free(struct lookup *lookup)
{
    free(lookup->index);
    free(lookup->row);
    frame_free(&lookup->found);
    lookup->count = 0;
}
