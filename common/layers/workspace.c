#include "layers/workspace.h"

#include <string.h>

enum { LINE = 16 }; /* floats of a cache line */

size_t workspace_part(size_t floats)
{
    return (floats + LINE - 1) / LINE * LINE + 2 * LINE;
}

double *workspace_doubles(float *first, size_t pitch, int part)
{
    return (double *)(void *)(first + pitch * (size_t)part);
}

void workspace_sum(const float *first, size_t pitch, int parts, size_t count, double *total)
{
    memset(total, 0, count * sizeof *total);
    for (int part = 0; part < parts; part++) {
        const double *sums = (const double *)(const void *)(first + pitch * (size_t)part);
        for (size_t i = 0; i < count; i++)
            total[i] += sums[i];
    }
}
