#include "streams/listing.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/output.h"
#include "streams/value.h"

enum { FIGURE_DIGITS = 6 };

static bool has_rows(const struct frame *frame)
{
    for (int i = 0; i < frame->count; i++)
        if (frame->tensor[i]->rank == 0 || frame->tensor[i]->shape[0] != frame->tensor[0]->shape[0])
            return false;
    return frame->count > 0;
}

static bool alike(const struct frame *a, const struct frame *b)
{
    bool same = a->count == b->count;
    if (a->metadata && b->metadata)
        same = same && json_equal(a->metadata, b->metadata);
    else
        same = same && a->metadata == b->metadata;
    for (int i = 0; same && i < a->count; i++) {
        const struct tensor *s = a->tensor[i], *t = b->tensor[i];
        same = strcmp(s->name, t->name) == 0 && s->dtype == t->dtype && s->rank == t->rank;
        for (int d = 1; same && d < s->rank; d++)
            same = s->shape[d] == t->shape[d];
    }
    return same;
}

/* Characters of a UTF-8 text: bytes that do not continue one. */
static int text_width(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* "[50000,3,32,32]", the first size taken from `rows` where it is not negative. */
static void format_shape(char *text, size_t size, const struct tensor *tensor, int64_t rows)
{
    size_t used = (size_t)snprintf(text, size, "[");
    for (int d = 0; d < tensor->rank; d++)
        used += (size_t)snprintf(text + used, size - used, "%s%lld", d ? "," : "",
                                 (long long)(d == 0 && rows >= 0 ? rows : tensor->shape[d]));
    snprintf(text + used, size - used, "]");
}

static void print_values(FILE *file, const struct tensor *tensor, const struct summary *summary)
{
    if (!value_readable(tensor->dtype)) {
        fprintf(file, "  not read");
        return;
    }
    if (summary->count && value_whole(tensor->dtype))
        fprintf(file, "  min %.0Lf  max %.0Lf", summary->low, summary->high);
    else if (summary->count)
        fprintf(file, "  min %.*Lg  max %.*Lg", FIGURE_DIGITS, summary->low, FIGURE_DIGITS, summary->high);
    if (summary->count)
        fprintf(file, "  mean %.*g  sd %.*g", FIGURE_DIGITS, summary->mean, FIGURE_DIGITS,
                summary_deviation(summary));
    if (summary->others)
        fprintf(file, "  not finite %lld", (long long)summary->others);
}

/* For all rows of the group: a single row of a type smaller than a byte may not be whole bytes. */
static size_t listed_bytes(const struct listing *listing, const struct tensor *tensor)
{
    struct tensor whole = *tensor;
    if (listing->has_rows)
        whole.shape[0] = listing->rows;
    return tensor_bytes(&whole);
}

static void print_head(const struct listing *listing)
{
    FILE *file = listing->file;
    fprintf(file, "# ");
    if (listing->path) {
        write_clean(file, listing->path);
        fprintf(file, ": ");
    }
    if (listing->first == listing->last)
        fprintf(file, "frame %lld: ", (long long)listing->first);
    else
        fprintf(file, "frames %lld-%lld: ", (long long)listing->first, (long long)listing->last);
    size_t bytes = 0;
    for (int i = 0; i < listing->like.count; i++)
        bytes = checked_add(bytes, listed_bytes(listing, listing->like.tensor[i]));
    if (listing->has_rows)
        fprintf(file, "%lld row%s, ", (long long)listing->rows, listing->rows == 1 ? "" : "s");
    fprintf(file, "%d tensor%s, %zu bytes\n", listing->like.count, listing->like.count == 1 ? "" : "s", bytes);
}

static void print_tensors(const struct listing *listing)
{
    int name_width = 0, type_width = 0, shape_width = 0;
    int64_t rows = listing->has_rows ? listing->rows : -1;
    char shape[256];
    for (int i = 0; i < listing->like.count; i++) {
        const struct tensor *tensor = listing->like.tensor[i];
        format_shape(shape, sizeof shape, tensor, rows);
        name_width = larger(name_width, text_width(tensor->name));
        type_width = larger(type_width, text_width(dtype_name(tensor->dtype)));
        shape_width = larger(shape_width, text_width(shape));
    }
    for (int i = 0; i < listing->like.count; i++) {
        const struct tensor *tensor = listing->like.tensor[i];
        format_shape(shape, sizeof shape, tensor, rows);
        write_clean(listing->file, tensor->name);
        fprintf(listing->file, "%*s  %-*s  %-*s", name_width - text_width(tensor->name), "", type_width,
                dtype_name(tensor->dtype), listing->values ? shape_width : 0, shape);
        if (listing->values)
            print_values(listing->file, tensor, &listing->summary[i]);
        putc('\n', listing->file);
    }
}

static void print_metadata(const struct listing *listing)
{
    const char *key;
    json_t *value;
    json_object_foreach(listing->like.metadata, key, value)
    {
        putc('@', listing->file);
        write_clean(listing->file, key);
        putc('=', listing->file);
        write_clean(listing->file, json_string_value(value));
        putc('\n', listing->file);
    }
}

void listing_end(struct listing *listing)
{
    if (listing->last) {
        print_head(listing);
        print_tensors(listing);
        print_metadata(listing);
    }
    frame_free(&listing->like);
    free(listing->summary);
    listing->summary = NULL;
    listing->last = 0;
}

void listing_add(struct listing *listing, const struct frame *frame, int64_t number)
{
    bool rows = has_rows(frame);
    if (!listing->last || listing->every || !rows || !listing->has_rows || !alike(&listing->like, frame)) {
        listing_end(listing);
        listing->like = frame_layout(frame);
        listing->summary = allocate((size_t)frame->count, sizeof *listing->summary);
        listing->has_rows = rows;
        listing->first = number;
        listing->rows = 0;
    }
    listing->last = number;
    if (__builtin_add_overflow(listing->rows, rows ? frame->tensor[0]->shape[0] : 0, &listing->rows))
        die("frame %lld: more rows in all than can be counted", (long long)number);
    for (int i = 0; listing->values && i < frame->count; i++)
        if (value_readable(frame->tensor[i]->dtype))
            summary_add(&listing->summary[i], frame->tensor[i]);
}
