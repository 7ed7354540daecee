/* What rows were made from, as their metadata tell it. */
#ifndef TALE_STREAMS_ORIGIN_H
#define TALE_STREAMS_ORIGIN_H

#include <stdbool.h>

#include "streams/stream.h"

/* Die where both the frame, and another thing (a file, and the model that it is or was made with, NULL
 * where it does not say) are of a model, and it is not the same one: their rows cannot be compared. */
void origin_check_model(const struct frame *frame, const char *other_path, const char *other_model);

/* Whether a text is KEY=PATTERN; then die unless the frame's metadata have the key, with a value that matches the
 * pattern (* stands for any text, ? for a letter). */
bool origin_is_rule(const char *rule);
void origin_require(const struct frame *frame, const char *rule);

#endif
