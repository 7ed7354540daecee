#include "streams/condition.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "streams/classes.h"
#include "streams/value.h"

/* Longer operators first, so that `<=` is not read as `<`. */
static const struct {
    const char *text;
    enum comparison comparison;
} operators[] = {
    { "==", COMPARE_EQUAL },    { "!=", COMPARE_NOT_EQUAL }, { "<=", COMPARE_LESS_EQUAL }, { ">=", COMPARE_MORE_EQUAL },
    { "=", COMPARE_EQUAL },     { "<", COMPARE_LESS },       { ">", COMPARE_MORE },
};

bool condition_parse(const char *text, struct condition *condition)
{
    size_t length = strcspn(text, "=!<>");
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t size = strlen(operators[i].text);
        if (strncmp(text + length, operators[i].text, size) != 0)
            continue;
        const char *value = text + length + size;
        if (length == 0 || !*value)
            return false;
        condition->field = format_string("%.*s", (int)length, text);
        condition->comparison = operators[i].comparison;
        condition->value = copy_string(value);
        return true;
    }
    return false;
}

static bool holds(long double a, enum comparison comparison, long double b)
{
    switch (comparison) {
    case COMPARE_EQUAL: return a == b;
    case COMPARE_NOT_EQUAL: return a != b;
    case COMPARE_LESS: return a < b;
    case COMPARE_LESS_EQUAL: return a <= b;
    case COMPARE_MORE: return a > b;
    case COMPARE_MORE_EQUAL: return a >= b;
    }
    return false;
}

static bool parse_number(const char *text, long double *number)
{
    int64_t whole;
    double real;
    if (parse_integer(text, INT64_MIN, INT64_MAX, &whole)) {
        *number = whole;
        return true;
    }
    if (!parse_real(text, -DBL_MAX, DBL_MAX, &real))
        return false;
    *number = real;
    return true;
}

void condition_apply(const struct condition *condition, const struct frame *frame,
                     bool *keep)
{
    struct column left = column_require(frame, condition->field), right = left;
    int64_t rows = frame_rows(frame);
    long double number = 0;
    bool fixed = parse_number(condition->value, &number);
    if (!fixed && !column_find(frame, condition->value, &right)) {
        struct classes classes = classes_of_field(frame, left.tensor->name);
        number = classes_find(&classes, condition->value);
        classes_free(&classes);
        fixed = true;
        if (number < 0)
            die("%s: '%s' is neither a number nor a field nor a class of the stream", frame->path, condition->value);
    }
    for (int64_t i = 0; i < rows; i++)
        keep[i] = keep[i] && holds(column_number(&left, i), condition->comparison,
                                   fixed ? number : column_number(&right, i));
}

void condition_free(struct condition *condition)
{
    free(condition->field);
    free(condition->value);
}
