/* The origin of rows, from their metadata. */
#ifndef TALE_STREAMS_ORIGIN_H
#define TALE_STREAMS_ORIGIN_H

#include <stdbool.h>

#include "streams/stream.h"

/* Dies if the frame names its model and another file names another model (NULL: it names none): their rows cannot be
 * compared. */
void origin_check_model(const struct frame *frame, const char *other_path, const char *other_model);

/* Whether a text is KEY=PATTERN; and: dies unless the frame's metadata have the key with a value that matches the
 * pattern (* matches any text, ? any letter). */
bool origin_is_rule(const char *rule);
void origin_require(const struct frame *frame, const char *rule);

#endif
