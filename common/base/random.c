#include "base/random.h"

#include <math.h>

#include "base/error.h"

static const double two_pi = 6.283185307179586;

struct random random_new(uint64_t seed, uint64_t stream)
{
    struct random r = { 0, stream << 1 | 1 };
    random_bits(&r);
    r.state += seed;
    random_bits(&r);
    return r;
}

/* The finalizer of splitmix64: each bit of x affects each bit of the result. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

struct random random_of(uint64_t seed, uint64_t item)
{
    const uint64_t golden = 0x9e3779b97f4a7c15u;
    uint64_t hash = mix(mix(seed + golden) + (item + 1) * golden);
    return random_new(hash, mix(hash + golden));
}

uint32_t random_bits(struct random *r)
{
    uint64_t old = r->state;
    r->state = old * 6364136223846793005u + r->increment;
    uint32_t folded = (uint32_t)((old >> 18 ^ old) >> 27);
    uint32_t turn = (uint32_t)(old >> 59);
    return folded >> turn | folded << (-turn & 31);
}

uint32_t random_below(struct random *r, uint32_t bound)
{
    if (bound == 0)
        die("random_below: the bound is 0");
    uint32_t threshold = -bound % bound; /* 2^32 mod bound: numbers below it are rejected, because they would bias the
                                          * remainder */
    for (;;) {
        uint32_t bits = random_bits(r);
        if (bits >= threshold)
            return bits % bound;
    }
}

float random_uniform(struct random *r)
{
    return (float)(random_bits(r) >> 8) * 0x1p-24f;
}

float random_normal(struct random *r)
{
    double u = (random_bits(r) + 1.0) * 0x1p-32; /* in (0, 1], so that its logarithm is finite */
    double v = random_bits(r) * 0x1p-32;
    return (float)(sqrt(-2 * log(u)) * cos(two_pi * v));
}

void random_shuffle(struct random *r, int64_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        if (i > UINT32_MAX)
            die("random_shuffle: too many items (at most %u, %zu given)", UINT32_MAX, i);
        size_t j = random_below(r, (uint32_t)i);
        int64_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
