/* Captions: values of a row's fields as a short text for a picture; and the list of fields a tool is asked for. */
#ifndef TALE_DATA_CAPTION_H
#define TALE_DATA_CAPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/stream.h"

enum { FIELD_LIST_MAX = 16, CAPTION_MAX = 128 };

/* Names of fields, owned. */
struct field_list {
    int count;
    char *name[FIELD_LIST_MAX];
};

/* The names of a comma-separated text, the argument of `option`; NULL is no names. Dies with a usage message where a name
 * is empty or there are more than FIELD_LIST_MAX. Free with field_list_free(). */
struct field_list field_list_parse(const char *option, const char *text);

/* Add a name unless it is there already. */
void field_list_add(struct field_list *list, const char *name);
void field_list_free(struct field_list *list);

/* Take all fields out of a frame but those. */
void frame_keep(struct frame *frame, const struct field_list *fields);

/* Read a row stream to its end into one frame of those fields alone; fields that are not there are left out without a
 * word. Caller frees the frame. */
void stream_read_fields(struct stream *stream, struct frame *frame, const struct field_list *fields);

/* Item `position` of a comma-separated list (class names) into `item`, cut to `size`; false where there is none or the
 * list is NULL. */
bool list_item(const char *list, int64_t position, char *item, size_t size);

/* Position of an item in a comma-separated list, or -1. */
int64_t list_position(const char *list, const char *item);

/* Append the value of tensor[row] or tensor[row][column] to `text`, ", " before it where text is not empty:
 *     I64 named label or prediction, or *_label, *_prediction: the class's name in `classes` (comma-separated, or NULL)
 *     I64 named rotation: degrees; other I64: the number; F32, F64: two significant digits, no fewer than before the point
 * A column below 0 means tensor[row]. Dies naming the stream where the tensor is of another type or rank. */
void caption_append(char *text, size_t size, const struct stream *stream, const struct tensor *tensor, int64_t row,
                    int64_t column, const char *classes);

#endif
