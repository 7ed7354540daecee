/* Vectors of floats by the compiler extension `vector_size` of GCC and clang: the same source compiles to AVX-512,
 * AVX2, SSE or NEON. This is the only place that knows the register width. */
#ifndef TALE_BASE_SIMD_H
#define TALE_BASE_SIMD_H

#include <string.h>

#if defined(__AVX__)
#include <immintrin.h>
#endif

#include "base/tensor.h"

#if defined(__AVX512F__)
enum { VECTOR_FLOATS = 16 };
#elif defined(__AVX__)
enum { VECTOR_FLOATS = 8 };
#else
enum { VECTOR_FLOATS = 4 };
#endif

typedef float vector __attribute__((vector_size(VECTOR_FLOATS * sizeof(float))));
typedef int vector_mask __attribute__((vector_size(VECTOR_FLOATS * sizeof(float))));
typedef vector_mask vector_int;
typedef unsigned vector_bits __attribute__((vector_size(VECTOR_FLOATS * sizeof(float)))); /* sums wrap around */
/* The same types without alignment, for loads and stores. */
typedef float vector_unaligned __attribute__((vector_size(VECTOR_FLOATS * sizeof(float)), aligned(1), may_alias));
typedef int vector_int_unaligned __attribute__((vector_size(VECTOR_FLOATS * sizeof(float)), aligned(1), may_alias));

static inline vector vector_load(const float_anywhere *from)
{
    return *(const vector_unaligned *)from;
}

static inline void vector_store(float *to, vector value)
{
    *(vector_unaligned *)to = value;
}

/* A store that bypasses the caches, for results too large to be still cached when they are read; `to` is aligned to a
 * whole vector. Call vector_stream_end before other threads read them. */
static inline void vector_stream(float *to, vector value)
{
#if defined(__clang__)
    __builtin_nontemporal_store(value, (vector *)(void *)to);
#elif defined(__AVX512F__)
    __builtin_ia32_movntps512(to, value);
#elif defined(__AVX__)
    __builtin_ia32_movntps256(to, value);
#elif defined(__SSE__)
    __builtin_ia32_movntps(to, value);
#else
    vector_store(to, value);
#endif
}

static inline void vector_stream_end(void)
{
#if defined(__SSE__)
    __builtin_ia32_sfence();
#endif
}

/* All elements equal to `value`. */
static inline vector vector_of(float value)
{
    return value - (vector){ 0 };
}

/* max(x, 0) for each element. NaN stays NaN, so that divergence of a network is noticed. */
static inline vector vector_relu(vector x)
{
#if defined(__AVX512F__)
    return (vector)_mm512_max_ps(_mm512_setzero_ps(), (__m512)x); /* returns the second operand if one is NaN */
#elif defined(__AVX__)
    return (vector)_mm256_max_ps(_mm256_setzero_ps(), (__m256)x);
#else
    return (vector)(~(x < 0) & (vector_mask)x);
#endif
}

/* x where gate > 0, else 0: the gradient of max(., 0). */
static inline vector vector_gate(vector x, vector gate)
{
    return (vector)((vector_mask)x & (gate > 0));
}

/* exp(x) for x <= 0 with a relative error of at most 3e-7 + 7e-8 |x|, exactly 1 at 0. Below -87 the result stays near
 * exp(-87); for other x it is undefined.
 *     exp(x) = 2^n 2^f,   n = round(x log2(e)),   -1/2 <= f <= 1/2
 * 2^f is 1 + f q(f), where q has degree 4 and the least relative error, 9.2e-8. */
static inline vector vector_exp_negative(vector x)
{
    static const float q[] = { 0.693147004f, 0.240222424f, 0.0555073358f, 0.00967151299f, 0.00132647273f };
    const vector lowest = vector_of(-126), large = vector_of(12582912); /* 1.5 2^23: such floats are whole numbers */
    vector t = x * 1.44269504f;
    vector_mask low = t < lowest;
    t = (vector)((low & (vector_mask)lowest) | (~low & (vector_mask)t));
    vector whole = t + large, f = t - (whole - large);
    vector power = (((q[4] * f + q[3]) * f + q[2]) * f + q[1]) * f + q[0];
    power = power * f + 1;
    return (vector)((vector_bits)power + ((vector_bits)whole << 23)); /* adds n to the exponent */
}

/* Bit i is set if element i is below the bound. The extension has no operation for this; loops with few hits among many
 * elements need it. NaN is never below. */
static inline unsigned vector_below(vector x, vector bound)
{
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)x, (__m512)bound, _CMP_LT_OQ);
#elif defined(__AVX__)
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)x, (__m256)bound, _CMP_LT_OQ));
#else
    unsigned bits = 0;
    for (int i = 0; i < VECTOR_FLOATS; i++)
        bits |= (unsigned)(x[i] < bound[i]) << i;
    return bits;
#endif
}

/* sum[i] + sum_j a[4 i + j] b[j], in 32 bits that wrap around; elements of a [4 VECTOR_FLOATS] are at most
 * VECTOR_BYTE_MAX, elements of b [4] at least -127. Without VNNI, x86 adds two products in 16 bits with saturation, so
 * there the bytes have one bit less. */
#if defined(__AVX2__) && !defined(__AVX512VNNI__) && !defined(__AVXVNNI__)
enum { VECTOR_BYTE_MAX = 127 };
#else
enum { VECTOR_BYTE_MAX = 255 };
#endif

static inline vector_int vector_dot4(vector_int sum, const unsigned char *a, const signed char *b)
{
#if defined(__AVX2__) && (defined(__AVX512BW__) || !defined(__AVX512F__))
    vector_int bytes = *(const vector_int_unaligned *)(const void *)a;
    int four;
    memcpy(&four, b, sizeof four);
#if defined(__AVX512VNNI__)
    return (vector_int)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)bytes, _mm512_set1_epi32(four));
#elif defined(__AVX512BW__)
    __m512i pairs = _mm512_maddubs_epi16((__m512i)bytes, _mm512_set1_epi32(four));
    return (vector_int)_mm512_add_epi32((__m512i)sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
#elif defined(__AVXVNNI__)
    return (vector_int)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)bytes, _mm256_set1_epi32(four));
#else
    __m256i pairs = _mm256_maddubs_epi16((__m256i)bytes, _mm256_set1_epi32(four));
    return (vector_int)_mm256_add_epi32((__m256i)sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#endif
#else
    for (int i = 0; i < VECTOR_FLOATS; i++) {
        int dot = a[4 * i] * b[0] + a[4 * i + 1] * b[1] + a[4 * i + 2] * b[2] + a[4 * i + 3] * b[3];
        sum[i] = (int)((unsigned)sum[i] + (unsigned)dot);
    }
    return sum;
#endif
}

/* The sum of the elements, added from first to last. */
static inline float vector_sum(vector x)
{
    float sum = 0;
    for (int i = 0; i < VECTOR_FLOATS; i++)
        sum += x[i];
    return sum;
}

/* The sum of the elements, added in the order that is fastest on the machine. */
static inline float vector_total(vector x)
{
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps((__m512)x);
#else
    return vector_sum(x);
#endif
}

#endif
