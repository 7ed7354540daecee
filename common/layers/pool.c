#include "layers/pool.h"

#include <string.h>

#include "base/threads.h"
#include "layers/activation_math.h"

/* Rows or columns of a side that belong to a cell. */
struct span {
    int begin, end;
};

static struct span span_of(int cell, int grid, int side)
{
    return (struct span){ cell * side / grid, ((cell + 1) * side + grid - 1) / grid };
}

/* The mean over one cell of an image x [height][width][channels]. */
static void cell_mean(struct span rows, struct span columns, int width, int channels, const float *x,
                      float *restrict mean)
{
    memset(mean, 0, (size_t)channels * sizeof *mean);
    for (int h = rows.begin; h < rows.end; h++) {
        const float *from = x + (size_t)(h * width + columns.begin) * (size_t)channels;
        for (int w = columns.begin; w < columns.end; w++, from += channels)
            for (int c = 0; c < channels; c++)
                mean[c] += from[c];
    }
    for (int c = 0; c < channels; c++)
        mean[c] /= (float)((rows.end - rows.begin) * (columns.end - columns.begin));
}

void pool_grid_forward(int images, int height, int width, int channels, int grid, const float *x, float *feature)
{
    size_t image = (size_t)height * (size_t)width * (size_t)channels;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int n = 0; n < images; n++)
        for (int cell = 0; cell < grid * grid; cell++)
            cell_mean(span_of(cell / grid, grid, height), span_of(cell % grid, grid, width), width, channels,
                      x + (size_t)n * image, feature + (size_t)(n * grid * grid + cell) * (size_t)channels);
}

void pool_forward(int images, int pixels, int channels, const float *x, float *feature)
{
    pool_grid_forward(images, 1, pixels, channels, 1, x, feature);
}

size_t pool_parts(int images, int channels)
{
    return 3 * (size_t)images * (size_t)channels;
}

/* total[c] += sum over pixels of x[p][c] y[p][c] of one image; single precision, since an image has few pixels. */
static void add_products(int pixels, int channels, const float *x, const float *y, float *total)
{
    for (int p = 0; p < pixels; p++, x += channels, y += channels)
        for (int c = 0; c < channels; c++)
            total[c] += x[c] * y[c];
}

/* One image; sums are set. */
static void backward_image(enum activation activation, int pixels, int channels, const float *dfeature, const float *x,
                           const float *first, const float *second, float *restrict dx, float *restrict sums)
{
    memset(sums, 0, 3 * (size_t)channels * sizeof *sums);
    for (int p = 0; p < pixels; p++)
        for (int c = 0; c < channels; c++) {
            int at = p * channels + c;
            dx[at] = activate_backward(activation, dfeature[c] / (float)pixels, x[at]);
            sums[c] += dx[at];
        }
    if (first)
        add_products(pixels, channels, dx, first, sums + channels);
    if (second)
        add_products(pixels, channels, dx, second, sums + 2 * channels);
}

void pool_backward(enum activation activation, int images, int pixels, int channels, const float *dfeature,
                   const float *x, const float *first, const float *second, float *dx, double *sums, float *parts)
{
    size_t image = (size_t)pixels * (size_t)channels, part = 3 * (size_t)channels;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int n = 0; n < images; n++) {
        size_t at = (size_t)n * image;
        backward_image(activation, pixels, channels, dfeature + (size_t)n * (size_t)channels, x + at,
                       first ? first + at : NULL, second ? second + at : NULL, dx + at, parts + (size_t)n * part);
    }
    memset(sums, 0, part * sizeof *sums);
    for (int n = 0; n < images; n++)
        for (size_t i = 0; i < part; i++)
            sums[i] += parts[(size_t)n * part + i];
}
