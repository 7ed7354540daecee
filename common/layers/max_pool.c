#include "layers/max_pool.h"

#include <string.h>

#include "base/threads.h"
#include "layers/workspace.h"

/* Sums for each image, and two values for each channel and thread. */
static struct workspace pool_workspace(const struct max_pool *pool, float *memory)
{
    return (struct workspace){ .thread = 2 * (size_t)pool->channels, .sums = 2 * (size_t)pool->channels,
                               .parts = pool->images, .memory = memory };
}

size_t max_pool_workspace(const struct max_pool *pool)
{
    struct workspace workspace = pool_workspace(pool, NULL);
    return workspace_floats(&workspace);
}

/* Floats of an image, and of its pooled maxima. */
static ptrdiff_t image_floats(const struct max_pool *pool)
{
    return pool->height * pool->width * pool->channels;
}

static ptrdiff_t out_floats(const struct max_pool *pool)
{
    return (pool->height + 1) / 2 * ((pool->width + 1) / 2) * pool->channels;
}

/* The pixels of a square: 4, or fewer at the border. */
struct square {
    ptrdiff_t pixel[4]; /* offset from the first pixel of the image, in floats */
    int count;
};

static struct square square_at(const struct max_pool *pool, ptrdiff_t row, ptrdiff_t column)
{
    struct square square = { .count = 0 };
    for (ptrdiff_t h = 2 * row; h < 2 * row + 2 && h < pool->height; h++)
        for (ptrdiff_t w = 2 * column; w < 2 * column + 2 && w < pool->width; w++)
            square.pixel[square.count++] = (h * pool->width + w) * pool->channels;
    return square;
}

static void square_max(const struct square *square, ptrdiff_t channels, const float *image, float *restrict out)
{
    memcpy(out, image + square->pixel[0], (size_t)channels * sizeof *out);
    for (int i = 1; i < square->count; i++) {
        const float *restrict x = image + square->pixel[i];
        for (ptrdiff_t c = 0; c < channels; c++)
            out[c] = out[c] >= x[c] || out[c] != out[c] ? out[c] : x[c];
    }
}

/* sums [2][channels] += the sums of a row of pixels; within the row they are in single precision, because a row is
 * short. */
static void add_row(ptrdiff_t pixels, ptrdiff_t channels, const float *restrict out, float *restrict row,
                    double *restrict sums)
{
    memset(row, 0, 2 * (size_t)channels * sizeof *row);
    for (ptrdiff_t p = 0; p < pixels; p++, out += channels)
        for (ptrdiff_t c = 0; c < channels; c++) {
            row[c] += out[c];
            row[channels + c] += out[c] * out[c];
        }
    for (ptrdiff_t c = 0; c < 2 * channels; c++)
        sums[c] += (double)row[c];
}

/* One image; adds its sums to `sums`. row: scratch. */
static void forward_image(const struct max_pool *pool, const float *image, float *out, float *row, double *sums)
{
    ptrdiff_t columns = (pool->width + 1) / 2, channels = pool->channels;
    for (ptrdiff_t i = 0; 2 * i < pool->height; i++, out += columns * channels) {
        for (ptrdiff_t j = 0; j < columns; j++) {
            struct square square = square_at(pool, i, j);
            square_max(&square, channels, image, out + j * channels);
        }
        if (sums)
            add_row(columns, channels, out, row, sums);
    }
}

void max_pool_forward(const struct max_pool *pool, const float *x, float *out, double *sums, float *memory)
{
    struct workspace workspace = pool_workspace(pool, memory);
    if (sums)
        workspace_clear_sums(&workspace, pool->images);
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (ptrdiff_t n = 0; n < pool->images; n++)
        forward_image(pool, x + n * image_floats(pool), out + n * out_floats(pool),
                      sums ? workspace_thread(&workspace) : NULL, sums ? workspace_part_sums(&workspace, n) : NULL);
    if (sums)
        workspace_total(&workspace, pool->images, 2 * pool->channels, sums);
}

/* The gradient d of a square's maximum goes to the first pixel that attained it; then the rest of d is 0. */
static void square_backward(const struct square *square, ptrdiff_t channels, float *image, const float *restrict out,
                            float *restrict d)
{
    for (int i = 0; i < square->count; i++) {
        float *restrict x = image + square->pixel[i];
        for (ptrdiff_t c = 0; c < channels; c++) {
            float here = x[c] == out[c] ? d[c] : 0;
            d[c] = x[c] == out[c] ? 0 : d[c];
            x[c] = here;
        }
    }
}

/* Image number n. d: scratch. */
static void backward_image(const struct max_pool *pool, ptrdiff_t n, float *x, const struct max_pool_gradient *gradient,
                           float *restrict d)
{
    ptrdiff_t columns = (pool->width + 1) / 2, channels = pool->channels;
    const float *out = gradient->out + n * out_floats(pool), *g = gradient->g + n * out_floats(pool);
    x += n * image_floats(pool);
    for (ptrdiff_t i = 0; 2 * i < pool->height; i++)
        for (ptrdiff_t j = 0; j < columns; j++, out += channels, g += channels) {
            struct square square = square_at(pool, i, j);
            for (ptrdiff_t k = 0; k < channels; k++)
                d[k] = gradient->a[k] * g[k] + gradient->b[k] * out[k] + gradient->c[k];
            square_backward(&square, channels, x, out, d);
        }
}

void max_pool_backward(const struct max_pool *pool, float *x, const struct max_pool_gradient *gradient, float *memory)
{
    struct workspace workspace = pool_workspace(pool, memory);
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (ptrdiff_t n = 0; n < pool->images; n++)
        backward_image(pool, n, x, gradient, workspace_thread(&workspace));
}
