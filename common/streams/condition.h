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

/* OP is one of = == != < <= > >=. Returns false if the text is not a condition. Caller frees with condition_free(). */
bool condition_parse(const char *text, struct condition *condition);

/* Clears keep[i] for each row i that does not meet the condition. NaN meets only !=. Dies if the field is missing, or
 * if the value is neither a number nor a field nor a class. */
void condition_apply(const struct condition *condition, const struct frame *frame,
                     bool *keep);

void condition_free(struct condition *condition);

#endif
