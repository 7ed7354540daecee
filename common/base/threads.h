/* Threads: OpenMP, with results that do not depend on the number of threads. The rule for this: work is divided into
 * parts whose borders depend only on the problem, one thread computes each part in a fixed order, and sums over parts
 * are added in the order of the parts. */
#ifndef TALE_BASE_THREADS_H
#define TALE_BASE_THREADS_H

#include <stdbool.h>

/* Use `count` threads from now on (0: all cores that this process may use), but at most OMP_THREAD_LIMIT. If the system
 * cannot create that many (a limit of the user or the control group), the possible number is used, with a warning. BLIS
 * is set to one thread in each of ours, because our own loops divide the work. On a processor newer than BLIS it is
 * also told which of its kernels to use, unless BLIS_ARCH_TYPE is set in the environment. Call this before any function
 * of BLIS. */
void threads_start(int count);

/* The largest number of threads in a parallel region, to size scratch memory per thread. A region may get fewer. */
int threads_count(void);

/* The number of threads in the calling parallel region, and the caller's index in it, from 0. Work that is divided by
 * hand must be divided by threads_team(). */
int threads_team(void);
int threads_index(void);

/* Switches the flushing of denormal numbers to zero on or off, for the calling thread or for all OpenMP threads,
 * including the caller; it is off at the start. Networks need it: denormals slow training 20 to 50 times when weights
 * decay towards 0. User data may contain denormals, so other programs keep them. */
void flush_denormals(bool on);
void threads_flush_denormals(bool on);

#endif
