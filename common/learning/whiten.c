#include "learning/whiten.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "methods/pca.h"

static const double epsilon = 5e-4;

/* The number of parts that the images are divided into, for any number of threads. */
enum { PARTS = 64 };

/* sum += p p^T, on and above the diagonal. */
static void add_patch(const float *image, int width, double *sum)
{
    double patch[PATCH_VALUES];
    for (int c = 0; c < 3; c++)
        for (int r = 0; r < 3; r++)
            for (int q = 0; q < 3; q++)
                patch[9 * c + 3 * r + q] = (double)image[4 * (r * width + q) + c];
    for (int i = 0; i < PATCH_VALUES; i++)
        for (int j = i; j < PATCH_VALUES; j++)
            sum[i * PATCH_VALUES + j] += patch[i] * patch[j];
}

void patch_covariance(const struct normalization *normalization, const uint8_t *images, int64_t count, int height,
                      int width, double *covariance)
{
    enum { SQUARE = PATCH_VALUES * PATCH_VALUES };
    size_t pixels = (size_t)height * (size_t)width;
    double *sums = allocate((size_t)PARTS * SQUARE, sizeof *sums);
    float *room = allocate_floats(checked_multiply((size_t)threads_count(), 4 * pixels));
#pragma omp parallel for schedule(dynamic) num_threads(threads_count())
    for (int part = 0; part < PARTS; part++) {
        float *image = room + (size_t)threads_index() * 4 * pixels;
        for (int64_t n = count * part / PARTS; n < count * (part + 1) / PARTS; n++) {
            input_normalize(normalization, images + (size_t)n * 3 * pixels, height, width, image);
            for (int y = 0; y + 3 <= height; y++)
                for (int x = 0; x + 3 <= width; x++)
                    add_patch(image + 4 * (y * width + x), width, sums + part * SQUARE);
        }
    }
    double patches = height >= 3 && width >= 3 ? (double)count * (height - 2) * (width - 2) : 1;
    for (int i = 0; i < PATCH_VALUES; i++)
        for (int j = i; j < PATCH_VALUES; j++) {
            double sum = 0;
            for (int part = 0; part < PARTS; part++)
                sum += sums[part * SQUARE + i * PATCH_VALUES + j];
            covariance[i * PATCH_VALUES + j] = covariance[j * PATCH_VALUES + i] = sum / patches;
        }
    free(sums);
    free(room);
}

void whiten_stem(struct resnet *net, const struct normalization *normalization, const uint8_t *images, int64_t count,
                 int height, int width)
{
    double covariance[PATCH_VALUES * PATCH_VALUES], value[PATCH_VALUES], vector[PATCH_VALUES * PATCH_VALUES];
    const struct resnet_tensor *stem = net->unit[0].weight, *scale = net->unit[0].gamma;
    float *filters = allocate_floats((size_t)stem->outputs * PATCH_VALUES);
    float *scales = allocate_floats((size_t)stem->outputs);
    patch_covariance(normalization, images, count < WHITEN_IMAGES ? count : WHITEN_IMAGES, height, width, covariance);
    symmetric_eigen(PATCH_VALUES, covariance, value, vector);
    resnet_export(stem, resnet_values(net, stem), filters);
    resnet_export(scale, resnet_values(net, scale), scales);
    for (int k = 0; k < stem->outputs && k < 2 * PATCH_VALUES; k++) {
        double lambda = value[k / 2] > 0 ? value[k / 2] : 0; /* negative only by rounding */
        double size = (k % 2 ? -1 : 1) / sqrt(lambda + epsilon);
        for (int i = 0; i < PATCH_VALUES; i++)
            filters[k * PATCH_VALUES + i] = (float)(size * vector[k / 2 * PATCH_VALUES + i]);
        scales[k] = (float)sqrt(lambda / (lambda + epsilon));
    }
    resnet_import(net, stem, filters);
    resnet_import(net, scale, scales);
    net->tensor[stem - net->tensor].frozen = true;
    free(filters);
    free(scales);
}
