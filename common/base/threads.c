#define _POSIX_C_SOURCE 200809L
#include "base/threads.h"

#include <blis.h>
#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

static int thread_count = 1;

void flush_denormals(bool on)
{
#if defined(__x86_64__) || defined(__i386__)
    const unsigned both = 0x8040; /* the bits "flush to zero" and "denormals are zero" */
    __builtin_ia32_ldmxcsr(on ? __builtin_ia32_stmxcsr() | both : __builtin_ia32_stmxcsr() & ~both);
#elif defined(__aarch64__)
    const uint64_t both = (uint64_t)1 << 24;
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(on ? control | both : control & ~both));
#else
    (void)on;
#endif
}

void threads_flush_denormals(bool on)
{
#pragma omp parallel num_threads(thread_count)
    flush_denormals(on);
}

/* The BLIS configuration for a processor that BLIS 0.9 does not know and for which it would use plain C, several times
 * slower than necessary; NULL if BLIS can choose. BLIS checks the features of Intel's processors but the family of
 * AMD's, and knows families up to 19h (Zen 3 and 4). */
static const char *blis_configuration(void)
{
#if defined(__x86_64__) && defined(BLIS_CONFIG_SKX) && defined(BLIS_CONFIG_HASWELL)
    static char number[16];
    __builtin_cpu_init();
    bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    bool known = __builtin_cpu_is("intel") || __builtin_cpu_is("amdfam15h") || __builtin_cpu_is("amdfam17h") ||
                 __builtin_cpu_is("amdfam19h");
    if (!known && (wide || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")))) {
        snprintf(number, sizeof number, "%d", wide ? (int)BLIS_ARCH_SKX : (int)BLIS_ARCH_HASWELL);
        return number;
    }
#endif
    return NULL;
}

/* BLIS reads its environment only once, at its first call. */
static void blis_start(void)
{
    const char *configuration = blis_configuration();
    if (configuration)
        setenv("BLIS_ARCH_TYPE", configuration, 0);
    bli_thread_set_num_threads(1);
}

static void *wait_for_gate(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* How many of `count` threads, including the caller, can exist at once. If OpenMP could not create a thread, it would
 * end the program with a message of its own. */
static int threads_possible(int count)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *thread = allocate((size_t)count, sizeof *thread);
    int made = 0;
    pthread_mutex_lock(&gate);
    while (made < count - 1 && pthread_create(&thread[made], NULL, wait_for_gate, &gate) == 0)
        made++;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
    free(thread);
    return made + 1;
}

void threads_start(int count)
{
    int wanted = count > 0 ? count : omp_get_num_procs();
    int allowed = wanted < omp_get_thread_limit() ? wanted : omp_get_thread_limit();
    thread_count = threads_possible(allowed);
    if (thread_count < allowed)
        warn("%d threads are wanted, but only %d can be made (is a limit reached, such as `ulimit -u`?): %d are used",
             wanted, thread_count, thread_count);
    omp_set_dynamic(0);
    omp_set_num_threads(thread_count);
    blis_start();
}

int threads_count(void)
{
    return thread_count;
}

int threads_team(void)
{
    return omp_get_num_threads();
}

int threads_index(void)
{
    return omp_get_thread_num();
}
