#include "pictures/palette.h"

#include <math.h>

const char *const palette_names[] = { "grey", "viridis", "diverging", NULL };

static const uint32_t grey[] = { 0x000000, 0xffffff };

/* Every fifth entry of viridis (van der Walt, Smith and Firing 2015; CC0): within one step of 255 of the whole
 * table. */
static const uint32_t viridis[] = {
    0x440154, 0x46085c, 0x471063, 0x481769, 0x481d6f, 0x482475, 0x472a7a, 0x46307e, 0x453781, 0x433d84, 0x414287,
    0x3f4889, 0x3d4e8a, 0x3a538b, 0x38598c, 0x355e8d, 0x33638d, 0x31688e, 0x2e6d8e, 0x2c718e, 0x2a768e, 0x297b8e,
    0x27808e, 0x25848e, 0x23898e, 0x218e8d, 0x20928c, 0x1f978b, 0x1e9c89, 0x1fa188, 0x21a585, 0x24aa83, 0x28ae80,
    0x2eb37c, 0x35b779, 0x3dbc74, 0x46c06f, 0x50c46a, 0x5ac864, 0x65cb5e, 0x70cf57, 0x7cd250, 0x89d548, 0x95d840,
    0xa2da37, 0xb0dd2f, 0xbddf26, 0xcae11f, 0xd8e219, 0xe5e419, 0xf1e51d, 0xfde725,
};

/* Moreland 2009, "Diverging Color Maps for Scientific Visualization", from RGB 59 76 192 to 180 4 38. */
static const uint32_t diverging[] = {
    0x3b4cc0, 0x445acc, 0x4e68d7, 0x5875e1, 0x6282ea, 0x6c8ef1, 0x779af7, 0x82a5fb, 0x8db0fe, 0x98b9ff, 0xa3c2ff,
    0xaec9fd, 0xb8d0f9, 0xc2d5f4, 0xccd9ee, 0xd5dbe6, 0xdddddd, 0xe5d8d1, 0xecd3c6, 0xf1ccb9, 0xf5c4ad, 0xf7bba0,
    0xf7b194, 0xf7a687, 0xf49a7b, 0xf18d6f, 0xec7f63, 0xe57057, 0xde614c, 0xd55042, 0xcb3e38, 0xc0282f, 0xb40426,
};

static const struct {
    const uint32_t *knot;
    int count;
} palettes[] = {
    [PALETTE_GREY] = { grey, sizeof grey / sizeof *grey },
    [PALETTE_VIRIDIS] = { viridis, sizeof viridis / sizeof *viridis },
    [PALETTE_DIVERGING] = { diverging, sizeof diverging / sizeof *diverging },
};

/* One of the three bytes of two knots, `share` of the way from the first to the second. */
static uint8_t mix(uint32_t from, uint32_t to, int shift, double share)
{
    return (uint8_t)lround((1 - share) * (from >> shift & 255) + share * (to >> shift & 255));
}

struct rgb palette_colour(enum palette palette, double t)
{
    if (isnan(t))
        return (struct rgb){ 255, 0, 255 };
    int last = palettes[palette].count - 1;
    double at = fmin(fmax(t, 0), 1) * last;
    int low = at < last ? (int)at : last - 1;
    uint32_t from = palettes[palette].knot[low], to = palettes[palette].knot[low + 1];
    return (struct rgb){ mix(from, to, 16, at - low), mix(from, to, 8, at - low), mix(from, to, 0, at - low) };
}

static double normalise(float value, float low, float high)
{
    if (high == low)
        return isnan(value) ? value : 0.5;
    return ((double)value - low) / ((double)high - low);
}

struct image image_from_map(const float *map, int64_t height, int64_t width, float low, float high,
                            enum palette palette)
{
    struct image image = image_new(width, height, (struct rgb){ 0, 0, 0 });
    for (int y = 0; y < image.height; y++)
        for (int x = 0; x < image.width; x++)
            image_fill(&image, x, y, 1, 1, palette_colour(palette, normalise(map[y * width + x], low, high)));
    return image;
}

struct image image_from_float_planes(const float *planes, int64_t height, int64_t width, float low, float high)
{
    struct image image = image_new(width, height, (struct rgb){ 0, 0, 0 });
    int64_t plane = height * width;
    for (int64_t i = 0; i < plane; i++) {
        uint8_t value[3];
        for (int64_t c = 0; c < 3; c++)
            value[c] = palette_colour(PALETTE_GREY, normalise(planes[c * plane + i], low, high)).red;
        image_fill(&image, (int)(i % width), (int)(i / width), 1, 1, (struct rgb){ value[0], value[1], value[2] });
    }
    return image;
}

struct range range_of(const float *values, size_t count)
{
    struct range range = { INFINITY, -INFINITY };
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            return (struct range){ values[i], values[i] };
        range.low = fminf(range.low, values[i]);
        range.high = fmaxf(range.high, values[i]);
    }
    return range;
}

struct range range_symmetric(struct range range)
{
    float most = fmaxf(fabsf(range.low), fabsf(range.high));
    return (struct range){ -most, most };
}
