#include "base/tensor.h"

#include <string.h>

#include "base/memory.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[DTYPE_COUNT] = {
    [DTYPE_BOOL] = { "BOOL", 1 },       [DTYPE_U8] = { "U8", 1 },           [DTYPE_I8] = { "I8", 1 },
    [DTYPE_F8_E5M2] = { "F8_E5M2", 1 }, [DTYPE_F8_E4M3] = { "F8_E4M3", 1 }, [DTYPE_I16] = { "I16", 2 },
    [DTYPE_U16] = { "U16", 2 },         [DTYPE_F16] = { "F16", 2 },         [DTYPE_BF16] = { "BF16", 2 },
    [DTYPE_I32] = { "I32", 4 },         [DTYPE_U32] = { "U32", 4 },         [DTYPE_F32] = { "F32", 4 },
    [DTYPE_F64] = { "F64", 8 },         [DTYPE_I64] = { "I64", 8 },         [DTYPE_U64] = { "U64", 8 },
};

const char *dtype_name(enum dtype dtype)
{
    return dtypes[dtype].name;
}

size_t dtype_size(enum dtype dtype)
{
    return dtypes[dtype].size;
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

size_t tensor_bytes(const struct tensor *tensor)
{
    return checked_multiply(tensor_elements(tensor), dtype_size(tensor->dtype));
}

size_t tensor_row_elements(const struct tensor *tensor)
{
    return product(tensor->shape + 1, tensor->rank - 1);
}

size_t tensor_row_bytes(const struct tensor *tensor)
{
    return checked_multiply(tensor_row_elements(tensor), dtype_size(tensor->dtype));
}
