/* A network's input: pixels of [0,255] as normalised floats, NHWC with a fourth channel of zeros. */
#ifndef TALE_MODEL_INPUT_H
#define TALE_MODEL_INPUT_H

#include <stdint.h>

/* Mean and standard deviation per channel, of pixel values in [0,1]. */
struct normalization {
    float mean[3], deviation[3];
};

/* The normalization that gives a set of images U8 [count,3,height,width] mean 0 and deviation 1 per channel. */
struct normalization normalization_measure(const uint8_t *images, int64_t count, int height, int width);

/* to[y][x][c] = (image[c][y][x] / 255 - mean_c) / deviation_c, to[y][x][3] = 0;   image: [3,H,W], to: [H,W,4]. */
void input_normalize(const struct normalization *normalization, const uint8_t *image, int height, int width,
                     float *to);

#endif
