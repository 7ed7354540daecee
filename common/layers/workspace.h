/* The scratch memory of a layer's passes, cut into parts that threads write to at the same time:
 *
 *     blocks | threads | sums | slices | extra
 *
 * A part starts and ends two cache lines away from the next, so that no two threads write to one line, nor to a pair
 * that the processor fetches together. Sums are kept for each part of the work and added in the order of the parts, so
 * they do not depend on who computed them. */
#ifndef TALE_LAYERS_WORKSPACE_H
#define TALE_LAYERS_WORKSPACE_H

#include <stddef.h>

/* Results of this many floats are stored past the caches (vector_stream): they would not be there any more when they
 * are read, and a plain store fetches what it overwrites. */
enum { STREAM_FLOATS = 1 << 20 };

struct workspace {
    size_t block, thread, slice, extra; /* floats of: a block of work, a thread, a slice of dW, what all share */
    size_t sums;                        /* doubles of the sums of a part */
    ptrdiff_t blocks, parts, slices;    /* how many; of threads there are threads_count() */
    float *memory;                      /* [workspace_floats] */
};

/* Floats of the whole. */
size_t workspace_floats(const struct workspace *workspace);

float *workspace_block(const struct workspace *workspace, ptrdiff_t block);
/* The calling thread's. */
float *workspace_thread(const struct workspace *workspace);
double *workspace_part_sums(const struct workspace *workspace, ptrdiff_t part);
float *workspace_slice(const struct workspace *workspace, ptrdiff_t slice);
float *workspace_extra(const struct workspace *workspace);

/* Where the second of two arrays that share a part begins, `floats` after the first. */
size_t workspace_part(size_t floats);

/* Set the sums of all parts from 0 to `parts` to 0. */
void workspace_clear_sums(const struct workspace *workspace, ptrdiff_t parts);

/* total[i] = the sum over the parts from 0 to `parts` of their sums[i], i < count, in order. */
void workspace_total(const struct workspace *workspace, ptrdiff_t parts, ptrdiff_t count, double *total);

/* sum[i] = the sum over the slices from 0 to `slices` of slice[at + i], i < count (a multiple of VECTOR_FLOATS), in
 * order. */
void workspace_sum_slices(const struct workspace *workspace, ptrdiff_t slices, size_t at, size_t count, float *sum);

#endif
