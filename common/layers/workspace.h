/* The scratch memory of a layer's passes, divided into parts that threads write to at the same time:
 *
 *     blocks | threads | sums | slices | extra
 *
 * There are two cache lines between a part and the next, so that no two threads write to the same line, or to a pair of
 * lines that the processor fetches together. Sums are kept for each part of the work and added in the order of the
 * parts, so they do not depend on the thread that computed them. */
#ifndef TALE_LAYERS_WORKSPACE_H
#define TALE_LAYERS_WORKSPACE_H

#include <stddef.h>

/* Results of at least this many floats are stored past the caches (vector_stream): they would be evicted before they
 * are read, and a plain store first fetches the line that it overwrites. */
enum { STREAM_FLOATS = 1 << 20 };

struct workspace {
    size_t block, thread, slice, extra; /* floats per block of work, per thread, per slice of dW, and shared */
    size_t sums;                        /* doubles per part */
    ptrdiff_t blocks, parts, slices;    /* their numbers; there are threads_count() threads */
    float *memory;                      /* [workspace_floats] */
};

/* Floats of the whole workspace. */
size_t workspace_floats(const struct workspace *workspace);

float *workspace_block(const struct workspace *workspace, ptrdiff_t block);
/* The memory of the calling thread. */
float *workspace_thread(const struct workspace *workspace);
double *workspace_part_sums(const struct workspace *workspace, ptrdiff_t part);
float *workspace_slice(const struct workspace *workspace, ptrdiff_t slice);
float *workspace_extra(const struct workspace *workspace);

/* For two arrays in one part: the start of the second, after a first of `floats` floats. */
size_t workspace_part(size_t floats);

/* Sets the sums of parts 0 to `parts` - 1 to 0. */
void workspace_clear_sums(const struct workspace *workspace, ptrdiff_t parts);

/* total[i] = the sum of sums[i] over parts 0 to `parts` - 1, in order; i < count. */
void workspace_total(const struct workspace *workspace, ptrdiff_t parts, ptrdiff_t count, double *total);

/* sum[i] = the sum of slice[at + i] over slices 0 to `slices` - 1, in order; i < count (a multiple of
 * VECTOR_FLOATS). */
void workspace_sum_slices(const struct workspace *workspace, ptrdiff_t slices, size_t at, size_t count, float *sum);

#endif
