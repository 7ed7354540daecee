/* Tensors: a name, a type, a shape and a block of values in row-major (C) order, the last dimension fastest. */
#ifndef TALE_BASE_TENSOR_H
#define TALE_BASE_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The element types of safetensors, in the reference implementation's order, which is the order of tensors in a file
 * (the last first, so that larger alignments come first). Types that no program here computes with are carried through
 * unchanged. */
enum dtype {
    DTYPE_BOOL, DTYPE_F4, DTYPE_F6_E2M3, DTYPE_F6_E3M2, DTYPE_U8, DTYPE_I8, DTYPE_F8_E5M2, DTYPE_F8_E4M3,
    DTYPE_F8_E8M0, DTYPE_F8_E4M3FNUZ, DTYPE_F8_E5M2FNUZ, DTYPE_I16, DTYPE_U16, DTYPE_F16, DTYPE_BF16, DTYPE_I32,
    DTYPE_U32, DTYPE_F32, DTYPE_C64, DTYPE_F64, DTYPE_I64, DTYPE_U64, DTYPE_COUNT
};

enum { RANK_MAX = 8 };

/* A float of a mapped file, which may lie at any address: a frame begins where the one before it ended. */
typedef float float_anywhere __attribute__((aligned(1)));

struct tensor {
    char *name;
    enum dtype dtype;
    int rank;
    int64_t shape[RANK_MAX];
    void *data;  /* frame_put() and a reader allocate it on a cache line; rows appended later may move it off */
    size_t room; /* bytes allocated at data, at least tensor_bytes(); 0: just these */
    bool mapped; /* data lie in a mapped file, at any address: to be read only, and not freed with the tensor */
};

/* "F32"; and the bits of one element: 4 and 6 for the smallest types, else whole bytes. */
const char *dtype_name(enum dtype dtype);
size_t dtype_bits(enum dtype dtype);

/* Bytes of one element; dies for a type smaller than a byte, with which nothing can be computed here. */
size_t dtype_size(enum dtype dtype);

/* The type of a safetensors name ("F32"), or false. */
bool dtype_parse(const char *name, enum dtype *dtype);

/* Product of the shape; 1 for rank 0. Dies on overflow. */
size_t tensor_elements(const struct tensor *tensor);

/* Elements times the type's size. Dies where that is no whole number of bytes. */
size_t tensor_bytes(const struct tensor *tensor);

/* Whether none of the values is NaN or infinite. */
bool floats_finite(const float_anywhere *value, size_t count);

/* Elements, and bytes, of one row: the shape without its first dimension; rank at least 1. */
size_t tensor_row_elements(const struct tensor *tensor);
size_t tensor_row_bytes(const struct tensor *tensor);

#endif
