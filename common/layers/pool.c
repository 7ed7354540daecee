#include "layers/pool.h"

#include <string.h>

#include "base/threads.h"
#include "layers/activation_math.h"

/* The rows or columns of a cell. */
struct span {
    ptrdiff_t begin, end;
};

static struct span span_of(ptrdiff_t cell, ptrdiff_t grid, ptrdiff_t side)
{
    return (struct span){ cell * side / grid, ((cell + 1) * side + grid - 1) / grid };
}

static ptrdiff_t image_floats(const struct maps *maps)
{
    return maps->height * maps->width * maps->channels;
}

/* The mean over one cell of an image x [H][W][C]. */
static void cell_mean(const struct maps *maps, struct span rows, struct span columns, const float *x,
                      float *restrict mean)
{
    ptrdiff_t channels = maps->channels;
    memset(mean, 0, (size_t)channels * sizeof *mean);
    for (ptrdiff_t h = rows.begin; h < rows.end; h++) {
        const float *from = x + (h * maps->width + columns.begin) * channels;
        for (ptrdiff_t w = columns.begin; w < columns.end; w++, from += channels)
            for (ptrdiff_t c = 0; c < channels; c++)
                mean[c] += from[c];
    }
    for (ptrdiff_t c = 0; c < channels; c++)
        mean[c] /= (float)((rows.end - rows.begin) * (columns.end - columns.begin));
}

void pool_grid_forward(const struct maps *maps, ptrdiff_t grid, const float *x, float *feature)
{
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (ptrdiff_t n = 0; n < maps->images; n++)
        for (ptrdiff_t cell = 0; cell < grid * grid; cell++)
            cell_mean(maps, span_of(cell / grid, grid, maps->height), span_of(cell % grid, grid, maps->width),
                      x + n * image_floats(maps), feature + (n * grid * grid + cell) * maps->channels);
}

void pool_forward(const struct maps *maps, const float *x, float *feature)
{
    pool_grid_forward(maps, 1, x, feature);
}

size_t pool_parts(const struct maps *maps)
{
    return 3 * (size_t)(maps->images * maps->channels);
}

/* total[c] += sum over pixels of x[p][c] y[p][c] of one image; in single precision, because an image has few pixels. */
static void add_products(ptrdiff_t pixels, ptrdiff_t channels, const float *x, const float *y, float *total)
{
    for (ptrdiff_t p = 0; p < pixels; p++, x += channels, y += channels)
        for (ptrdiff_t c = 0; c < channels; c++)
            total[c] += x[c] * y[c];
}

/* Image number n; overwrites its sums. */
static void backward_image(const struct maps *maps, const struct pool_backward_pass *pass, ptrdiff_t n,
                           float *restrict sums)
{
    ptrdiff_t channels = maps->channels, pixels = maps->height * maps->width, at = n * image_floats(maps);
    const float *dfeature = pass->dfeature + n * channels, *x = pass->x + at;
    float *restrict dx = pass->dx + at;
    memset(sums, 0, 3 * (size_t)channels * sizeof *sums);
    for (ptrdiff_t p = 0; p < pixels; p++)
        for (ptrdiff_t c = 0; c < channels; c++) {
            ptrdiff_t i = p * channels + c;
            dx[i] = activate_backward(pass->activation, dfeature[c] / (float)pixels, x[i]);
            sums[c] += dx[i];
        }
    for (int w = 0; w < 2; w++)
        if (pass->with[w])
            add_products(pixels, channels, dx, pass->with[w] + at, sums + (w + 1) * channels);
}

void pool_backward(const struct maps *maps, const struct pool_backward_pass *pass)
{
    ptrdiff_t part = 3 * maps->channels;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (ptrdiff_t n = 0; n < maps->images; n++)
        backward_image(maps, pass, n, pass->parts + n * part);
    memset(pass->sums, 0, (size_t)part * sizeof *pass->sums);
    for (ptrdiff_t n = 0; n < maps->images; n++)
        for (ptrdiff_t i = 0; i < part; i++)
            pass->sums[i] += pass->parts[n * part + i];
}
