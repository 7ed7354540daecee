#include "pictures/sheet.h"

#include <math.h>

#include "base/error.h"

/* The frame: a ring of FRAME_WIDTH pixels for right and one more for wrong, FRAME_SPACE away from the tile so that its
 * edge pixels stay visible. */
enum { FRAME_WIDTH = 2, FRAME_SPACE = 1, MARGIN = FRAME_SPACE + FRAME_WIDTH + 1, DASH = 6, DASH_GAP = 4 };
enum { CAPTION_SPACE = 2, BAR_LENGTH = 120, BAR_SPACE = 6, APART = 3 };

static const struct rgb right_colour = { 0x3f, 0x90, 0xda }, wrong_colour = { 0xe7, 0x63, 0x00 };

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t column_left(const struct sheet *sheet, int64_t column)
{
    int64_t extra = sheet->plan.apart && column > 0 ? APART * most(sheet->gap, 2) : 0;
    return sheet->gap + column * (sheet->slot_width + sheet->gap) + extra;
}

static int width_of(const struct sheet *sheet, const char *text)
{
    return text_width(text, sheet->text);
}

static void draw_text(struct sheet *sheet, int x, const char *text)
{
    image_text(&sheet->strip, x, 0, text, sheet->text, sheet->ink);
}

static int caption_height(const struct sheet *sheet)
{
    return sheet->plan.caption_width ? text_height(sheet->text) + CAPTION_SPACE : 0;
}

static int strip_height(const struct sheet *sheet)
{
    return caption_height(sheet) + 2 * sheet->margin + (int)sheet->plan.tile_height + sheet->gap;
}

static int bar_length(const struct sheet *sheet)
{
    return BAR_LENGTH * sheet->text;
}

static int64_t bar_width(const struct sheet *sheet)
{
    return 2 * sheet->gap + width_of(sheet, sheet->plan.bar_low) + bar_length(sheet) + 2 * BAR_SPACE +
           width_of(sheet, sheet->plan.bar_high);
}

static int bar_height(const struct sheet *sheet)
{
    return text_height(sheet->text) + (int)most(sheet->gap, 2);
}

/* Text that can be read on the background (luminance by ITU-R BT.601). */
static struct rgb ink_for(struct rgb background)
{
    int luminance = 299 * background.red + 587 * background.green + 114 * background.blue;
    return luminance > 127 * 1000 ? (struct rgb){ 0, 0, 0 } : (struct rgb){ 255, 255, 255 };
}

static void start_strip(struct sheet *sheet)
{
    sheet->strip = image_new(sheet->width, strip_height(sheet), sheet->background);
}

/* Writes the picture's header, and the gap above the first row of tiles. */
static void write_head(const struct sheet *sheet)
{
    struct image space = image_new(sheet->width, sheet->gap > 0 ? sheet->gap : 1, sheet->background);
    picture_begin(sheet->file, sheet->width, sheet->height);
    if (sheet->gap > 0)
        picture_rows(sheet->file, &space);
    image_free(&space);
}

/* The first byte is written when the first row of tiles is complete, so that running out of memory leaves no partial
 * picture. */
static void write_strip(struct sheet *sheet)
{
    if (!sheet->begun)
        write_head(sheet);
    sheet->begun = true;
    picture_rows(sheet->file, &sheet->strip);
    image_free(&sheet->strip);
}

int sheet_inner_gap(const struct sheet_style *style)
{
    return (int)(style->gap + 3) / 4;
}

struct rgb sheet_background(const struct sheet_style *style)
{
    struct rgb colour;
    if (!parse_colour(style->background, &colour))
        die_usage("--background: '%s' is not a colour (white, black, grey or #rrggbb)", style->background);
    return colour;
}

void sheet_plan_caption(struct sheet_plan *plan, const char *caption)
{
    plan->caption_width = most(plan->caption_width, text_width(caption, 1));
}

void sheet_plan_bar(struct sheet_plan *plan, enum palette palette, struct range range)
{
    plan->bar = true;
    plan->palette = palette;
    snprintf(plan->bar_low, sizeof plan->bar_low, "%.2g", (double)range.low);
    snprintf(plan->bar_high, sizeof plan->bar_high, "%.2g", (double)range.high);
}

static int64_t square_columns(const struct sheet_plan *plan)
{
    return (int64_t)ceil(sqrt((double)plan->tiles * (double)plan->tile_height / (double)plan->tile_width));
}

/* Reports a picture that is too large before anything is written or allocated. */
static void check_size(const struct sheet *sheet)
{
    const int64_t most = (int64_t)4 << 30, pixel = 3;
    int64_t height = strip_height(sheet);
    if (sheet->width > IMAGE_SIDE_MAX || sheet->height > IMAGE_SIDE_MAX)
        die("%s: a picture of %lld x %lld pixels cannot be drawn (at most %d on each side)", sheet->plan.path,
            (long long)sheet->width, (long long)sheet->height, IMAGE_SIDE_MAX);
    if (sheet->width * height > most / pixel)
        die("%s: a row of tiles of %lld x %lld pixels cannot be drawn (at most %lld bytes, 3 for each pixel)",
            sheet->plan.path, (long long)sheet->width, (long long)height, (long long)most);
}

struct sheet sheet_begin(FILE *file, const struct sheet_style *style, const struct sheet_plan *plan)
{
    struct sheet sheet = { .file = file, .plan = *plan, .gap = (int)style->gap, .text = (int)style->text,
                           .columns = style->columns };
    sheet.background = sheet_background(style);
    if (sheet.columns == 0)
        sheet.columns = square_columns(plan);
    sheet.columns = most(1, sheet.columns < plan->tiles ? sheet.columns : plan->tiles);
    sheet.ink = ink_for(sheet.background);
    sheet.margin = plan->frames ? MARGIN : 0;
    if (plan->tile_width > IMAGE_SIDE_MAX || plan->tile_height > IMAGE_SIDE_MAX)
        die("%s: a tile of %lld x %lld pixels cannot be drawn (at most %d on each side)", plan->path,
            (long long)plan->tile_width, (long long)plan->tile_height, IMAGE_SIDE_MAX);
    sheet.slot_width = (int)most(plan->tile_width + 2 * sheet.margin, plan->caption_width * style->text);
    sheet.width = column_left(&sheet, sheet.columns - 1) + sheet.slot_width + sheet.gap;
    int64_t strips = (plan->tiles + sheet.columns - 1) / sheet.columns;
    sheet.height = sheet.gap + strips * strip_height(&sheet);
    if (plan->bar) {
        sheet.width = most(sheet.width, bar_width(&sheet));
        sheet.height += bar_height(&sheet);
    }
    check_size(&sheet);
    start_strip(&sheet);
    return sheet;
}

/* A ring of the given thickness whose outer edge is the rectangle; if dashed, it has gaps, but never at the corners. */
static void draw_ring(struct image *image, int x, int y, int width, int height, int thickness, bool dashed,
                      struct rgb colour)
{
    int period = dashed ? DASH + DASH_GAP : 1, dash = dashed ? DASH : 1;
    for (int at = 0; at < width; at++)
        if (at % period < dash || at >= width - thickness) {
            image_fill(image, x + at, y, 1, thickness, colour);
            image_fill(image, x + at, y + height - thickness, 1, thickness, colour);
        }
    for (int at = 0; at < height; at++)
        if (at % period < dash || at >= height - thickness) {
            image_fill(image, x, y + at, thickness, 1, colour);
            image_fill(image, x + width - thickness, y + at, thickness, 1, colour);
        }
}

/* The frame around a tile whose top left corner is (x, y). */
static void draw_frame(struct sheet *sheet, int x, int y, enum verdict verdict)
{
    int thickness = verdict == VERDICT_WRONG ? FRAME_WIDTH + 1 : FRAME_WIDTH;
    int out = FRAME_SPACE + thickness;
    draw_ring(&sheet->strip, x - out, y - out, (int)sheet->plan.tile_width + 2 * out,
              (int)sheet->plan.tile_height + 2 * out, thickness, verdict == VERDICT_WRONG,
              verdict == VERDICT_WRONG ? wrong_colour : right_colour);
}

void sheet_add(struct sheet *sheet, const struct image *tile, const char *caption, enum verdict verdict)
{
    int64_t column = sheet->placed % sheet->columns;
    if (sheet->placed > 0 && column == 0) {
        write_strip(sheet);
        start_strip(sheet);
    }
    int left = (int)column_left(sheet, column);
    int x = left + (sheet->slot_width - (int)sheet->plan.tile_width) / 2;
    int y = caption_height(sheet) + sheet->margin;
    if (tile)
        image_paste(&sheet->strip, x, y, tile);
    if (caption && sheet->plan.caption_width)
        draw_text(sheet, left + (sheet->slot_width - width_of(sheet, caption)) / 2, caption);
    if (verdict != VERDICT_NONE)
        draw_frame(sheet, x, y, verdict);
    sheet->placed++;
}

/* The bar and its labels, drawn like a row of tiles. */
static void draw_bar(struct sheet *sheet)
{
    const struct sheet_plan *plan = &sheet->plan;
    int x = sheet->gap, length = bar_length(sheet);
    sheet->strip = image_new(sheet->width, bar_height(sheet), sheet->background);
    draw_text(sheet, x, plan->bar_low);
    x += width_of(sheet, plan->bar_low) + BAR_SPACE;
    for (int at = 0; at < length; at++)
        image_fill(&sheet->strip, x + at, 0, 1, text_height(sheet->text),
                   palette_colour(plan->palette, at / (double)(length - 1)));
    draw_text(sheet, x + length + BAR_SPACE, plan->bar_high);
}

void sheet_end(struct sheet *sheet)
{
    write_strip(sheet);
    if (sheet->plan.bar) {
        draw_bar(sheet);
        write_strip(sheet);
    }
}
