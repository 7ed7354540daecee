#include "streams/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

struct join join_open(const char *path)
{
    return (struct join){ stream_open(path), { 0 }, 0, 0 };
}

/* Whether rows are waiting; reads frames until there are rows or the stream ends. */
static bool fill(struct join *join)
{
    while (join->used == frame_rows(&join->waiting)) {
        struct frame next;
        if (!stream_read(&join->stream, &next))
            return false;
        frame_free(&join->waiting);
        join->waiting = next;
        join->used = 0;
    }
    return true;
}

/* Rows [used, used + count) of the waiting frame. */
static struct frame take(struct join *join, int64_t count)
{
    int64_t *rows = allocate((size_t)count, sizeof *rows);
    for (int64_t i = 0; i < count; i++)
        rows[i] = join->used + i;
    struct frame part = frame_select(&join->waiting, rows, count);
    join->used += count;
    free(rows);
    return part;
}

static struct frame next_rows(struct join *join, int64_t count, const struct frame *frame)
{
    struct frame result = { 0 };
    int64_t have = 0;
    fill(join); /* so that the fields are known even if no row is needed */
    do {
        int64_t left = frame_rows(&join->waiting) - join->used;
        struct frame part = take(join, left < count - have ? left : count - have);
        have += left < count - have ? left : count - have;
        frame_append(&result, &part);
        frame_free(&part);
    } while (have < count && fill(join));
    if (have < count)
        die("%s: has fewer rows than %s (%lld)", join->stream.path, frame->path,
            (long long)join->rows + (long long)have);
    join->rows += have;
    return result;
}

/* Adds field i of the joined frame. It looks for the field at the same position in the other frame first. */
static void add_field(struct join *join, struct frame *frame, const struct tensor *from, int i)
{
    bool in_place = i < frame->count && strcmp(frame->tensor[i]->name, from->name) == 0;
    const struct tensor *there = in_place ? frame->tensor[i] : frame_find(frame, from->name);
    if (!there) {
        struct tensor *to = frame_put(frame, from->name, from->dtype, from->rank, from->shape);
        memcpy(to->data, from->data, tensor_bytes(from));
        return;
    }
    bool same = there->dtype == from->dtype && there->rank == from->rank;
    for (int d = 0; same && d < from->rank; d++)
        same = there->shape[d] == from->shape[d];
    if (!same || memcmp(there->data, from->data, tensor_bytes(from)) != 0)
        die("%s: field '%s' is not the same as in %s (rename or drop one)", join->stream.path, from->name,
            frame->path);
}

void join_add(struct join *join, struct frame *frame)
{
    struct frame beside = next_rows(join, frame_rows(frame), frame), metadata = { 0 };
    for (int i = 0; i < beside.count; i++)
        add_field(join, frame, beside.tensor[i], i);
    frame_copy_metadata(&metadata, &beside);
    frame_copy_metadata(&metadata, frame); /* the first stream's metadata take precedence */
    frame_copy_metadata(frame, &metadata);
    frame_free(&metadata);
    frame_free(&beside);
}

void join_close(struct join *join, const char *path)
{
    if (fill(join))
        die("%s: has more rows than %s (%lld)", join->stream.path, path, (long long)join->rows);
    frame_free(&join->waiting);
    stream_close(&join->stream);
}
