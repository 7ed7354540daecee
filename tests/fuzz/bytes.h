/* A fuzzer's bytes as a row of choices. When they are used up every choice is the first, which is the usual one; so
 * short inputs are plain ones, and a byte that is changed changes one choice and those that hang on it. */
#ifndef TALE_FUZZ_BYTES_H
#define TALE_FUZZ_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *at, *end;
};

static inline unsigned take(struct bytes *bytes)
{
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

/* 0 to n - 1. */
static inline unsigned below(struct bytes *bytes, unsigned n)
{
    return take(bytes) % n;
}

/* Something unusual, once in `n` of all bytes. */
static inline bool rarely(struct bytes *bytes, unsigned n)
{
    return take(bytes) % n == n - 1;
}

#define CHOOSE(bytes, table) (table)[below(bytes, sizeof(table) / sizeof *(table))]

#endif
