/* Random numbers: PCG32 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms
 * for Random Number Generation"). Explicit seeds, several independent streams of a seed, no hidden state. */
#ifndef TALE_BASE_RANDOM_H
#define TALE_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
    uint64_t increment; /* odd; chooses the stream */
};

/* The generator of a seed and a stream, as the reference implementation seeds it. The first numbers of streams near to
 * each other are related (of turns drawn by streams 13 apart, some pairs come a tenth more often than others): for many
 * short streams use random_of(). */
struct random random_new(uint64_t seed, uint64_t stream);

/* The generator of item `item` under a seed: the item is hashed (splitmix64, Steele et al. 2014) into state and stream.
 * So image i of epoch e can have a generator of its own, and what it draws does not depend on the order or the thread
 * in which it is visited. */
struct random random_of(uint64_t seed, uint64_t item);

/* 32 uniform bits. */
uint32_t random_bits(struct random *r);

/* Uniform integer in [0, bound), without bias; bound > 0. */
uint32_t random_below(struct random *r, uint32_t bound);

/* Uniform in [0, 1), 24 bits. */
float random_uniform(struct random *r);

/* Standard normal (Box and Muller 1958). */
float random_normal(struct random *r);

/* Put items[0..count) into a random order (Fisher and Yates). */
void random_shuffle(struct random *r, int64_t *items, size_t count);

#endif
