#include "pictures/image.h"

#include <errno.h>
#include <math.h>
#include <pbmfont.h>
#include <ppm.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { CHANNELS = 3, SAMPLE_MAX = 255 };

struct image image_new(int64_t width, int64_t height, struct rgb colour)
{
    if (width < 1 || height < 1 || width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
        die("a picture of %lld x %lld pixels cannot be drawn (1 to %d on each side)", (long long)width,
            (long long)height, IMAGE_SIDE_MAX);
    struct image image = { (int)width, (int)height, NULL };
    image.rgb = allocate(checked_multiply((size_t)width, (size_t)height), CHANNELS);
    image_fill(&image, 0, 0, image.width, image.height, colour);
    return image;
}

void image_free(struct image *image)
{
    free(image->rgb);
    *image = (struct image){ 0, 0, NULL };
}

static uint8_t *pixel_at(const struct image *image, int x, int y)
{
    return image->rgb + ((size_t)y * (size_t)image->width + (size_t)x) * CHANNELS;
}

struct image image_from_planes(const uint8_t *planes, int channels, int64_t height, int64_t width)
{
    struct image image = image_new(width, height, (struct rgb){ 0, 0, 0 });
    size_t plane = (size_t)(height * width);
    for (size_t i = 0; i < plane; i++)
        for (size_t c = 0; c < CHANNELS; c++)
            image.rgb[i * CHANNELS + c] = planes[channels == 1 ? i : c * plane + i];
    return image;
}

struct image image_enlarge(const struct image *from, int zoom)
{
    struct rgb black = { 0, 0, 0 };
    struct image to = image_new((int64_t)from->width * zoom, (int64_t)from->height * zoom, black);
    for (int y = 0; y < to.height; y++)
        for (int x = 0; x < to.width; x++)
            memcpy(pixel_at(&to, x, y), pixel_at(from, x / zoom, y / zoom), CHANNELS);
    return to;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

void image_fill(struct image *image, int x, int y, int width, int height, struct rgb colour)
{
    for (int row = larger(y, 0); row < smaller(y + height, image->height); row++)
        for (int column = larger(x, 0); column < smaller(x + width, image->width); column++) {
            uint8_t *pixel = pixel_at(image, column, row);
            pixel[0] = colour.red;
            pixel[1] = colour.green;
            pixel[2] = colour.blue;
        }
}

void image_paste(struct image *image, int x, int y, const struct image *from)
{
    int left = larger(0, -x), right = smaller(from->width, image->width - x);
    if (right <= left)
        return;
    for (int row = larger(0, -y); row < smaller(from->height, image->height - y); row++)
        memcpy(pixel_at(image, x + left, y + row), pixel_at(from, left, row), (size_t)(right - left) * CHANNELS);
}

struct image image_row(struct image *images, int64_t count, int zoom, int gap, struct rgb background)
{
    int64_t width = -(int64_t)gap, x = 0;
    for (int64_t i = 0; i < count; i++)
        width += (int64_t)images[i].width * zoom + gap;
    struct image row = image_new(width, (int64_t)images[0].height * zoom, background);
    for (int64_t i = 0; i < count; i++) {
        struct image large = image_enlarge(&images[i], zoom);
        image_paste(&row, (int)x, 0, &large);
        x += large.width + gap;
        image_free(&large);
        image_free(&images[i]);
    }
    return row;
}

void image_blend(struct image *image, const struct image *over, double share)
{
    size_t samples = (size_t)image->width * (size_t)image->height * CHANNELS;
    for (size_t i = 0; i < samples; i++)
        image->rgb[i] = (uint8_t)lround((1 - share) * image->rgb[i] + share * over->rgb[i]);
}

/* Where target sample `at` of `count` falls among `from` source samples: `share` of the way from `low` to `high`. */
struct position {
    int64_t low, high;
    float share;
};

static struct position source_position(int64_t at, int64_t count, int64_t from)
{
    double source = fmax(((double)at + 0.5) * (double)from / (double)count - 0.5, 0);
    int64_t low = (int64_t)source;
    struct position position = { low, low + 1, (float)(source - (double)low) };
    if (low >= from - 1)
        position = (struct position){ from - 1, from - 1, 0 };
    return position;
}

void resize_bilinear(float *to, int64_t to_height, int64_t to_width, const float *from, int64_t height, int64_t width)
{
    for (int64_t y = 0; y < to_height; y++) {
        struct position row = source_position(y, to_height, height);
        const float *upper = from + row.low * width, *lower = from + row.high * width;
        for (int64_t x = 0; x < to_width; x++) {
            struct position column = source_position(x, to_width, width);
            float above = upper[column.low] + column.share * (upper[column.high] - upper[column.low]);
            float below = lower[column.low] + column.share * (lower[column.high] - lower[column.low]);
            to[y * to_width + x] = above + row.share * (below - above);
        }
    }
}

static const struct font *text_font(void)
{
    return pbm_defaultfont("bdf");
}

/* The next character of a UTF-8 text as Latin-1, or '?' for what Latin-1 lacks. */
static unsigned next_character(const char **text)
{
    unsigned first = (unsigned char)*(*text)++;
    if (first < 0x80)
        return first;
    unsigned character = '?';
    if ((first == 0xc2 || first == 0xc3) && ((unsigned char)**text & 0xc0) == 0x80)
        character = (first & 3) << 6 | ((unsigned char)**text & 0x3f);
    while (((unsigned char)**text & 0xc0) == 0x80)
        (*text)++;
    return character;
}

static const struct glyph *next_glyph(const char **text)
{
    const struct font *font = text_font();
    const struct glyph *glyph = font->glyph[next_character(text)];
    return glyph ? glyph : font->glyph['?'];
}

int text_width(const char *text, int zoom)
{
    int64_t width = 0;
    while (*text)
        width += (int64_t)next_glyph(&text)->xadd * zoom;
    return width < IMAGE_SIDE_MAX ? (int)width : IMAGE_SIDE_MAX;
}

int text_height(int zoom)
{
    return (int)text_font()->maxheight * zoom;
}

static void draw_glyph(struct image *image, int x, int y, const struct glyph *glyph, int zoom, struct rgb colour)
{
    const struct font *font = text_font();
    int top = (int)font->maxheight + font->y - glyph->y - (int)glyph->height;
    for (int row = 0; row < (int)glyph->height; row++)
        for (int column = 0; column < (int)glyph->width; column++)
            if (glyph->bmap[row * (int)glyph->width + column])
                image_fill(image, x + (glyph->x + column) * zoom, y + (top + row) * zoom, zoom, zoom, colour);
}

void image_text(struct image *image, int x, int y, const char *text, int zoom, struct rgb colour)
{
    while (*text && x < image->width) {
        const struct glyph *glyph = next_glyph(&text);
        draw_glyph(image, x, y, glyph, zoom, colour);
        x += (int)glyph->xadd * zoom;
    }
}

static int hexadecimal(char digit)
{
    const char *digits = "0123456789abcdef", *upper = "0123456789ABCDEF";
    const char *at = digit ? strchr(digits, digit) : NULL;
    if (at)
        return (int)(at - digits);
    at = digit ? strchr(upper, digit) : NULL;
    return at ? (int)(at - upper) : -1;
}

bool parse_colour(const char *text, struct rgb *colour)
{
    static const struct {
        const char *name;
        struct rgb colour;
    } names[] = { { "white", { 255, 255, 255 } }, { "black", { 0, 0, 0 } }, { "grey", { 128, 128, 128 } } };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i].name) == 0) {
            *colour = names[i].colour;
            return true;
        }
    if (text[0] != '#' || strlen(text) != 7)
        return false;
    int value[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
        int high = hexadecimal(text[1 + 2 * c]), low = hexadecimal(text[2 + 2 * c]);
        if (high < 0 || low < 0)
            return false;
        value[c] = 16 * high + low;
    }
    *colour = (struct rgb){ (uint8_t)value[0], (uint8_t)value[1], (uint8_t)value[2] };
    return true;
}

/* libnetpbm calls this before it would exit. Its messages lack the system's reason; errno has it, and is cleared before
 * each call. */
static void netpbm_error(const char *message)
{
    if (errno)
        die_errno("standard output: cannot be written");
    die("standard output: cannot be written: %s", message);
}

void picture_begin(FILE *file, int64_t width, int64_t height)
{
    if (width < 1 || height < 1 || width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
        die("a picture of %lld x %lld pixels cannot be written (1 to %d on each side)", (long long)width,
            (long long)height, IMAGE_SIDE_MAX);
    pm_init(program_name, 0);
    pm_setusererrormsgfn(netpbm_error);
    errno = 0;
    ppm_writeppminit(file, (int)width, (int)height, SAMPLE_MAX, 0);
}

void picture_rows(FILE *file, const struct image *image)
{
    pixel *row = allocate((size_t)image->width, sizeof *row);
    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++) {
            const uint8_t *rgb = pixel_at(image, x, y);
            PPM_ASSIGN(row[x], rgb[0], rgb[1], rgb[2]);
        }
        errno = 0;
        ppm_writeppmrow(file, row, image->width, SAMPLE_MAX, 0);
    }
    free(row);
}
