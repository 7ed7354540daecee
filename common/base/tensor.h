/* Tensors: a name, a type, a shape and a block of values in row-major (C) order, in which the last dimension varies
 * fastest. */
#ifndef TALE_BASE_TENSOR_H
#define TALE_BASE_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The element types of safetensors in the reference implementation's order, which is also the order of tensors in a
 * file (the last type first, so that larger alignments come first). Types that no program here computes with are passed
 * through unchanged. */
enum dtype {
    DTYPE_BOOL, DTYPE_F4, DTYPE_F6_E2M3, DTYPE_F6_E3M2, DTYPE_U8, DTYPE_I8, DTYPE_F8_E5M2, DTYPE_F8_E4M3,
    DTYPE_F8_E8M0, DTYPE_F8_E4M3FNUZ, DTYPE_F8_E5M2FNUZ, DTYPE_I16, DTYPE_U16, DTYPE_F16, DTYPE_BF16, DTYPE_I32,
    DTYPE_U32, DTYPE_F32, DTYPE_C64, DTYPE_F64, DTYPE_I64, DTYPE_U64, DTYPE_COUNT
};

enum { RANK_MAX = 8 };

/* A float in a mapped file, which may have any address: a frame begins where the previous frame ends. */
typedef float float_anywhere __attribute__((aligned(1)));

struct tensor {
    char *name;
    enum dtype dtype;
    int rank;
    int64_t shape[RANK_MAX];
    void *data;  /* aligned to a cache line by frame_put() and readers; appended rows may move it */
    size_t room; /* bytes allocated at data, at least tensor_bytes(); 0: exactly that many */
    bool mapped; /* data are in a mapped file, at any address; they are read-only and not freed with the tensor */
};

/* The type's name, "F32"; and the bits of one element: 4 or 6 for the smallest types, else whole bytes. */
const char *dtype_name(enum dtype dtype);
size_t dtype_bits(enum dtype dtype);

/* Bytes of one element; dies for types smaller than a byte, which the programs cannot compute with. */
size_t dtype_size(enum dtype dtype);

/* Finds the type with a safetensors name ("F32"); false if there is none. */
bool dtype_parse(const char *name, enum dtype *dtype);

/* Product of the shape; 1 for rank 0. Dies on overflow. */
size_t tensor_elements(const struct tensor *tensor);

/* Elements times the type's size. Dies if the result is not a whole number of bytes. */
size_t tensor_bytes(const struct tensor *tensor);

/* Whether all values are finite. */
bool floats_finite(const float_anywhere *value, size_t count);

/* Elements and bytes of one row: the shape without its first dimension; the rank must be at least 1. */
size_t tensor_row_elements(const struct tensor *tensor);
size_t tensor_row_bytes(const struct tensor *tensor);

#endif
