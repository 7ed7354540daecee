/* Conditions on rows: FIELD OP VALUE, as `loss>2.5`, `label=cat` or `prediction!=label`. */
#ifndef TALE_STREAMS_CONDITION_H
#define TALE_STREAMS_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "streams/stream.h"

enum comparison {
    COMPARE_EQUAL,
    COMPARE_NOT_EQUAL,
    COMPARE_LESS,
    COMPARE_LESS_EQUAL,
    COMPARE_MORE,
    COMPARE_MORE_EQUAL
};

struct condition {
    char *field; /* FIELD or FIELD.K */
    enum comparison comparison;
    char *value; /* a number, a field, or a class of the metadata `classes`, tried in this order */
};

/* OP is one of = == != < <= > >=. False where the text is no condition. Caller frees with condition_free(). */
bool condition_parse(const char *text, struct condition *condition);

/* keep[i] = keep[i] and whether row i meets the condition, for each of the frame's rows. NaN meets only !=. Dies where
 * the field is missing or the value is neither a number nor a field nor a class. */
void condition_apply(const struct condition *condition, const struct frame *frame,
                     bool *keep);

void condition_free(struct condition *condition);

#endif
