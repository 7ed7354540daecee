#include "streams/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

bool value_whole(enum dtype dtype)
{
    switch (dtype) {
    case DTYPE_BOOL:
    case DTYPE_U8:
    case DTYPE_I8:
    case DTYPE_I16:
    case DTYPE_U16:
    case DTYPE_I32:
    case DTYPE_U32:
    case DTYPE_I64:
    case DTYPE_U64:
        return true;
    default:
        return false;
    }
}

bool value_readable(enum dtype dtype)
{
    return value_whole(dtype) || dtype == DTYPE_F16 || dtype == DTYPE_BF16 || dtype == DTYPE_F32 || dtype == DTYPE_F64;
}

/* IEEE 754 half precision: 1 bit of sign, 5 of exponent, 10 of fraction. */
static double half_number(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double size;
    if (exponent == 31)
        size = fraction ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        size = ldexp(fraction, -24);
    else
        size = ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 ? -size : size;
}

/* The upper half of an F32. */
static double bfloat_number(uint16_t bits)
{
    uint32_t whole = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &whole, sizeof value);
    return (double)value;
}

long double value_number(const struct tensor *tensor, size_t i)
{
    const void *data = tensor->data;
    switch (tensor->dtype) {
    case DTYPE_BOOL:
    case DTYPE_U8: return ((const uint8_t *)data)[i];
    case DTYPE_I8: return ((const int8_t *)data)[i];
    case DTYPE_I16: return ((const int16_t *)data)[i];
    case DTYPE_U16: return ((const uint16_t *)data)[i];
    case DTYPE_F16: return half_number(((const uint16_t *)data)[i]);
    case DTYPE_BF16: return bfloat_number(((const uint16_t *)data)[i]);
    case DTYPE_I32: return ((const int32_t *)data)[i];
    case DTYPE_U32: return ((const uint32_t *)data)[i];
    case DTYPE_F32: return ((const float *)data)[i];
    case DTYPE_F64: return ((const double *)data)[i];
    case DTYPE_I64: return ((const int64_t *)data)[i];
    case DTYPE_U64: return ((const uint64_t *)data)[i];
    default: die("tensor '%s': values of type %s cannot be read", tensor->name, dtype_name(tensor->dtype));
    }
}

char *value_text(const struct tensor *tensor, size_t i, int digits, char text[static VALUE_TEXT_MAX])
{
    long double number = value_number(tensor, i);
    if (isnan(number))
        return strcpy(text, "nan"); /* printf would print the sign of a NaN, which has no meaning */
    if (value_whole(tensor->dtype))
        snprintf(text, VALUE_TEXT_MAX, "%.0Lf", number);
    else
        snprintf(text, VALUE_TEXT_MAX, "%.*Lg", digits, number);
    return text;
}

/* Splits "logit.3" into "logit" and 3; returns false if the end is not a number. */
static bool split_name(const char *name, char **field, size_t *element)
{
    const char *dot = strrchr(name, '.');
    int64_t number;
    if (!dot || dot == name || !parse_integer(dot + 1, 0, INT64_MAX, &number))
        return false;
    *field = format_string("%.*s", (int)(dot - name), name);
    *element = (size_t)number;
    return true;
}

bool column_find(const struct frame *frame, const char *name, struct column *column)
{
    char *field;
    const struct tensor *tensor = frame_find(frame, name);
    bool whole = tensor != NULL;
    *column = (struct column){ tensor, 1, 0 };
    if (!whole && split_name(name, &field, &column->element)) {
        column->tensor = tensor = frame_find(frame, field);
        free(field);
    }
    if (!tensor)
        return false;
    if (tensor->rank == 0)
        die("%s: field '%s' has no rows (its shape is [])", frame->path, tensor->name);
    if (!value_readable(tensor->dtype))
        die("%s: field '%s': values of type %s cannot be read", frame->path, tensor->name, dtype_name(tensor->dtype));
    column->width = tensor_row_elements(tensor);
    if (whole && column->width != 1)
        die("%s: field '%s' has %zu values in a row (one is needed; name one as %s.0, %s.1, ...)", frame->path, name,
            column->width, name, name);
    if (column->element >= column->width)
        die("%s: field '%s' has %zu values in a row, so there is no '%s'", frame->path, tensor->name, column->width,
            name);
    return true;
}

struct column column_require(const struct frame *frame, const char *name)
{
    struct column column;
    if (!column_find(frame, name, &column))
        die("%s: field '%s' is missing", frame->path, name);
    return column;
}

long double column_number(const struct column *column, int64_t row)
{
    return value_number(column->tensor, (size_t)row * column->width + column->element);
}

void summary_add(struct summary *summary, const struct tensor *tensor)
{
    size_t count = tensor_elements(tensor);
    for (size_t i = 0; i < count; i++) {
        long double number = value_number(tensor, i);
        if (!isfinite(number)) {
            summary->others++;
            continue;
        }
        if (summary->count == 0 || number < summary->low)
            summary->low = number;
        if (summary->count == 0 || number > summary->high)
            summary->high = number;
        double difference = (double)number - summary->mean;
        summary->mean += difference / (double)++summary->count;
        summary->squares += difference * ((double)number - summary->mean);
    }
}

double summary_deviation(const struct summary *summary)
{
    return summary->count ? sqrt(summary->squares / (double)summary->count) : 0;
}
