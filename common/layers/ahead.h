/* Memory that is read or written soon: a list of stretches, fetched into the caches a line at a time while something
 * else computes. A product needs little memory and a transform little arithmetic; one after the other, each waits for
 * what the other leaves idle. */
#ifndef TALE_LAYERS_AHEAD_H
#define TALE_LAYERS_AHEAD_H

#include <stddef.h>

enum { AHEAD_MAX = 8, AHEAD_LINE = 16 }; /* stretches; floats of a cache line */

struct ahead {
    const float *at, *end;                /* what is left of the present stretch */
    const float *list[AHEAD_MAX];
    size_t floats[AHEAD_MAX];
    int count, used;
    const float *next;                    /* where the next product's B begins, or NULL: it is fetched beside */
};

/* An empty list. Where nothing is left, the line of `resting` is fetched again and again, which costs nothing if it
 * is in the first cache. */
static inline struct ahead ahead_new(const float *resting)
{
    return (struct ahead){ .at = resting, .end = resting };
}

/* Add a stretch; nothing where it is NULL or the list is full. */
static inline void ahead_add(struct ahead *ahead, const float *from, size_t floats)
{
    if (!from || ahead->count == AHEAD_MAX)
        return;
    ahead->list[ahead->count] = from;
    ahead->floats[ahead->count++] = floats;
}

/* Go on to the next stretch if the present one is fetched. */
static inline void ahead_turn(struct ahead *ahead)
{
    if (ahead->at < ahead->end || ahead->used == ahead->count)
        return;
    ahead->at = ahead->list[ahead->used];
    ahead->end = ahead->at + ahead->floats[ahead->used++];
}

/* Fetch the line at `at`; where the next one begins. Branch-free, for inner loops. */
static inline const float *ahead_fetch(const float *at, const float *end)
{
    __builtin_prefetch(at, 0, 3);
    return at < end ? at + AHEAD_LINE : at;
}

#endif
