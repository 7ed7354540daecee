/* Contact sheets: tiles of one size in rows and columns on a canvas, each with a caption above it and a frame that says
 * right or wrong, written as one PPM. One row of tiles is in memory at a time.
 *
 *     gap | tile | gap | tile | ... | gap       and the same from top to bottom, with the colour bar as the last row */
#ifndef TALE_PICTURES_SHEET_H
#define TALE_PICTURES_SHEET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pictures/image.h"
#include "pictures/palette.h"

/* Right is a solid blue frame, wrong a thicker, dashed, red-orange one: two of Petroff's colours (2021, "Accessible
 * Color Sequences for Data Visualization"); the frames also differ without colour. */
enum verdict { VERDICT_NONE, VERDICT_RIGHT, VERDICT_WRONG };

/* What the user chooses. */
struct sheet_style {
    int64_t columns; /* tiles in a row */
    int64_t gap;     /* pixels between tiles and around the sheet */
    int64_t zoom;    /* for the caller, which enlarges the tiles */
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

/* What the tool knows about its tiles before the first is drawn. */
struct sheet_plan {
    const char *path;      /* of the stream, for messages */
    int64_t tiles;
    int64_t tile_width, tile_height;
    int64_t caption_width; /* the widest caption in pixels at text 1; 0: no captions */
    bool frames;
    bool apart;  /* extra space after the first column: a query and its results */
    bool bar;    /* draw a colour bar below the tiles */
    enum palette palette;
    char bar_low[32], bar_high[32]; /* the labels of its ends */
};

struct sheet {
    FILE *file;
    struct sheet_plan plan;
    int gap, text;
    int64_t columns, placed;
    int margin;           /* space around each tile for its frame */
    int slot_width;       /* width of a tile with its frame, or of its caption if that is wider */
    int64_t width, height;
    struct rgb background, ink;
    struct image strip;   /* the current row of tiles */
    bool begun;           /* the picture's header has been written */
};

/* Pixels between the parts of one tile: a quarter of the gap between tiles, to show what belongs together. */
int sheet_inner_gap(const struct sheet_style *style);

/* The style's background; dies with a usage message if it is not a colour, so call this before the first byte is
 * read. */
struct rgb sheet_background(const struct sheet_style *style);

/* Enlarges the plan's caption_width, if necessary, for a caption. */
void sheet_plan_caption(struct sheet_plan *plan, const char *caption);

/* Plans a colour bar with the ends of a range as its labels, to two significant digits. */
void sheet_plan_bar(struct sheet_plan *plan, enum palette palette, struct range range);

/* Begins a sheet on `file`; 0 columns make it about square. Dies if the picture would be too large. */
struct sheet sheet_begin(FILE *file, const struct sheet_style *style, const struct sheet_plan *plan);

/* Adds the next tile, row by row, with the plan's size. A NULL tile leaves its place empty. The caption may be NULL. */
void sheet_add(struct sheet *sheet, const struct image *tile, const char *caption, enum verdict verdict);

/* Writes the remaining tiles and the colour bar. */
void sheet_end(struct sheet *sheet);

#endif
