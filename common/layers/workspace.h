/* Scratch memory of a layer, cut into parts that threads write to at the same time. */
#ifndef TALE_LAYERS_WORKSPACE_H
#define TALE_LAYERS_WORKSPACE_H

#include <stddef.h>

/* Results of so many floats are stored past the caches (vector_stream): they would not be there any more when they are
 * read, and a plain store fetches what it overwrites. */
enum { STREAM_FLOATS = 1 << 20 };

/* Floats that a part of `floats` takes: whole cache lines and two between, so that no two threads write to one line,
 * nor to a pair that the processor fetches together. */
size_t workspace_part(size_t floats);

/* total[count] = the sum of `parts` arrays that begin `pitch` floats apart, in order, so that it does not depend on
 * who filled them. */
void workspace_sum(const float *first, size_t pitch, int parts, size_t count, double *total);

/* The sums (doubles) of a part among floats. */
double *workspace_doubles(float *first, size_t pitch, int part);

#endif
