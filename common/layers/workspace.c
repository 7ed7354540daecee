#include "layers/workspace.h"

#include <string.h>

#include "base/memory.h"
#include "base/simd.h"
#include "base/threads.h"

enum { LINE = 16 }; /* floats of a cache line */

size_t workspace_part(size_t floats)
{
    return (floats + LINE - 1) / LINE * LINE + 2 * LINE;
}

/* Floats of `count` parts. */
static size_t parts_floats(size_t floats, ptrdiff_t count)
{
    return floats ? checked_multiply(workspace_part(floats), (size_t)count) : 0;
}

static size_t threads_offset(const struct workspace *workspace)
{
    return parts_floats(workspace->block, workspace->blocks);
}

static size_t sums_offset(const struct workspace *workspace)
{
    return checked_add(threads_offset(workspace), parts_floats(workspace->thread, threads_count()));
}

static size_t slices_offset(const struct workspace *workspace)
{
    return checked_add(sums_offset(workspace), parts_floats(2 * workspace->sums, workspace->parts));
}

static size_t extra_offset(const struct workspace *workspace)
{
    return checked_add(slices_offset(workspace), parts_floats(workspace->slice, workspace->slices));
}

size_t workspace_floats(const struct workspace *workspace)
{
    return checked_add(extra_offset(workspace), parts_floats(workspace->extra, 1));
}

float *workspace_block(const struct workspace *workspace, ptrdiff_t block)
{
    return workspace->memory + parts_floats(workspace->block, block);
}

float *workspace_thread(const struct workspace *workspace)
{
    return workspace->memory + threads_offset(workspace) + parts_floats(workspace->thread, threads_index());
}

double *workspace_part_sums(const struct workspace *workspace, ptrdiff_t part)
{
    size_t offset = sums_offset(workspace) + parts_floats(2 * workspace->sums, part);
    return (double *)(void *)(workspace->memory + offset);
}

float *workspace_slice(const struct workspace *workspace, ptrdiff_t slice)
{
    return workspace->memory + slices_offset(workspace) + parts_floats(workspace->slice, slice);
}

float *workspace_extra(const struct workspace *workspace)
{
    return workspace->memory + extra_offset(workspace);
}

void workspace_clear_sums(const struct workspace *workspace, ptrdiff_t parts)
{
    for (ptrdiff_t part = 0; part < parts; part++)
        memset(workspace_part_sums(workspace, part), 0, workspace->sums * sizeof(double));
}

void workspace_total(const struct workspace *workspace, ptrdiff_t parts, ptrdiff_t count, double *total)
{
    memset(total, 0, (size_t)count * sizeof *total);
    for (ptrdiff_t part = 0; part < parts; part++) {
        const double *sums = workspace_part_sums(workspace, part);
        for (ptrdiff_t i = 0; i < count; i++)
            total[i] += sums[i];
    }
}

void workspace_sum_slices(const struct workspace *workspace, ptrdiff_t slices, size_t at, size_t count, float *sum)
{
    const float *first = workspace_slice(workspace, 0) + at;
    size_t pitch = workspace_part(workspace->slice);
    for (size_t i = 0; i < count; i += VECTOR_FLOATS) {
        vector total = vector_load(first + i);
        for (size_t slice = 1; slice < (size_t)slices; slice++)
            total += vector_load(first + slice * pitch + i);
        vector_store(sum + i, total);
    }
}
