/* Images: 8-bit RGB in memory, one byte per sample, rows from the top, [height, width, 3]; written as PPM by libnetpbm.
 *
 * Positions are in pixels from the top left corner; parts outside an image are not drawn. */
#ifndef TALE_PICTURES_IMAGE_H
#define TALE_PICTURES_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rgb {
    uint8_t red, green, blue;
};

struct image {
    int width, height;
    uint8_t *rgb; /* [height, width, 3], owned */
};

/* A new image of one colour. Dies if a side is below 1 or above IMAGE_SIDE_MAX. Caller frees with image_free(). */
enum { IMAGE_SIDE_MAX = 1 << 24 };
struct image image_new(int64_t width, int64_t height, struct rgb colour);
void image_free(struct image *image);

/* The image of U8 planes [channels, height, width]: 1 channel is grey, 3 are red, green and blue. Caller frees. */
struct image image_from_planes(const uint8_t *planes, int channels, int64_t height, int64_t width);

/* Repeats each pixel zoom times in both directions (nearest neighbour), so that pixels of a 3x3 filter or a 32x32
 * photograph stay visible as sharp squares. Caller frees. */
struct image image_enlarge(const struct image *from, int zoom);

/* A rectangle of one colour. */
void image_fill(struct image *image, int x, int y, int width, int height, struct rgb colour);

/* Copies `from` with its top left corner at (x, y). */
void image_paste(struct image *image, int x, int y, const struct image *from);

/* Joins `count` images of one height, enlarged, side by side with `gap` pixels of `background` between them. Frees
 * these images; caller frees the result. */
struct image image_row(struct image *images, int64_t count, int zoom, int gap, struct rgb background);

/* image = (1 - share) image + share over, sample by sample, rounded to nearest; both of one size. */
void image_blend(struct image *image, const struct image *over, double share);

/* Bilinear resampling with sample points at pixel centres and values beyond the edge those of the edge (what PyTorch
 * calls align_corners=False, and what the published overlays use):
 *     source position = (target position + 1/2) * height / to_height - 1/2
 * `to` [to_height, to_width] from `from` [height, width], F32. */
void resize_bilinear(float *to, int64_t to_height, int64_t to_width, const float *from, int64_t height, int64_t width);

/* Width and height in pixels of a line of text in libnetpbm's built-in proportional font, each of its pixels drawn as a
 * square of zoom pixels. The text is UTF-8; what is beyond Latin-1 shows as '?'. The height is that of every text. */
int text_width(const char *text, int zoom);
int text_height(int zoom);

/* Draw a line of text with its top left corner at (x, y). */
void image_text(struct image *image, int x, int y, const char *text, int zoom, struct rgb colour);

/* A colour from "#rrggbb" or white, black, grey; false where it is neither. */
bool parse_colour(const char *text, struct rgb *colour);

/* Begins a PPM (raw, P6) of that size on a file; then its rows are added image by image from the top, each with the
 * full width. Only the current part is in memory, so a picture may be larger than memory. Dies if the file cannot be
 * written. */
void picture_begin(FILE *file, int64_t width, int64_t height);
void picture_rows(FILE *file, const struct image *image);

#endif
