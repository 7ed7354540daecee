#include "model/input.h"

#include <math.h>

struct normalization normalization_measure(const uint8_t *images, int64_t count, int height, int width)
{
    struct normalization result;
    int64_t pixels = (int64_t)height * width;
    for (int c = 0; c < 3; c++) {
        uint64_t sum = 0, squares = 0; /* whole numbers, so sums are exact in any order */
        for (int64_t n = 0; n < count; n++) {
            const uint8_t *plane = images + (n * 3 + c) * pixels;
            for (int64_t p = 0; p < pixels; p++) {
                sum += plane[p];
                squares += (uint64_t)plane[p] * plane[p];
            }
        }
        double total = (double)(count * pixels) + (count == 0), mean = (double)sum / total / 255;
        double variance = (double)squares / total / (255 * 255) - mean * mean;
        result.mean[c] = (float)mean;
        result.deviation[c] = variance > 1e-6 ? (float)sqrt(variance) : 1; /* a constant channel is only shifted */
    }
    return result;
}

void input_normalize(const struct normalization *normalization, const uint8_t *image, int height, int width, float *to)
{
    int pixels = height * width;
    for (int p = 0; p < pixels; p++) {
        for (int c = 0; c < 3; c++)
            to[4 * p + c] = ((float)image[c * pixels + p] / 255 - normalization->mean[c]) / normalization->deviation[c];
        to[4 * p + 3] = 0;
    }
}
