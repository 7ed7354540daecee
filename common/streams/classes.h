/* Names of classes: the metadata `classes` of a stream holds them, comma-separated, class 0 first. */
#ifndef TALE_STREAMS_CLASSES_H
#define TALE_STREAMS_CLASSES_H

#include <stdbool.h>
#include <stdint.h>

#include "streams/stream.h"

struct classes {
    int count;   /* 0: the stream names none */
    char **name; /* [count] */
    char *text;  /* what they point into */
};

/* The names in the metadata of a frame; caller frees with classes_free(). */
struct classes classes_of(const struct frame *frame);

/* The names of a field's classes: those in the metadata FIELD_classes, where the field has classes of its own (the
 * `prediction` of a model that was made for others than the labels'), else in `classes`. Caller frees. */
struct classes classes_of_field(const struct frame *frame, const char *field);

/* The same as text: "" where the field holds no classes (classes_apply) and has no names of its own, NULL where nothing
 * is said. The frame owns it. */
const char *classes_names(const struct frame *frame, const char *field);

/* Say what the classes of a field that is added are called; names NULL: nothing, "": that they have no names, whatever
 * `classes` says. What an earlier field of that name had goes. */
void classes_set_names(struct frame *frame, const char *field, const char *names);

/* The name of class k, or NULL where it has none. */
const char *classes_name(const struct classes *classes, int64_t k);

/* The class of that name, or -1. */
int64_t classes_find(const struct classes *classes, const char *name);

/* Whether a field holds classes: whole numbers, and its name is or ends in `label` or `prediction` as a word of its own
 * (label, knn_prediction, neighbor_label; not index or rotation). */
bool classes_apply(const struct tensor *tensor);

void classes_free(struct classes *classes);

#endif
