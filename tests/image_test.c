/* Images, palettes, text and the resampling of maps. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check.h"
#include "fixture.h"
#include "pictures/image.h"
#include "pictures/palette.h"

static const struct rgb black = { 0, 0, 0 }, white = { 255, 255, 255 };

static uint32_t pixel(const struct image *image, int x, int y)
{
    const uint8_t *p = image->rgb + 3 * (y * image->width + x);
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static uint32_t number(struct rgb colour)
{
    return (uint32_t)colour.red << 16 | (uint32_t)colour.green << 8 | colour.blue;
}

static void bilinear_agrees_with_pytorch(void)
{
    struct frame frame = fixture_load("pictures.safetensors");
    for (int k = 0; k < 5; k++) {
        char *prefix = format_string("resize.%d", k);
        const struct tensor *from = fixture_tensor(&frame, prefix, "from"), *to = fixture_tensor(&frame, prefix, "to");
        float *got = allocate_floats(tensor_elements(to));
        resize_bilinear(got, to->shape[0], to->shape[1], from->data, from->shape[0], from->shape[1]);
        /* values of about 1, three roundings each */
        CHECK_FLOATS(got, to->data, tensor_elements(to), 1e-6);
        free(got);
        free(prefix);
    }
    frame_free(&frame);
}

static void bilinear_of_the_same_size_is_the_identity(void)
{
    float map[12], got[12];
    for (int i = 0; i < 12; i++)
        map[i] = sinf((float)i);
    resize_bilinear(got, 3, 4, map, 3, 4);
    CHECK_FLOATS(got, map, 12, 0);
}

static void bilinear_stays_in_place(void)
{
    /* a peak in a corner stays in that corner, and rows are not taken for columns: 2 high, 3 wide */
    float map[6] = { 0, 0, 0, 1, 0, 0 }, got[8 * 12];
    resize_bilinear(got, 8, 12, map, 2, 3);
    CHECK_NEAR((double)got[7 * 12], 1, 0);
    CHECK_NEAR((double)got[0], 0, 0);
    CHECK_NEAR((double)got[11], 0, 0);
    CHECK_NEAR((double)got[7 * 12 + 11], 0, 0);
}

static void viridis_has_its_colours_in_its_order(void)
{
    /* entries 0, 127 and 255 of the published 256, to its 8 bits; one step is what linear pieces may miss by */
    const int want[3][3] = { { 68, 1, 84 }, { 33, 144, 140 }, { 253, 231, 37 } };
    const double at[3] = { 0, 127.0 / 255, 1 };
    for (int i = 0; i < 3; i++) {
        struct rgb got = palette_colour(PALETTE_VIRIDIS, at[i]);
        CHECK_NEAR(got.red, want[i][0], 1);
        CHECK_NEAR(got.green, want[i][1], 1);
        CHECK_NEAR(got.blue, want[i][2], 1);
    }
}

/* Relative luminance, linear light (ITU-R BT.709). */
static double luminance(struct rgb c)
{
    return 0.2126 * pow(c.red / 255.0, 2.2) + 0.7152 * pow(c.green / 255.0, 2.2) + 0.0722 * pow(c.blue / 255.0, 2.2);
}

static void viridis_and_grey_grow_brighter(void)
{
    for (int i = 5; i <= 255; i += 5) /* by knots: between them rounding to 8 bits is as large as a step */
        CHECK(luminance(palette_colour(PALETTE_VIRIDIS, i / 255.0)) >
              luminance(palette_colour(PALETTE_VIRIDIS, (i - 5) / 255.0)));
    for (int i = 0; i <= 255; i++)
        CHECK_INTEGER(palette_colour(PALETTE_GREY, i / 255.0).green, i);
}

static void diverging_is_blue_then_grey_then_red(void)
{
    CHECK_INTEGER(number(palette_colour(PALETTE_DIVERGING, 0)), 0x3b4cc0);
    CHECK_INTEGER(number(palette_colour(PALETTE_DIVERGING, 0.5)), 0xdddddd);
    CHECK_INTEGER(number(palette_colour(PALETTE_DIVERGING, 1)), 0xb40426);
}

static void palettes_clamp_and_show_nan(void)
{
    CHECK_INTEGER(number(palette_colour(PALETTE_GREY, -7)), 0);
    CHECK_INTEGER(number(palette_colour(PALETTE_GREY, INFINITY)), 0xffffff);
    CHECK_INTEGER(number(palette_colour(PALETTE_GREY, (double)NAN)), 0xff00ff);
    CHECK_INTEGER(number(palette_colour(PALETTE_VIRIDIS, (double)NAN)), 0xff00ff);
}

static void maps_are_painted_by_their_range(void)
{
    const float map[6] = { -1, 0, 1, 2, 3, 4 };
    struct image image = image_from_map(map, 2, 3, 0, 2, PALETTE_GREY);
    CHECK_INTEGER(image.width, 3);
    CHECK_INTEGER(image.height, 2);
    const uint32_t want[6] = { 0, 0, 0x808080, 0xffffff, 0xffffff, 0xffffff };
    for (int i = 0; i < 6; i++)
        CHECK_INTEGER(pixel(&image, i % 3, i / 3), want[i]);
    image_free(&image);
    image = image_from_map(map, 1, 1, 5, 5, PALETTE_GREY);
    CHECK_INTEGER(pixel(&image, 0, 0), 0x808080);
    image_free(&image);
}

static void ranges(void)
{
    const float values[4] = { 1, -3, 2, 0 }, bad[3] = { 1, NAN, 2 };
    struct range range = range_of(values, 4);
    CHECK_NEAR((double)range.low, -3, 0);
    CHECK_NEAR((double)range.high, 2, 0);
    range = range_symmetric(range);
    CHECK_NEAR((double)range.low, -3, 0);
    CHECK_NEAR((double)range.high, 3, 0);
    range = range_of(bad, 3);
    CHECK(isnan(range.low) && isnan(range.high));
}

static void planes_become_pixels(void)
{
    const uint8_t planes[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    struct image image = image_from_planes(planes, 3, 2, 2);
    CHECK_INTEGER(pixel(&image, 0, 0), 0x010509);
    CHECK_INTEGER(pixel(&image, 1, 0), 0x02060a);
    CHECK_INTEGER(pixel(&image, 0, 1), 0x03070b);
    image_free(&image);
    image = image_from_planes(planes, 1, 3, 4);
    CHECK_INTEGER(image.width, 4);
    CHECK_INTEGER(pixel(&image, 1, 2), 0x0a0a0a);
    image_free(&image);
    const float real[3] = { -1, 0, 1 };
    image = image_from_float_planes(real, 1, 1, -1, 1);
    CHECK_INTEGER(pixel(&image, 0, 0), 0x0080ff);
    image_free(&image);
}

static void enlarged_pixels_are_squares(void)
{
    const uint8_t planes[6] = { 1, 2, 3, 4, 5, 6 };
    struct image image = image_from_planes(planes, 1, 2, 3), large = image_enlarge(&image, 3);
    CHECK_INTEGER(large.width, 9);
    CHECK_INTEGER(large.height, 6);
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 9; x++)
            CHECK_INTEGER(pixel(&large, x, y), pixel(&image, x / 3, y / 3));
    image_free(&image);
    image_free(&large);
}

static void what_lies_outside_is_not_drawn(void)
{
    struct image image = image_new(3, 2, black), from = image_new(3, 3, white);
    image_paste(&image, 2, -2, &from);
    image_paste(&image, -9, 0, &from);
    image_paste(&image, 3, 0, &from);
    image_fill(&image, -5, 1, 6, 40, (struct rgb){ 1, 2, 3 });
    const uint32_t want[6] = { 0, 0, 0xffffff, 0x010203, 0, 0 };
    for (int i = 0; i < 6; i++)
        CHECK_INTEGER(pixel(&image, i % 3, i / 3), want[i]);
    image_text(&image, -3, -20, "outside", 1, white);
    image_text(&image, 1, -3, "W", 4, white);
    image_free(&image);
    image_free(&from);
}

static void blending(void)
{
    struct image image = image_new(1, 1, (struct rgb){ 100, 0, 255 });
    struct image over = image_new(1, 1, (struct rgb){ 200, 255, 0 });
    image_blend(&image, &over, 0);
    CHECK_INTEGER(pixel(&image, 0, 0), 0x6400ff);
    image_blend(&image, &over, 0.5);
    CHECK_INTEGER(pixel(&image, 0, 0), 0x968080);
    image_blend(&image, &over, 1);
    CHECK_INTEGER(pixel(&image, 0, 0), 0xc8ff00);
    image_free(&image);
    image_free(&over);
}

static void rows_of_images(void)
{
    struct image pair[2] = { image_new(1, 2, black), image_new(3, 2, (struct rgb){ 9, 9, 9 }) };
    struct image row = image_row(pair, 2, 2, 5, white);
    CHECK_INTEGER(row.width, 2 + 5 + 6);
    CHECK_INTEGER(row.height, 4);
    CHECK_INTEGER(pixel(&row, 1, 3), 0);
    CHECK_INTEGER(pixel(&row, 2, 3), 0xffffff);
    CHECK_INTEGER(pixel(&row, 6, 0), 0xffffff);
    CHECK_INTEGER(pixel(&row, 7, 0), 0x090909);
    CHECK_INTEGER(pixel(&row, 12, 3), 0x090909);
    image_free(&row);
}

/* Pixels of a text that are drawn. */
static int ink(const char *text, int zoom)
{
    struct image image = image_new(text_width(text, zoom) + 4, text_height(zoom), white);
    int count = 0;
    image_text(&image, 2, 0, text, zoom, black);
    for (int y = 0; y < image.height; y++)
        for (int x = 0; x < image.width; x++)
            count += pixel(&image, x, y) == 0;
    image_free(&image);
    return count;
}

static void text_is_drawn_whole(void)
{
    CHECK_INTEGER(text_width("", 1), 0);
    CHECK_INTEGER(text_width("cat", 3), 3 * text_width("cat", 1));
    CHECK_INTEGER(text_width("catdog", 1), text_width("cat", 1) + text_width("dog", 1));
    CHECK(ink("i", 1) > 5);
    CHECK_INTEGER(ink("gjpqy|A", 3), 9 * ink("gjpqy|A", 1));
    CHECK_INTEGER(ink("bird", 1) + ink("cat", 1), ink("birdcat", 1));
}

static void text_is_utf_8(void)
{
    CHECK(ink("\xc3\xa9", 1) > ink("e", 1));
    CHECK_INTEGER(ink("\xe2\x86\x92", 1), ink("?", 1));
    CHECK_INTEGER(ink("\xff", 1), ink("?", 1));
    CHECK_INTEGER(ink("\xc3", 1), ink("?", 1));
}

static void colours_by_name(void)
{
    struct rgb colour;
    CHECK(parse_colour("white", &colour) && number(colour) == 0xffffff);
    CHECK(parse_colour("black", &colour) && number(colour) == 0);
    CHECK(parse_colour("grey", &colour) && number(colour) == 0x808080);
    CHECK(parse_colour("#12aBcF", &colour) && number(colour) == 0x12abcf);
    const char *const bad[] = { "", "#", "red", "#12345", "#1234567", "#12345g", "123456", "white " };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!parse_colour(bad[i], &colour));
}

static void make_image(void *size)
{
    image_new(((int64_t *)size)[0], ((int64_t *)size)[1], black);
}

static void impossible_sizes_are_errors(void)
{
    int64_t sizes[][2] = { { 0, 5 }, { 5, -1 }, { INT64_C(1) << 40, 1 }, { 1, INT64_MAX } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        CHECK_DIES(make_image, sizes[i], 1, "cannot be drawn");
}

int main(void)
{
    RUN(bilinear_agrees_with_pytorch);
    RUN(bilinear_of_the_same_size_is_the_identity);
    RUN(bilinear_stays_in_place);
    RUN(viridis_has_its_colours_in_its_order);
    RUN(viridis_and_grey_grow_brighter);
    RUN(diverging_is_blue_then_grey_then_red);
    RUN(palettes_clamp_and_show_nan);
    RUN(maps_are_painted_by_their_range);
    RUN(ranges);
    RUN(planes_become_pixels);
    RUN(enlarged_pixels_are_squares);
    RUN(what_lies_outside_is_not_drawn);
    RUN(blending);
    RUN(rows_of_images);
    RUN(text_is_drawn_whole);
    RUN(text_is_utf_8);
    RUN(colours_by_name);
    RUN(impossible_sizes_are_errors);
    return check_verdict();
}
