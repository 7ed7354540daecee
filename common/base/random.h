/* Random numbers: PCG32 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for
 * Random Number Generation"). Explicit seeds, several independent streams for a seed, no hidden state. */
#ifndef TALE_BASE_RANDOM_H
#define TALE_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
    uint64_t increment; /* odd; selects the stream */
};

/* The generator for a seed and a stream, seeded as in the reference implementation. The first numbers of nearby streams
 * are correlated (for turns drawn from streams 13 apart, some pairs are a tenth more frequent than others): for many
 * short streams use random_of(). */
struct random random_new(uint64_t seed, uint64_t stream);

/* The generator of item `item` under a seed: state and stream are hashes of the item (splitmix64, Steele et al. 2014).
 * With it, image i of epoch e can have its own generator, whose numbers do not depend on the order or the thread of the
 * visits. */
struct random random_of(uint64_t seed, uint64_t item);

/* 32 uniform bits. */
uint32_t random_bits(struct random *r);

/* Uniform integer in [0, bound), without bias; bound > 0. */
uint32_t random_below(struct random *r, uint32_t bound);

/* Uniform in [0, 1), 24 bits. */
float random_uniform(struct random *r);

/* Standard normal (Box and Muller 1958). */
float random_normal(struct random *r);

/* Shuffles items[0..count) (Fisher and Yates). */
void random_shuffle(struct random *r, int64_t *items, size_t count);

#endif
