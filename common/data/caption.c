#include "data/caption.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static bool field_listed(const struct field_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0)
            return true;
    return false;
}

void field_list_add(struct field_list *list, const char *name)
{
    if (field_listed(list, name))
        return;
    if (list->count == FIELD_LIST_MAX)
        die_usage("too many fields asked for (at most %d)", FIELD_LIST_MAX);
    list->name[list->count++] = copy_string(name);
}

struct field_list field_list_parse(const char *option, const char *text)
{
    struct field_list list = { 0 };
    char name[256];
    if (!text)
        return list;
    for (int64_t i = 0; list_item(text, i, name, sizeof name); i++) {
        if (!name[0])
            die_usage("%s: '%s' holds an empty name (names with commas between them)", option, text);
        field_list_add(&list, name);
    }
    return list;
}

void field_list_free(struct field_list *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->name[i]);
    list->count = 0;
}

void frame_keep(struct frame *frame, const struct field_list *fields)
{
    for (int i = frame->count - 1; i >= 0; i--)
        if (!field_listed(fields, frame->tensor[i]->name))
            frame_remove(frame, frame->tensor[i]->name);
}

void stream_read_fields(struct stream *stream, struct frame *frame, const struct field_list *fields)
{
    struct frame next;
    *frame = (struct frame){ NULL, 0, NULL };
    while (stream_read(stream, &next)) {
        frame_rows(&next, stream);
        frame_keep(&next, fields);
        frame_append(frame, &next, stream);
        frame_free(&next);
    }
}

bool list_item(const char *list, int64_t position, char *item, size_t size)
{
    if (!list || position < 0)
        return false;
    for (; position > 0; position--) {
        list = strchr(list, ',');
        if (!list)
            return false;
        list++;
    }
    snprintf(item, size, "%.*s", (int)strcspn(list, ","), list);
    return true;
}

int64_t list_position(const char *list, const char *item)
{
    size_t length = strlen(item);
    for (int64_t position = 0; list; position++) {
        if (strcspn(list, ",") == length && strncmp(list, item, length) == 0)
            return position;
        list = strchr(list, ',');
        if (list)
            list++;
    }
    return -1;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool holds_class(const char *field)
{
    return strcmp(field, "label") == 0 || strcmp(field, "prediction") == 0 || ends_with(field, "_label") ||
           ends_with(field, "_prediction");
}

static void print_whole(char *text, size_t size, const char *field, int64_t value, const char *classes)
{
    if (holds_class(field) && list_item(classes, value, text, size))
        return;
    if (strcmp(field, "rotation") == 0)
        snprintf(text, size, "%" PRId64 "\u00b0", 90 * value);
    else
        snprintf(text, size, "%" PRId64, value);
}

static void print_real(char *text, size_t size, double value)
{
    snprintf(text, size, fabs(value) >= 99.5 ? "%.0f" : "%.2g", value);
}

void caption_append(char *text, size_t size, const struct stream *stream, const struct tensor *tensor, int64_t row,
                    int64_t column, const char *classes)
{
    char value[CAPTION_MAX];
    int rank = column < 0 ? 1 : 2;
    if (tensor->rank != rank)
        die("%s: field '%s' has rank %d (%d is needed for a caption)", stream->path, tensor->name, tensor->rank, rank);
    int64_t at = column < 0 ? row : row * tensor->shape[1] + column;
    if (tensor->dtype == DTYPE_I64)
        print_whole(value, sizeof value, tensor->name, ((const int64_t *)tensor->data)[at], classes);
    else if (tensor->dtype == DTYPE_F32)
        print_real(value, sizeof value, (double)((const float *)tensor->data)[at]);
    else if (tensor->dtype == DTYPE_F64)
        print_real(value, sizeof value, ((const double *)tensor->data)[at]);
    else
        die("%s: field '%s' is %s (I64, F32 or F64 is needed for a caption)", stream->path, tensor->name,
            dtype_name(tensor->dtype));
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used ? ", " : "", value);
}
