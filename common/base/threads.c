#include "base/threads.h"

#include <blis.h>
#include <omp.h>
#include <stdint.h>

static int thread_count = 1;

void flush_denormals(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040); /* flush to zero, denormals are zero */
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(control | (uint64_t)1 << 24));
#endif
}

void threads_start(int count)
{
    thread_count = count > 0 ? count : omp_get_num_procs();
    omp_set_dynamic(0);
    omp_set_num_threads(thread_count);
    bli_thread_set_num_threads(1);
#pragma omp parallel num_threads(thread_count)
    flush_denormals();
}

int threads_count(void)
{
    return thread_count;
}

int threads_index(void)
{
    return omp_get_thread_num();
}
