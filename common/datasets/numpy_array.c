#include "datasets/numpy_array.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct numpy_type numpy_type_of(const unsigned char *code, size_t length)
{
    static const char orders[] = { '<', '>', '=', '|' };
    struct numpy_type type = { 0 };
    if (length && memchr(orders, code[0], sizeof orders)) {
        numpy_type_set_order(&type, code[0]);
        code++;
        length--;
    }
    memcpy(type.code, code, length < sizeof type.code - 1 ? length : sizeof type.code - 1);
    if (strcmp(type.code, "?") == 0)
        memcpy(type.code, "b1", sizeof "b1");
    bool whole = strchr("ui", type.code[0]) && strchr("1248", type.code[1]);
    if (strlen(type.code) == 2 && (whole || strcmp(type.code, "b1") == 0)) {
        type.kind = type.code[0];
        type.width = type.code[1] - '0';
    }
    return type;
}

void numpy_type_set_order(struct numpy_type *type, unsigned char sign)
{
    type->swapped = sign == '>';
}

bool numpy_array_size(const struct numpy_array *array, uint64_t *size)
{
    *size = (uint64_t)array->type.width;
    for (int d = 0; d < array->rank; d++)
        if (array->shape[d] < 0 || __builtin_mul_overflow(*size, (uint64_t)array->shape[d], size))
            return false;
    return true;
}

/* Copies `count` contiguous elements to places `stride` elements apart. */
static void scatter(unsigned char *out, const unsigned char *in, size_t count, size_t stride, size_t width)
{
    if (width == 1) /* images; a call of memcpy() for each byte would cost five times as much */
        for (size_t i = 0; i < count; i++)
            out[i * stride] = in[i];
    else
        for (size_t i = 0; i < count; i++)
            memcpy(out + i * stride * width, in + i * width, width);
}

/* Works on blocks of rows, so that the written rows stay in the cache while all their columns are read. */
void numpy_rows_first(const struct numpy_array *array, unsigned char *out)
{
    enum { BLOCK = 64 };
    size_t width = (size_t)array->type.width, rows = (size_t)array->shape[0], columns = 1;
    for (int d = 1; d < array->rank; d++)
        columns *= (size_t)array->shape[d];
    for (size_t first = 0; columns && first < rows; first += BLOCK) { /* no columns, no data */
        size_t count = rows - first < BLOCK ? rows - first : BLOCK;
        int64_t place[NUMPY_RANK_MAX] = { 0 }; /* indexes in dimensions 1 and on, of the column in row-major order */
        for (size_t column = 0; column < columns; column++) {
            size_t from = 0;
            for (int d = array->rank - 1; d > 0; d--)
                from = (from + (size_t)place[d]) * (size_t)array->shape[d - 1];
            scatter(out + (first * columns + column) * width, array->bytes + (from + first) * width, count, columns,
                    width);
            for (int d = array->rank - 1; d > 0 && ++place[d] == array->shape[d]; d--)
                place[d] = 0;
        }
    }
}

int64_t numpy_integer(const struct numpy_type *type, const unsigned char *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < type->width; i++)
        number = number << 8 | bytes[type->swapped ? i : type->width - 1 - i];
    if (type->kind == 'i') {
        uint64_t sign = (uint64_t)1 << (8 * type->width - 1);
        return (int64_t)((number ^ sign) - sign);
    }
    return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

char *numpy_describe(const struct numpy_array *array)
{
    const char *name = array->type.kind == 'u' ? "uint" : array->type.kind == 'i' ? "int" : NULL;
    char *text;
    if (name)
        text = format_string("an array of %s%d", name, 8 * array->type.width);
    else if (array->type.kind == 'b')
        text = copy_string("an array of bool");
    else
        text = format_string("an array of numpy's type '%s'", array->type.code);
    for (int d = 0; d < array->rank; d++) {
        char *longer = format_string("%s%s%lld", text, d ? " x " : ", ", (long long)array->shape[d]);
        free(text);
        text = longer;
    }
    return text;
}
