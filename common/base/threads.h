/* Threads: OpenMP, and results that do not depend on how many there are. The rule that makes them so: work is cut into
 * parts whose borders depend on the problem alone, each part is computed in one order by one thread, and sums over
 * parts are taken in the order of the parts. */
#ifndef TALE_BASE_THREADS_H
#define TALE_BASE_THREADS_H

#include <stdbool.h>

/* Use `count` threads from now on (0: all cores that this process may use), but no more than OMP_THREAD_LIMIT allows.
 * Where the system makes fewer (a limit of the user or the control group is reached), these are used, with a warning.
 * BLIS is told to use one thread in each, since our own loops share out the work, and on a processor newer than itself
 * which of its kernels to take, unless BLIS_ARCH_TYPE in the environment says so. Call this before anything of BLIS. */
void threads_start(int count);

/* The most threads that a parallel region uses: for scratch that each has of its own. A region may get fewer. */
int threads_count(void);

/* How many threads work in the parallel region that calls it, and which of them the caller is, from 0. Work that is
 * divided by hand is divided by threads_team(). */
int threads_team(void);
int threads_index(void);

/* From now on take denormal numbers for 0, and make none, or do not, which is so at the start: in the calling thread,
 * or in it and all of OpenMP's. A network wants it, whose training they slow 20 to 50 times as weights decay towards 0;
 * what a user measured and gave us may be as small as that. */
void flush_denormals(bool on);
void threads_flush_denormals(bool on);

#endif
