/* Contact sheets: tiles of one size in rows and columns on a canvas, each with a caption above it and a frame around it
 * that says right or wrong, written as one PPM. One row of tiles is in memory at a time.
 *
 *     gap | tile | gap | tile | ... | gap       and the same from top to bottom, with the colour bar as the last row
 */
#ifndef TALE_PICTURES_SHEET_H
#define TALE_PICTURES_SHEET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pictures/image.h"
#include "pictures/palette.h"

/* Right is a plain blue frame and wrong a thicker, dashed, red-orange one: two of Petroff's colours (2021,
 * "Accessible Color Sequences for Data Visualization"), and told apart without colour too. */
enum verdict { VERDICT_NONE, VERDICT_RIGHT, VERDICT_WRONG };

/* What the user chooses. */
struct sheet_style {
    int64_t columns; /* tiles beside each other */
    int64_t gap;     /* pixels between tiles and around the sheet */
    int64_t zoom;    /* for the caller, who enlarges the tiles */
    int64_t text;    /* enlargement of captions and labels */
    const char *background;
};

/* The rows of an option table that set a sheet_style. */
#define SHEET_OPTIONS(style, columns_help) \
    OPTION_INTEGER('c', "columns", &(style).columns, "N", 0, 100000, columns_help), \
    OPTION_INTEGER('z', "zoom", &(style).zoom, "N", 1, 256, "side of the square drawn for each pixel"), \
    OPTION_INTEGER('g', "gap", &(style).gap, "N", 0, 10000, "pixels between tiles and around them"), \
    OPTION_INTEGER('t', "text", &(style).text, "N", 1, 64, "enlargement of captions and labels"), \
    OPTION_TEXT(0, "background", &(style).background, "COLOUR", "white, black, grey or #rrggbb")

/* What the tool knows of its tiles before the first is drawn. */
struct sheet_plan {
    const char *path;      /* of what is drawn, for messages */
    int64_t tiles;
    int64_t tile_width, tile_height;
    int64_t caption_width; /* the widest caption in pixels at text 1; 0: no captions */
    bool frames;
    bool apart;  /* the first column stands apart from the others: a query and what was found for it */
    bool bar;    /* a colour bar at the foot */
    enum palette palette;
    char bar_low[32], bar_high[32]; /* its ends' labels */
};

struct sheet {
    FILE *file;
    struct sheet_plan plan;
    int gap, text;
    int64_t columns, placed;
    int margin;           /* around each tile, for its frame */
    int slot_width;       /* a tile with its frame, or its caption where that is wider */
    int64_t width, height;
    struct rgb background, ink;
    struct image strip;   /* the row of tiles at hand */
    bool begun;           /* the head of the picture is out */
};

/* Pixels between the parts of one tile: a quarter of the gap between tiles, so that one sees what belongs together. */
int sheet_inner_gap(const struct sheet_style *style);

/* The style's background; dies with a usage message where it is no colour, so ask before the first byte is read. */
struct rgb sheet_background(const struct sheet_style *style);

/* Count in a caption: the plan's caption_width grows to hold it. */
void sheet_plan_caption(struct sheet_plan *plan, const char *caption);

/* Have a colour bar with the ends of a range as its labels, to two significant digits. */
void sheet_plan_bar(struct sheet_plan *plan, enum palette palette, struct range range);

/* Begin a sheet on `file`; 0 columns make it about as high as wide. Dies where the picture would be too large. */
struct sheet sheet_begin(FILE *file, const struct sheet_style *style, const struct sheet_plan *plan);

/* The next tile, row by row; its size is the plan's. A NULL tile leaves its place empty. Caption may be NULL. */
void sheet_add(struct sheet *sheet, const struct image *tile, const char *caption, enum verdict verdict);

/* Write what is left, and the colour bar. */
void sheet_end(struct sheet *sheet);

#endif
