/* Memory that will soon be read or written: a list of stretches, which a product prefetches into the caches line by
 * line while it computes. A product needs little memory bandwidth and a transform little arithmetic; done one after the
 * other, each leaves idle what the other waits for. */
#ifndef TALE_LAYERS_AHEAD_H
#define TALE_LAYERS_AHEAD_H

#include <stddef.h>

enum { AHEAD_MAX = 8, AHEAD_LINE = 16 }; /* stretches at most; floats of a cache line */

struct ahead {
    const float *at, *end;                /* the rest of the current stretch */
    const float *list[AHEAD_MAX];
    size_t floats[AHEAD_MAX];
    int count, used;
    const float *next;                    /* start of the next product's B, or NULL; it is prefetched too */
};

/* An empty list. When nothing is left, the line at `idle` is fetched repeatedly, which costs nothing if it is in the
 * first-level cache. */
static inline struct ahead ahead_new(const float *idle)
{
    return (struct ahead){ .at = idle, .end = idle };
}

/* Adds a stretch; does nothing if it is NULL or the list is full. */
static inline void ahead_add(struct ahead *ahead, const float *from, size_t floats)
{
    if (!from || ahead->count == AHEAD_MAX)
        return;
    ahead->list[ahead->count] = from;
    ahead->floats[ahead->count++] = floats;
}

/* Moves to the next stretch if the current one is fetched completely. */
static inline void ahead_turn(struct ahead *ahead)
{
    if (ahead->at < ahead->end || ahead->used == ahead->count)
        return;
    ahead->at = ahead->list[ahead->used];
    ahead->end = ahead->at + ahead->floats[ahead->used++];
}

/* Fetches the line at `at` and returns the start of the next one. Branch-free, for inner loops. */
static inline const float *ahead_fetch(const float *at, const float *end)
{
    __builtin_prefetch(at, 0, 3);
    return at < end ? at + AHEAD_LINE : at;
}

#endif
