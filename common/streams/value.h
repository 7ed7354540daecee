/* Values of tensors of any type, one at a time, as numbers and as text; columns of a row stream by their names. For
 * tools that print, compare and sort; kernels read the data directly. */
#ifndef TALE_STREAMS_VALUE_H
#define TALE_STREAMS_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tensor.h"
#include "streams/stream.h"

enum { VALUE_TEXT_MAX = 48 };

/* Whether values of this type can be read as numbers: BOOL, whole numbers, F16, BF16, F32, F64. */
bool value_readable(enum dtype dtype);

/* Whether the type is BOOL or whole numbers. */
bool value_whole(enum dtype dtype);

/* Element i, exactly: the 64 bits of long double's significand hold every I64 and U64 (where a long double is only a
 * double, whole numbers above 2^53 are rounded). The type must be readable. */
long double value_number(const struct tensor *tensor, size_t i);

/* Element i as text: whole numbers in full, others with `digits` significant digits (9 distinguish all F32 values, 17
 * all F64 values), nan, inf, -inf. Returns text. */
char *value_text(const struct tensor *tensor, size_t i, int digits, char text[static VALUE_TEXT_MAX]);

/* A column of a row stream's frame: a field [N], or one element of the rows of a field [N,...]. */
struct column {
    const struct tensor *tensor;
    size_t width;   /* elements in a row */
    size_t element; /* which of them */
};

/* Finds the column `name`: a field with that name and one element in a row, or, as FIELD.K, element K (from 0) of the
 * rows of FIELD. Returns false if there is no such field; dies if the field has another number of elements or an
 * unreadable type. */
bool column_find(const struct frame *frame, const char *name, struct column *column);

/* Like column_find(), but dies if there is none. */
struct column column_require(const struct frame *frame, const char *name);

long double column_number(const struct column *column, int64_t row);

/* Statistics of the values of one or several tensors: start with { 0 }. Uses Welford's mean and sum of squared
 * differences (Welford 1962), so that a large mean does not hide a small deviation. */
struct summary {
    int64_t count;  /* values that are finite */
    int64_t others; /* NaN and infinities, which the other figures leave out */
    long double low, high;
    double mean;
    double squares; /* sum of (x - mean)^2 */
};

void summary_add(struct summary *summary, const struct tensor *tensor);

/* Square root of the mean squared difference from the mean; 0 without values. */
double summary_deviation(const struct summary *summary);

#endif
