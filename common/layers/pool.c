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

/* One image; sums are set. */
static void backward_image(int pixels, int channels, const float *dfeature, const float *x, const float *first,
                           const float *second, float *dx, double *sums)
{
    memset(sums, 0, 3 * (size_t)channels * sizeof *sums);
    for (int p = 0; p < pixels; p++)
        for (int c = 0; c < channels; c++) {
            int at = p * channels + c;
            float value = x[at] > 0 ? dfeature[c] / (float)pixels : 0;
            dx[at] = value;
            sums[c] += value;
            if (first)
                sums[channels + c] += (double)value * first[at];
            if (second)
                sums[2 * channels + c] += (double)value * second[at];
        }
}

void pool_backward(int images, int pixels, int channels, const float *dfeature, const float *x,
                   const float *first, const float *second, float *dx, double *sums, double *parts)
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
