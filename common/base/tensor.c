#include "base/tensor.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static const struct {
    const char *name;
    size_t bits;
} dtypes[DTYPE_COUNT] = {
    [DTYPE_BOOL] = { "BOOL", 8 },
    [DTYPE_F4] = { "F4", 4 },
    [DTYPE_F6_E2M3] = { "F6_E2M3", 6 },
    [DTYPE_F6_E3M2] = { "F6_E3M2", 6 },
    [DTYPE_U8] = { "U8", 8 },
    [DTYPE_I8] = { "I8", 8 },
    [DTYPE_F8_E5M2] = { "F8_E5M2", 8 },
    [DTYPE_F8_E4M3] = { "F8_E4M3", 8 },
    [DTYPE_F8_E8M0] = { "F8_E8M0", 8 },
    [DTYPE_F8_E4M3FNUZ] = { "F8_E4M3FNUZ", 8 },
    [DTYPE_F8_E5M2FNUZ] = { "F8_E5M2FNUZ", 8 },
    [DTYPE_I16] = { "I16", 16 },
    [DTYPE_U16] = { "U16", 16 },
    [DTYPE_F16] = { "F16", 16 },
    [DTYPE_BF16] = { "BF16", 16 },
    [DTYPE_I32] = { "I32", 32 },
    [DTYPE_U32] = { "U32", 32 },
    [DTYPE_F32] = { "F32", 32 },
    [DTYPE_C64] = { "C64", 64 },
    [DTYPE_F64] = { "F64", 64 },
    [DTYPE_I64] = { "I64", 64 },
    [DTYPE_U64] = { "U64", 64 },
};

const char *dtype_name(enum dtype dtype)
{
    return dtypes[dtype].name;
}

size_t dtype_bits(enum dtype dtype)
{
    return dtypes[dtype].bits;
}

size_t dtype_size(enum dtype dtype)
{
    if (dtypes[dtype].bits % 8)
        die("an element of %s is no whole number of bytes (%zu bits)", dtypes[dtype].name, dtypes[dtype].bits);
    return dtypes[dtype].bits / 8;
}

bool dtype_parse(const char *name, enum dtype *dtype)
{
    for (int i = 0; i < DTYPE_COUNT; i++)
        if (strcmp(dtypes[i].name, name) == 0) {
            *dtype = (enum dtype)i;
            return true;
        }
    return false;
}

static size_t product(const int64_t *shape, int rank)
{
    size_t elements = 1;
    for (int i = 0; i < rank; i++)
        elements = checked_multiply(elements, (size_t)shape[i]);
    return elements;
}

size_t tensor_elements(const struct tensor *tensor)
{
    return product(tensor->shape, tensor->rank);
}

static size_t whole_bytes(const struct tensor *tensor, size_t elements)
{
    size_t bits = dtype_bits(tensor->dtype);
    if (bits % 8 == 0)
        return checked_multiply(elements, bits / 8);
    bits = checked_multiply(elements, bits);
    if (bits % 8)
        die("tensor '%s': %zu elements of %s are no whole number of bytes", tensor->name, elements,
            dtype_name(tensor->dtype));
    return bits / 8;
}

size_t tensor_bytes(const struct tensor *tensor)
{
    return whole_bytes(tensor, tensor_elements(tensor));
}

size_t tensor_row_elements(const struct tensor *tensor)
{
    return product(tensor->shape + 1, tensor->rank - 1);
}

size_t tensor_row_bytes(const struct tensor *tensor)
{
    return whole_bytes(tensor, tensor_row_elements(tensor));
}

/* A value is not finite if all bits of its exponent are set. The loop has no branch, so it runs as fast as memory. */
bool floats_finite(const float_anywhere *value, size_t count)
{
    const uint32_t exponent = 0x7f800000;
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, value + i, sizeof bits);
        found |= (bits & exponent) == exponent;
    }
    return !found;
}
