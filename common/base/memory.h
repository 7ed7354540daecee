/* Memory: sizes computed in one checked place; failure is an error message, never a NULL. */
#ifndef TALE_BASE_MEMORY_H
#define TALE_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum { CACHE_LINE = 64 };

/* a * b, or die: an overflow is an error and not a small buffer. */
size_t checked_multiply(size_t a, size_t b);
size_t checked_add(size_t a, size_t b);

/* count zeroed elements of the given size, caller frees with free(). */
void *allocate(size_t count, size_t size);

/* count zeroed floats on a cache line, in 2 MiB pages where the block is large (TLB misses cost the
 * transforms of a convolution about a tenth); caller frees with free(). */
float *allocate_floats(size_t count);

/* Resize to count elements; the new part is not cleared. Caller frees the result. */
void *reallocate(void *block, size_t count, size_t size);

/* A copy of a string, caller frees. */
char *copy_string(const char *text);

/* A printf into a new string, caller frees. */
char *format_string(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
