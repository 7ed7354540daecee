/* Arrays as numpy's pickles hold them: a type of element, a shape, and the bytes. */
#ifndef TALE_DATASETS_NUMPY_ARRAY_H
#define TALE_DATASETS_NUMPY_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NUMPY_RANK_MAX = 4, NUMPY_CODE_MAX = 16 };

struct numpy_type {
    char kind;                 /* u unsigned, i signed, b bool; 0 for any other type, whose elements are not read */
    int width;                 /* bytes of an element: 1, 2, 4 or 8 (b: 1) */
    bool swapped;              /* big-endian */
    char code[NUMPY_CODE_MAX]; /* numpy's code: "u1", "S5" ... */
};

/* Row-major (numpy's C order). */
struct numpy_array {
    struct numpy_type type;
    int rank;                  /* -1: more than NUMPY_RANK_MAX dimensions */
    int64_t shape[NUMPY_RANK_MAX];
    const unsigned char *bytes; /* NULL if not read, because of its type or its rank */
};

/* The type for a code: a letter and a number of bytes, optionally after one of <>=| for the byte order. Any text is
 * accepted: types that are not read have kind 0. */
struct numpy_type numpy_type_of(const unsigned char *code, size_t length);

/* Sets the byte order from numpy's sign for it: '>' is big-endian. */
void numpy_type_set_order(struct numpy_type *type, unsigned char sign);

/* Computes the array's size in bytes; returns false if that is not a valid size. */
bool numpy_array_size(const struct numpy_array *array, uint64_t *size);

/* Writes the bytes of the array, which are column-major (Fortran order), row-major to `out` (of the same size). */
void numpy_rows_first(const struct numpy_array *array, unsigned char *out);

/* The whole number in bytes[0 .. width); an unsigned one past INT64_MAX is INT64_MAX. kind must not be 0. */
int64_t numpy_integer(const struct numpy_type *type, const unsigned char *bytes);

/* "an array of uint16, 2 x 3072", for messages. Caller frees. */
char *numpy_describe(const struct numpy_array *array);

#endif
