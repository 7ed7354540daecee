#include "layers/pool.h"

#include <string.h>

#include "base/threads.h"

void pool_forward(int images, int pixels, int channels, const float *x, float *feature)
{
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int n = 0; n < images; n++) {
        const float *from = x + (size_t)n * (size_t)pixels * (size_t)channels;
        float *restrict to = feature + (size_t)n * (size_t)channels;
        memset(to, 0, (size_t)channels * sizeof *to);
        for (int p = 0; p < pixels; p++, from += channels)
            for (int c = 0; c < channels; c++)
                to[c] += from[c];
        for (int c = 0; c < channels; c++)
            to[c] /= (float)pixels;
    }
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
static void backward_image(int pixels, int channels, const float *dfeature, const float *x, const float *first,
                           const float *second, float *restrict dx, float *restrict sums)
{
    memset(sums, 0, 3 * (size_t)channels * sizeof *sums);
    for (int p = 0; p < pixels; p++)
        for (int c = 0; c < channels; c++) {
            int at = p * channels + c;
            dx[at] = x[at] > 0 ? dfeature[c] / (float)pixels : 0;
            sums[c] += dx[at];
        }
    if (first)
        add_products(pixels, channels, dx, first, sums + channels);
    if (second)
        add_products(pixels, channels, dx, second, sums + 2 * channels);
}

void pool_backward(int images, int pixels, int channels, const float *dfeature, const float *x,
                   const float *first, const float *second, float *dx, double *sums, float *parts)
{
    size_t image = (size_t)pixels * (size_t)channels, part = 3 * (size_t)channels;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int n = 0; n < images; n++) {
        size_t at = (size_t)n * image;
        backward_image(pixels, channels, dfeature + (size_t)n * (size_t)channels, x + at,
                       first ? first + at : NULL, second ? second + at : NULL, dx + at, parts + (size_t)n * part);
    }
    memset(sums, 0, part * sizeof *sums);
    for (int n = 0; n < images; n++)
        for (size_t i = 0; i < part; i++)
            sums[i] += parts[(size_t)n * part + i];
}
