/* Memory, tensors, errors: sizes that overflow, messages that stay one line. */
#define _POSIX_C_SOURCE 200809L /* blis.h wants pthread barriers */
#include <blis.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/tensor.h"
#include "base/threads.h"
#include "check.h"

static void multiply_overflowing(void *unused)
{
    (void)unused;
    checked_multiply(SIZE_MAX / 2, 3);
}

static void add_overflowing(void *unused)
{
    (void)unused;
    checked_add(SIZE_MAX, 1);
}

static void allocate_too_much(void *unused)
{
    (void)unused;
    free(allocate(SIZE_MAX / 16, 8));
}

static void allocate_overflowing(void *unused)
{
    (void)unused;
    free(allocate_floats(SIZE_MAX / 2));
}

static void sizes_that_overflow_are_errors(void)
{
    CHECK_INTEGER((int64_t)checked_multiply(1u << 20, 1u << 20), (int64_t)1 << 40);
    CHECK_INTEGER((int64_t)checked_add(3, 4), 7);
    CHECK_DIES(multiply_overflowing, NULL, EXIT_FAILED, "a size overflows");
    CHECK_DIES(add_overflowing, NULL, EXIT_FAILED, "a size overflows (18446744073709551615 + 1)");
    CHECK_DIES(allocate_overflowing, NULL, EXIT_FAILED, "a size overflows");
}

static void no_memory_is_an_error(void)
{
    CHECK_DIES(allocate_too_much, NULL, EXIT_FAILED, "out of memory");
}

static void blocks_are_zeroed_and_aligned(void)
{
    static const size_t counts[] = { 0, 1, 17, 1000, 600000 }; /* the last in 2 MiB pages */
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        float *block = allocate_floats(counts[i]), sum = 0;
        CHECK_INTEGER((intptr_t)block % CACHE_LINE, 0);
        for (size_t k = 0; k < counts[i]; k++)
            sum += block[k] < 0 || block[k] > 0;
        CHECK_NEAR((double)sum, 0, 0);
        free(block);
    }
}

static void strings_are_copied_and_formatted(void)
{
    char *copy = copy_string("text"), *text = format_string("%s %d", "layer", 3), *grown = allocate(2, 1);
    grown = reallocate(grown, 3, 1);
    CHECK_TEXT(copy, "text");
    CHECK_TEXT(text, "layer 3");
    free(copy);
    free(text);
    free(grown);
}

static void types_have_names_and_sizes(void)
{
    enum dtype dtype;
    for (int i = 0; i < DTYPE_COUNT; i++) {
        CHECK(dtype_parse(dtype_name((enum dtype)i), &dtype));
        CHECK_INTEGER(dtype, i);
        if (i > 0) /* the order of a file depends on it */
            CHECK(dtype_bits((enum dtype)i) >= dtype_bits((enum dtype)(i - 1)) || i == DTYPE_F4);
    }
    CHECK_INTEGER((int64_t)dtype_size(DTYPE_F32), 4);
    CHECK_INTEGER((int64_t)dtype_size(DTYPE_BOOL), 1);
    CHECK_INTEGER((int64_t)dtype_bits(DTYPE_F6_E2M3), 6);
    CHECK(!dtype_parse("f32", &dtype) && !dtype_parse("", &dtype));
}

static void half_byte_size(void *unused)
{
    (void)unused;
    dtype_size(DTYPE_F4);
}

static char name[] = "t";

static void half_byte_row(void *unused)
{
    const struct tensor tensor = { name, DTYPE_F4, 2, { 2, 3 }, NULL, 0, false };
    (void)unused;
    tensor_row_bytes(&tensor);
}

static void sizes_of_tensors(void)
{
    const struct tensor image = { name, DTYPE_U8, 4, { 5, 3, 2, 2 }, NULL, 0, false };
    const struct tensor scalar = { name, DTYPE_F64, 0, { 0 }, NULL, 0, false };
    const struct tensor none = { name, DTYPE_F32, 2, { 0, 7 }, NULL, 0, false };
    const struct tensor small = { name, DTYPE_F4, 2, { 2, 3 }, NULL, 0, false };
    CHECK_INTEGER((int64_t)tensor_elements(&image), 60);
    CHECK_INTEGER((int64_t)tensor_row_elements(&image), 12);
    CHECK_INTEGER((int64_t)tensor_bytes(&image), 60);
    CHECK_INTEGER((int64_t)tensor_bytes(&scalar), 8);
    CHECK_INTEGER((int64_t)tensor_bytes(&none), 0);
    CHECK_INTEGER((int64_t)tensor_row_bytes(&none), 28);
    CHECK_INTEGER((int64_t)tensor_bytes(&small), 3);
    CHECK_DIES(half_byte_size, NULL, EXIT_FAILED, "an element of F4 is no whole number of bytes");
    CHECK_DIES(half_byte_row, NULL, EXIT_FAILED, "tensor 't': 3 elements of F4 are no whole number of bytes");
}

static void die_with(void *text)
{
    die("%s", (const char *)text);
}

static void messages_stay_one_clean_line(void)
{
    static char longer[5000];
    memset(longer, 'x', sizeof longer - 1);
    CHECK_DIES(die_with, "a\nb\x1b[31m\tc\x7f", EXIT_FAILED, "tale: a?b?[31m?c?\n");
    CHECK_DIES(die_with, "gr\xc3\xb6\xc3\x9f" "e", EXIT_FAILED, "gr\xc3\xb6\xc3\x9f" "e\n");
    CHECK_DIES(die_with, longer, EXIT_FAILED, "xxxx");
}

/* In how many of two threads a product is 0 that would be a denormal number, and one of a denormal number, too. */
static int threads_that_flush(void)
{
    static volatile float tiny = 1e-38f, tenth = 0.1f, denormal = 1e-40f, large = 1e10f;
    int made = 0, taken = 0;
#pragma omp parallel num_threads(2) reduction(+ : made, taken)
    {
        made += tiny * tenth > 0;
        taken += denormal * large > 0;
    }
    CHECK_INTEGER(made, taken);
    return 2 - made;
}

static void denormals_are_flushed_where_they_should_be(void)
{
    threads_start(2);
    CHECK_INTEGER(threads_count(), 2);
    CHECK_INTEGER(threads_that_flush(), 0);
    threads_flush_denormals(true);
    CHECK_INTEGER(threads_that_flush(), 2);
    flush_denormals(false);
    CHECK_INTEGER(threads_that_flush(), 1);
    threads_flush_denormals(false);
    CHECK_INTEGER(threads_that_flush(), 0);
}

/* In a child, where BLIS is started for the first time: dies saying what it took. */
static void start_blis(void *type)
{
    if (type)
        setenv("BLIS_ARCH_TYPE", type, 1);
    threads_start(1);
    die("BLIS takes %s", bli_arch_query_id() == BLIS_ARCH_GENERIC ? "plain C" : "kernels");
}

/* Also on a processor that BLIS does not know; what the user says goes first. */
static void blis_takes_kernels_where_there_are(void)
{
    char generic[16];
    snprintf(generic, sizeof generic, "%d", BLIS_ARCH_GENERIC);
    CHECK_DIES(start_blis, generic, EXIT_FAILED, "BLIS takes plain C");
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && !getenv("BLIS_ARCH_TYPE"))
        CHECK_DIES(start_blis, NULL, EXIT_FAILED, "BLIS takes kernels");
#endif
}

int main(void)
{
    RUN(sizes_that_overflow_are_errors);
    RUN(no_memory_is_an_error);
    RUN(blocks_are_zeroed_and_aligned);
    RUN(strings_are_copied_and_formatted);
    RUN(types_have_names_and_sizes);
    RUN(sizes_of_tensors);
    RUN(messages_stay_one_clean_line);
    RUN(blis_takes_kernels_where_there_are);
    RUN(denormals_are_flushed_where_they_should_be); /* last: its threads do not survive a fork */
    return check_verdict();
}
