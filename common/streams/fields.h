/* Selects and renames fields of a frame by lists of names. All functions die if a named field is missing. */
#ifndef TALE_STREAMS_FIELDS_H
#define TALE_STREAMS_FIELDS_H

#include "streams/stream.h"

/* Keep only, or drop, the fields of a comma-separated list. */
void fields_keep(struct frame *frame, const char *list);
void fields_drop(struct frame *frame, const char *list);

/* Renames a field by a text OLD=NEW; dies if a field NEW exists, or if the text has another form. */
void fields_rename(struct frame *frame, const char *text);

#endif
