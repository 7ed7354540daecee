/* Fields of a frame chosen and renamed by lists of names. Each dies where a field named is missing. */
#ifndef TALE_STREAMS_FIELDS_H
#define TALE_STREAMS_FIELDS_H

#include "streams/stream.h"

/* Keep only, or drop, the fields of a comma-separated list. */
void fields_keep(struct frame *frame, const char *list);
void fields_drop(struct frame *frame, const char *list);

/* Rename a field by a text OLD=NEW; dies where there is a field NEW already, or the text is none such. */
void fields_rename(struct frame *frame, const char *text);

#endif
