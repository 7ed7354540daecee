/* Memory: sizes are computed in one checked place; a failure is an error message, never a NULL. */
#ifndef TALE_BASE_MEMORY_H
#define TALE_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum { CACHE_LINE = 64 };

/* a * b; dies on overflow, which would otherwise give a buffer that is too small. */
size_t checked_multiply(size_t a, size_t b);
size_t checked_add(size_t a, size_t b);

/* `count` zeroed elements of the given size; caller frees with free(). */
void *allocate(size_t count, size_t size);

/* `count` zeroed floats aligned to a cache line, in 2 MiB pages if the block is large (TLB misses slow the transforms
 * of a convolution by about a tenth); caller frees with free(). */
float *allocate_floats(size_t count);

/* Resizes to `count` elements; the new part is not cleared. Caller frees the result. */
void *reallocate(void *block, size_t count, size_t size);

/* A copy of a string; caller frees. */
char *copy_string(const char *text);

/* printf into a new string; caller frees. */
char *format_string(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
