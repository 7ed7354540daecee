#define _DEFAULT_SOURCE /* madvise */
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"

enum { HUGE_PAGE = 2 << 20 };

size_t checked_multiply(size_t a, size_t b)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        die("a size overflows (%zu x %zu)", a, b);
    return product;
}

size_t checked_add(size_t a, size_t b)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        die("a size overflows (%zu + %zu)", a, b);
    return sum;
}

void *allocate(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (!block)
        die("out of memory (%zu x %zu bytes requested)", count, size);
    return block;
}

float *allocate_floats(size_t count)
{
    size_t bytes = checked_multiply(count ? count : 1, sizeof(float));
    size_t unit = bytes >= HUGE_PAGE ? HUGE_PAGE : CACHE_LINE;
    size_t whole = checked_add(bytes, unit - 1) / unit * unit;
    float *block = aligned_alloc(unit, whole);
    if (!block)
        die("out of memory (%zu bytes requested)", bytes);
#ifdef MADV_HUGEPAGE
    if (unit == HUGE_PAGE)
        madvise(block, whole, MADV_HUGEPAGE); /* only advice: without it the program is slower, but not wrong */
#endif
    memset(block, 0, whole);
    return block;
}

void *reallocate(void *block, size_t count, size_t size)
{
    size_t bytes = checked_multiply(count, size);
    void *result = realloc(block, bytes ? bytes : 1);
    if (!result)
        die("out of memory (%zu bytes requested)", bytes);
    return result;
}

char *copy_string(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(allocate(size, 1), text, size);
}

char *format_string(const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        die("a message cannot be formatted");
    char *text = allocate((size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
