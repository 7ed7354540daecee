#include "layers/max_pool.h"

#include <string.h>

#include "base/threads.h"
#include "layers/workspace.h"

/* An image's part of the scratch: its sums in double precision, then two values for each channel. */
static size_t sums_floats(int channels)
{
    return workspace_part(4 * (size_t)channels);
}

static size_t image_scratch(int channels)
{
    return sums_floats(channels) + workspace_part(2 * (size_t)channels);
}

size_t max_pool_scratch(int images, int channels)
{
    return (size_t)images * image_scratch(channels);
}

/* The pixels of a square, in an image of `width` pixels: 4, or fewer at the border. */
struct square {
    size_t pixel[4]; /* from the first of the image, in floats */
    int count;
};

static struct square square_at(int row, int column, int height, int width, int channels)
{
    struct square square = { .count = 0 };
    for (int h = 2 * row; h < 2 * row + 2 && h < height; h++)
        for (int w = 2 * column; w < 2 * column + 2 && w < width; w++)
            square.pixel[square.count++] = (size_t)(h * width + w) * (size_t)channels;
    return square;
}

static void square_max(const struct square *square, int channels, const float *image, float *restrict out)
{
    memcpy(out, image + square->pixel[0], (size_t)channels * sizeof *out);
    for (int i = 1; i < square->count; i++) {
        const float *restrict x = image + square->pixel[i];
        for (int c = 0; c < channels; c++)
            out[c] = out[c] >= x[c] || out[c] != out[c] ? out[c] : x[c];
    }
}

/* sums [2][channels] += those of a row of pixels; in single precision within it, since a row has few. */
static void add_row(int pixels, int channels, const float *restrict out, float *restrict row, double *restrict sums)
{
    memset(row, 0, 2 * (size_t)channels * sizeof *row);
    for (int p = 0; p < pixels; p++, out += channels)
        for (int c = 0; c < channels; c++) {
            row[c] += out[c];
            row[channels + c] += out[c] * out[c];
        }
    for (int c = 0; c < 2 * channels; c++)
        sums[c] += (double)row[c];
}

/* One image; sums are set. */
static void forward_image(int height, int width, int channels, const float *image, float *out, float *row,
                          double *sums)
{
    int columns = (width + 1) / 2;
    if (sums)
        memset(sums, 0, 2 * (size_t)channels * sizeof *sums);
    for (int i = 0; 2 * i < height; i++, out += columns * channels) {
        for (int j = 0; j < columns; j++) {
            struct square square = square_at(i, j, height, width, channels);
            square_max(&square, channels, image, out + j * channels);
        }
        if (sums)
            add_row(columns, channels, out, row, sums);
    }
}

void max_pool_forward(int images, int height, int width, int channels, const float *x, float *out, double *sums,
                      float *scratch)
{
    size_t from = (size_t)height * (size_t)width * (size_t)channels, pitch = image_scratch(channels);
    size_t to = (size_t)((height + 1) / 2) * (size_t)((width + 1) / 2) * (size_t)channels;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int n = 0; n < images; n++) {
        float *row = sums ? scratch + (size_t)n * pitch + sums_floats(channels) : NULL;
        forward_image(height, width, channels, x + (size_t)n * from, out + (size_t)n * to, row,
                      sums ? workspace_doubles(scratch, pitch, n) : NULL);
    }
    if (sums)
        workspace_sum(scratch, pitch, images, 2 * (size_t)channels, sums);
}

/* The gradient d of a square's maximum goes to the first of its pixels that was it: what is left of d is 0 then. */
static void square_backward(const struct square *square, int channels, float *image, const float *restrict out,
                            float *restrict d)
{
    for (int i = 0; i < square->count; i++) {
        float *restrict x = image + square->pixel[i];
        for (int c = 0; c < channels; c++) {
            float here = x[c] == out[c] ? d[c] : 0;
            d[c] = x[c] == out[c] ? 0 : d[c];
            x[c] = here;
        }
    }
}

void max_pool_backward(int images, int height, int width, int channels, float *x, const float *out, const float *g,
                       const float *a, const float *b, const float *c, float *scratch)
{
    int rows = (height + 1) / 2, columns = (width + 1) / 2;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int n = 0; n < images; n++) {
        float *image = x + (size_t)n * (size_t)height * (size_t)width * (size_t)channels;
        float *restrict d = scratch + (size_t)n * image_scratch(channels);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                struct square square = square_at(i, j, height, width, channels);
                size_t at = (size_t)((n * rows + i) * columns + j) * (size_t)channels;
                for (int k = 0; k < channels; k++)
                    d[k] = a[k] * g[at + (size_t)k] + b[k] * out[at + (size_t)k] + c[k];
                square_backward(&square, channels, image, out + at, d);
            }
    }
}
