/* Captions: values of a row's fields as a short text for a picture; and the list of fields a tool is asked for. */
#ifndef TALE_PICTURES_CAPTION_H
#define TALE_PICTURES_CAPTION_H

#include <stddef.h>
#include <stdint.h>

#include "streams/classes.h"
#include "streams/stream.h"

enum { FIELD_LIST_MAX = 16, CAPTION_MAX = 128 };

/* Names of fields, each once, owned. */
struct field_list {
    int count;
    char *name[FIELD_LIST_MAX];
};

/* The names of a comma-separated text, the argument of `option`; NULL is no names. Dies with a usage message where a
 * name is empty or there are more than FIELD_LIST_MAX. Free with field_list_free(). */
struct field_list field_list_parse(const char *option, const char *text);

/* Adds a name unless the list has it. */
void field_list_add(struct field_list *list, const char *name);
void field_list_free(struct field_list *list);

/* Dies if the frame lacks one of the fields. */
void field_list_require(const struct field_list *list, const struct frame *frame);

/* Removes all other fields from a frame; fields of the list may be missing. */
void field_list_keep(const struct field_list *list, struct frame *frame);

/* A field of captions: its tensor, and its class names, which may be many and are read once. */
struct caption_field {
    const char *path;            /* of the stream, for messages */
    const struct tensor *tensor; /* NULL if the frame has none */
    struct classes classes;      /* empty unless the field holds classes (classes_apply) */
};

/* The field with that name in a frame, which must stay valid. Free with caption_field_free(). */
struct caption_field caption_field(const struct frame *frame, const char *name);
void caption_field_free(struct caption_field *field);

/* Append the value of tensor[row], or of tensor[row][column] where the column is at least 0, to `text`, with ", "
 * before it where there is text already:
 *     a field of classes                    the class's name, where the frame's metadata have one (classes_of_field)
 *     whole numbers                         the number, in degrees where the field is called rotation
 *     other numbers                         two significant digits, and all digits before the point
 * Dies naming the stream where the tensor is of another rank or of no readable type. */
void caption_append(char text[static CAPTION_MAX], const struct caption_field *field, int64_t row, int64_t column);

#endif
