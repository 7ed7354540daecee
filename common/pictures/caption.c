#include "pictures/caption.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "streams/classes.h"
#include "streams/value.h"

static bool listed(const struct field_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0)
            return true;
    return false;
}

void field_list_add(struct field_list *list, const char *name)
{
    if (listed(list, name))
        return;
    if (list->count == FIELD_LIST_MAX)
        die_usage("too many fields requested (at most %d)", FIELD_LIST_MAX);
    list->name[list->count++] = copy_string(name);
}

struct field_list field_list_parse(const char *option, const char *text)
{
    struct field_list list = { 0 };
    const char *rest = text;
    for (char *name; (name = list_take(&rest)); free(name)) {
        if (!*name)
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

void field_list_require(const struct field_list *list, const struct frame *frame)
{
    for (int i = 0; i < list->count; i++)
        if (!frame_find(frame, list->name[i]))
            die("%s: field '%s' is missing", frame->path, list->name[i]);
}

static bool is_listed(const char *name, const void *list)
{
    return listed(list, name);
}

void field_list_keep(const struct field_list *list, struct frame *frame)
{
    frame_filter(frame, is_listed, list);
}

struct caption_field caption_field(const struct frame *frame, const char *name)
{
    struct caption_field field = { .path = frame->path, .tensor = frame_find(frame, name) };
    if (field.tensor && classes_apply(field.tensor))
        field.classes = classes_of_field(frame, name);
    return field;
}

void caption_field_free(struct caption_field *field)
{
    classes_free(&field->classes);
}

void caption_append(char text[static CAPTION_MAX], const struct caption_field *field, int64_t row, int64_t column)
{
    const struct tensor *tensor = field->tensor;
    int rank = column < 0 ? 1 : 2;
    if (tensor->rank != rank)
        die("%s: field '%s' has rank %d (%d is needed for a caption)", field->path, tensor->name, tensor->rank, rank);
    if (!value_readable(tensor->dtype))
        die("%s: field '%s' is %s, which cannot be read as a number", field->path, tensor->name,
            dtype_name(tensor->dtype));
    int64_t element = column < 0 ? row : row * tensor->shape[1] + column;
    long double value = value_number(tensor, (size_t)element);
    size_t used = strlen(text);
    if (used)
        used += (size_t)snprintf(text + used, CAPTION_MAX - used, ", ");
    if (used >= CAPTION_MAX)
        return;
    const char *name = classes_name(&field->classes, (int64_t)value);
    if (name) {
        snprintf(text + used, CAPTION_MAX - used, "%s", name);
        return;
    }
    if (strcmp(tensor->name, "rotation") == 0)
        value *= 90;
    bool whole = value_whole(tensor->dtype) || fabsl(value) >= 9.95L;
    snprintf(text + used, CAPTION_MAX - used, whole ? "%.0Lf" : "%#.2Lg", value);
}
