/* Class names: the metadata `classes` of a stream has them, comma-separated, class 0 first. */
#ifndef TALE_STREAMS_CLASSES_H
#define TALE_STREAMS_CLASSES_H

#include <stdbool.h>
#include <stdint.h>

#include "streams/stream.h"

struct classes {
    int count;   /* 0 if the stream has no names */
    char **name; /* [count] */
};

/* The names in a comma-separated text; none if it is NULL or empty. Caller frees with classes_free(). */
struct classes classes_parse(const char *text);

/* The names in the metadata of a frame; caller frees with classes_free(). */
struct classes classes_of(const struct frame *frame);

/* The class names of a field: those in the metadata FIELD_classes, if the field has its own classes (such as the
 * `prediction` of a model with other classes than the labels'), else those in `classes`. Caller frees. */
struct classes classes_of_field(const struct frame *frame, const char *field);

/* The same as text: "" if the field does not hold classes (classes_apply) and has no names of its own, NULL if no names
 * are known. The frame owns it. */
const char *classes_names(const struct frame *frame, const char *field);

/* Sets the class names of an added field; NULL: no entry, "": the classes have no names, even if `classes` exists.
 * Removes the names of an earlier field with that name. */
void classes_set_names(struct frame *frame, const char *field, const char *names);

/* The name of class k, or NULL if it has none. */
const char *classes_name(const struct classes *classes, int64_t k);

/* The class with that name, or -1. */
int64_t classes_find(const struct classes *classes, const char *name);

/* Whether a field holds classes: it has whole numbers, and the name or its last word is `label` or `prediction` (label,
 * knn_prediction, neighbor_label; not index or rotation). */
bool classes_apply(const struct tensor *tensor);

void classes_free(struct classes *classes);

#endif
