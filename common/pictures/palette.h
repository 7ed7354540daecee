/* Palettes: convert a number between 0 and 1 to a colour, and maps of numbers to images. */
#ifndef TALE_PICTURES_PALETTE_H
#define TALE_PICTURES_PALETTE_H

#include "pictures/image.h"

enum palette {
    PALETTE_GREY,     /* black to white */
    PALETTE_VIRIDIS,  /* dark violet through green to yellow, perceptually uniform, for amounts */
    PALETTE_DIVERGING /* blue through light grey (one half) to red, for values with a sign */
};

/* Their names, for an option, NULL-terminated. */
extern const char *const palette_names[];

/* The colour at t, clamped to 0..1, with linear interpolation in the table. NaN is magenta, which no palette has, so
 * that it is noticed. */
struct rgb palette_colour(enum palette palette, double t);

/* The image of a map [height, width], F32: low is the palette's first colour and high its last; if low == high, all
 * pixels have the middle colour. Caller frees. */
struct image image_from_map(const float *map, int64_t height, int64_t width, float low, float high,
                            enum palette palette);

/* The image of three F32 planes [3, height, width] as red, green and blue; low is 0 and high is 255. Caller frees. */
struct image image_from_float_planes(const float *planes, int64_t height, int64_t width, float low, float high);

/* Smallest and largest of count values; NaN if one of them is NaN. */
struct range {
    float low, high;
};
struct range range_of(const float *values, size_t count);

/* [-m, m] with the largest magnitude m of the range: zero in the middle, so that a sign has its own colour. */
struct range range_symmetric(struct range range);

#endif
