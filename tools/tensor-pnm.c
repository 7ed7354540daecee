/* tensor-pnm: draws rows of images or maps as one contact sheet. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "pictures/caption.h"
#include "pictures/mosaic.h"
#include "pictures/sheet.h"
#include "pictures/thumbnail.h"
#include "streams/lookup.h"
#include "streams/stream.h"

enum { SCALE_SHARED, SCALE_EACH };
static const char *const scales[] = { "shared", "each", NULL };

static struct settings {
    const char *field, *caption, *border, *range, *database, *at;
    int scale, palette;
    int64_t neighbors; /* at most this many for each row; 0 for all */
    bool bar;
    struct sheet_style style;
} settings = { .field = "image", .style = { 10, 4, 2, 1, "white" } };

static const struct option_row options[] = {
    OPTION_TEXT('f', "field", &settings.field, "FIELD", "U8 [N,C,H,W], F32 [N,H,W] or F32 [N,C,H,W]"),
    OPTION_TEXT(0, "caption", &settings.caption, "FIELD,...", "write these fields above each tile"),
    OPTION_TEXT('b', "border", &settings.border, "FIELD,FIELD",
                "frame each tile: solid blue if the two are equal, else dashed orange"),
    OPTION_TEXT(0, "neighbors", &settings.database, "DATABASE",
                "beside each row, the images in DATABASE whose index is in its neighbor_index"),
    OPTION_INTEGER('k', "nearest", &settings.neighbors, "N", 0, 100000, "at most N neighbours of each row; 0: all"),
    OPTION_TEXT(0, "at", &settings.at, "FIELD",
                "draw on a grid at the positions F32 [N,2]; --columns: cells along its longer side"),
    OPTION_TEXT('r', "range", &settings.range, "LOW,HIGH", "F32: values of the first and last colour"),
    OPTION_CHOICE('s', "scale", &settings.scale, "SCALE", scales,
                  "F32: colours span the values of all rows, or of each"),
    OPTION_CHOICE('p', "palette", &settings.palette, "NAME", palette_names, "F32: colours of a map"),
    OPTION_FLAG(0, "bar", &settings.bar, "F32: draw a colour bar"),
    SHEET_OPTIONS(settings.style, "tiles in a row; 0: about square"),
    OPTION_END,
};

static const struct usage usage = {
    "[-c N] [-z N] [--caption FIELD,...] [--neighbors DATABASE] <rows >PPM",
    "Draw the images or maps of a row stream as one contact sheet.", true, true, 0, 0,
};

/* What is drawn. Each row has one place, or 1 + k: itself and its k nearest neighbours in another stream. */
struct drawing {
    struct stream stream;
    struct frame frame;
    struct field_list captions, borders;
    struct caption_field caption[FIELD_LIST_MAX], caption_found[FIELD_LIST_MAX]; /* for rows, and for neighbours */
    int64_t rows, places;
    struct thumbnails own;

    const struct tensor *neighbor; /* neighbor_index I64 [N,K]; NULL if no neighbours are drawn */
    struct stream database;
    struct lookup lookup;
    struct thumbnails found;

    struct mosaic mosaic; /* with --at: each cell is the place of at most one row */
};

static void set_style(struct thumbnails *thumbnails)
{
    thumbnails->zoom = (int)settings.style.zoom;
    thumbnails->gap = sheet_inner_gap(&settings.style);
    thumbnails->background = sheet_background(&settings.style);
    thumbnails->palette = (enum palette)settings.palette;
    thumbnails->each = settings.scale == SCALE_EACH;
}

/* LOW,HIGH of --range. */
static struct range parse_range(const char *text)
{
    const char *comma = strchr(text, ',');
    char *first = format_string("%.*s", (int)strcspn(text, ","), text);
    double low, high;
    if (!comma || !parse_real(first, -1e30, 1e30, &low) || !parse_real(comma + 1, -1e30, 1e30, &high) || low >= high)
        die_usage("--range: '%s' is not LOW,HIGH (two numbers, the first the smaller)", text);
    free(first);
    return (struct range){ (float)low, (float)high };
}

static void check_choices(void)
{
    sheet_background(&settings.style);
    if (settings.range)
        parse_range(settings.range);
    if (settings.range && settings.scale == SCALE_EACH)
        die_usage("--range: one range for all rows and --scale each exclude each other");
    if (settings.bar && settings.scale == SCALE_EACH)
        die_usage("--bar: one bar cannot stand for all rows with --scale each");
    if (option_given(&settings.neighbors) && !settings.database)
        die_usage("-k: --neighbors DATABASE is needed as well");
    if (settings.database && option_given(&settings.style.columns))
        die_usage("--columns: --neighbors draws a row's neighbours beside it (use -k)");
    if (settings.database && strcmp(settings.database, "-") == 0)
        die_usage("--neighbors: the database must be a file (standard input holds the rows to draw)");
    if (settings.at && settings.database)
        die_usage("--at: --neighbors draws a row's neighbours beside it, and not on a grid");
}

/* The field of the neighbours for a field of the row: label for neighbor_label. */
static struct caption_field neighbor_field(const struct frame *frame, const char *name)
{
    struct caption_field field = { 0 };
    char *full = format_string("neighbor_%s", name);
    if (settings.database)
        field = caption_field(frame, full);
    free(full);
    return field;
}

/* The positions of --at, [N, 2]. */
static const float *check_places(const struct frame *frame)
{
    const struct tensor *place = frame_require(frame, settings.at, DTYPE_F32, 2);
    if (place->shape[1] != 2)
        die("%s: field '%s' has %lld values in a row (2 are needed: x and y)", frame->path, settings.at,
            (long long)place->shape[1]);
    return place->data;
}

/* Whether a caption field exists: for the row, or for its neighbours. */
static bool has_caption(const struct frame *frame, const char *name)
{
    struct caption_field field = neighbor_field(frame, name);
    bool found = field.tensor != NULL;
    caption_field_free(&field);
    return found || frame_find(frame, name);
}

/* Missing fields are reported at their frame, not after all rows have been read. A later frame without any tensor needs
 * no fields. */
static void check_fields(const struct drawing *drawing, const struct frame *frame)
{
    if (drawing->stream.frames > 1 && frame->count == 0)
        return;
    const char *needed[] = { settings.field, settings.at, settings.database ? "neighbor_index" : NULL };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (needed[i] && !frame_find(frame, needed[i]))
            die("%s: field '%s' is missing", drawing->stream.path, needed[i]);
    if (settings.at)
        check_places(frame);
    if (settings.database)
        frame_require(frame, "neighbor_index", DTYPE_I64, 2);
    if (drawing->stream.frames == 1 && frame_rows(frame) > 0)
        thumbnails_of(frame, frame_find(frame, settings.field));
    field_list_require(&drawing->borders, frame);
    for (int i = 0; i < drawing->captions.count; i++)
        if (!has_caption(frame, drawing->captions.name[i]))
            die("%s: field '%s' is missing", drawing->stream.path, drawing->captions.name[i]);
}

/* Read the fields that the drawing needs. */
static void read_rows(struct drawing *drawing)
{
    struct field_list fields = field_list_parse("--caption", settings.caption);
    field_list_add(&fields, settings.field);
    drawing->captions = field_list_parse("--caption", settings.caption);
    drawing->borders = field_list_parse("--border", settings.border);
    if (settings.border && drawing->borders.count != 2)
        die_usage("--border: '%s' is not two fields (FIELD,FIELD)", settings.border);
    for (int i = 0; i < drawing->borders.count; i++)
        field_list_add(&fields, drawing->borders.name[i]);
    for (int i = 0; i < drawing->captions.count && settings.database; i++) {
        char *name = format_string("neighbor_%s", drawing->captions.name[i]);
        field_list_add(&fields, name);
        free(name);
    }
    if (settings.at)
        field_list_add(&fields, settings.at);
    if (settings.database) {
        field_list_add(&fields, "neighbor_index");
        field_list_add(&fields, "neighbor_label");
        field_list_add(&fields, "label");
    }
    struct frame next;
    while (stream_read(&drawing->stream, &next)) {
        check_fields(drawing, &next);
        drawing->rows += frame_rows(&next);
        field_list_keep(&fields, &next);
        frame_append(&drawing->frame, &next);
        frame_free(&next);
    }
    field_list_free(&fields);
}

static void prepare_own(struct drawing *drawing)
{
    const struct tensor *tensor = frame_find(&drawing->frame, settings.field);
    bool scaled = settings.range || option_given(&settings.scale) || option_given(&settings.palette) || settings.bar;
    if (scaled && tensor->dtype == DTYPE_U8)
        die("%s: field '%s' is U8 and drawn as it is (--range, --scale, --palette and --bar are for F32)",
            drawing->stream.path, settings.field);
    drawing->own = thumbnails_of(&drawing->frame, tensor);
    set_style(&drawing->own);
    if (settings.range)
        drawing->own.range = parse_range(settings.range);
    drawing->places = 1;
    for (int i = 0; i < drawing->captions.count; i++) {
        drawing->caption[i] = caption_field(&drawing->frame, drawing->captions.name[i]);
        drawing->caption_found[i] = neighbor_field(&drawing->frame, drawing->captions.name[i]);
    }
}

/* Frames around neighbours show whether they have the row's class, if the stream has both labels. */
static void prepare_verdicts(struct drawing *drawing)
{
    if (drawing->neighbor && !drawing->borders.count && frame_find(&drawing->frame, "label") &&
        frame_find(&drawing->frame, "neighbor_label")) {
        field_list_add(&drawing->borders, "label");
        field_list_add(&drawing->borders, "neighbor_label");
    }
    if (!drawing->borders.count)
        return;
    frame_require(&drawing->frame, drawing->borders.name[0], DTYPE_I64, 1);
    const struct tensor *other = frame_require(&drawing->frame, drawing->borders.name[1], DTYPE_I64,
                                               drawing->neighbor ? 2 : 1);
    if (drawing->neighbor && other->shape[1] < drawing->places - 1)
        die("%s: field '%s' has %lld columns and neighbor_index %lld (the numbers must be equal)", drawing->stream.path,
            other->name, (long long)other->shape[1], (long long)drawing->neighbor->shape[1]);
}

/* An index without a row is reported before the first tile is drawn. */
static void check_found(const struct drawing *drawing)
{
    const int64_t *index = drawing->neighbor->data;
    int64_t columns = drawing->neighbor->shape[1];
    for (int64_t row = 0; row < drawing->rows; row++)
        for (int64_t place = 1; place < drawing->places; place++) {
            int64_t wanted = index[row * columns + place - 1];
            if (wanted >= 0 && lookup_row(&drawing->lookup, wanted) < 0)
                die("%s: no row has index %lld (neighbour %lld of row %lld)", drawing->database.path,
                    (long long)wanted, (long long)place, (long long)row);
        }
}

static void prepare_neighbors(struct drawing *drawing)
{
    drawing->neighbor = frame_require(&drawing->frame, "neighbor_index", DTYPE_I64, 2);
    int64_t columns = drawing->neighbor->shape[1];
    if (settings.neighbors && settings.neighbors < columns)
        columns = settings.neighbors;
    drawing->places = 1 + columns;
    drawing->lookup = lookup_read(&drawing->database, settings.field, drawing->neighbor->data,
                                  tensor_elements(drawing->neighbor));
    check_found(drawing);
    const struct tensor *found = frame_find(&drawing->lookup.found, settings.field);
    if (!found || found->shape[0] == 0)
        return; /* then no tile asks for one */
    drawing->found = thumbnails_of(&drawing->lookup.found, found);
    set_style(&drawing->found);
    drawing->found.range = drawing->own.range;
    if (drawing->found.channels != drawing->own.channels || drawing->found.height != drawing->own.height ||
        drawing->found.width != drawing->own.width || found->dtype != drawing->own.tensor->dtype)
        die("%s: field '%s' is not of the type and shape that it has in %s", drawing->database.path, settings.field,
            drawing->stream.path);
}

static void prepare_mosaic(struct drawing *drawing)
{
    const float *at = check_places(&drawing->frame);
    for (int64_t i = 0; i < 2 * drawing->rows; i++)
        if (!isfinite(at[i]))
            die("%s: field '%s', row %lld holds %f (every value must be finite)", drawing->stream.path, settings.at,
                (long long)(i / 2), (double)at[i]);
    int64_t cells = settings.style.columns;
    if (!cells) /* if rows were spread evenly, four for each cell */
        cells = (int64_t)ceil(sqrt((double)drawing->rows) / 2);
    drawing->mosaic = mosaic_of(at, drawing->rows, cells);
}

/* The row of a tile, or -1 for an empty tile. */
static int64_t row_of(const struct drawing *drawing, int64_t tile)
{
    return drawing->mosaic.row ? drawing->mosaic.row[tile] : tile / drawing->places;
}

/* The caption of a place: the fields of the row itself, or those named neighbor_FIELD for its neighbours. */
static void write_caption(const struct drawing *drawing, int64_t row, int64_t place, char *text)
{
    text[0] = 0;
    for (int i = 0; i < drawing->captions.count; i++) {
        const struct caption_field *field = place == 0 ? &drawing->caption[i] : &drawing->caption_found[i];
        if (field->tensor)
            caption_append(text, field, row, place - 1);
    }
}

static enum verdict verdict_of(const struct drawing *drawing, int64_t row, int64_t place)
{
    if (!drawing->borders.count || (drawing->neighbor && place == 0))
        return VERDICT_NONE;
    const struct tensor *other = frame_find(&drawing->frame, drawing->borders.name[1]);
    const int64_t *want = frame_find(&drawing->frame, drawing->borders.name[0])->data, *got = other->data;
    int64_t value = drawing->neighbor ? got[row * other->shape[1] + place - 1] : got[row];
    return value == want[row] ? VERDICT_RIGHT : VERDICT_WRONG;
}

static void draw_neighbor(const struct drawing *drawing, struct sheet *sheet, int64_t row, int64_t place,
                          const char *caption)
{
    int64_t index = ((const int64_t *)drawing->neighbor->data)[row * drawing->neighbor->shape[1] + place - 1];
    if (index < 0) {
        sheet_add(sheet, NULL, NULL, VERDICT_NONE);
        return;
    }
    struct image tile = thumbnail(&drawing->found, lookup_row(&drawing->lookup, index));
    sheet_add(sheet, &tile, caption, verdict_of(drawing, row, place));
    image_free(&tile);
}

static struct sheet_plan make_plan(const struct drawing *drawing)
{
    struct sheet_plan plan = { .path = drawing->stream.path, .tiles = drawing->rows * drawing->places,
                               .frames = drawing->borders.count > 0, .apart = drawing->neighbor };
    plan.tile_width = thumbnail_width(&drawing->own);
    plan.tile_height = thumbnail_height(&drawing->own);
    if (drawing->mosaic.row)
        plan.tiles = drawing->mosaic.columns * drawing->mosaic.lines;
    for (int64_t i = 0; i < plan.tiles; i++) {
        char text[CAPTION_MAX];
        if (row_of(drawing, i) < 0)
            continue;
        write_caption(drawing, row_of(drawing, i), i % drawing->places, text);
        sheet_plan_caption(&plan, text);
    }
    if (settings.bar)
        sheet_plan_bar(&plan, drawing->own.colour ? PALETTE_GREY : drawing->own.palette, drawing->own.range);
    return plan;
}

static void draw(const struct drawing *drawing)
{
    struct sheet_style style = settings.style;
    struct sheet_plan plan = make_plan(drawing);
    if (drawing->neighbor)
        style.columns = drawing->places;
    if (drawing->mosaic.row)
        style.columns = drawing->mosaic.columns;
    struct sheet sheet = sheet_begin(stdout, &style, &plan);
    for (int64_t i = 0; i < plan.tiles; i++) {
        int64_t row = row_of(drawing, i), place = i % drawing->places;
        char text[CAPTION_MAX];
        if (row < 0) {
            sheet_add(&sheet, NULL, NULL, VERDICT_NONE);
            continue;
        }
        write_caption(drawing, row, place, text);
        if (drawing->neighbor && place > 0) {
            draw_neighbor(drawing, &sheet, row, place, text);
            continue;
        }
        struct image tile = thumbnail(&drawing->own, row);
        sheet_add(&sheet, &tile, text, verdict_of(drawing, row, place));
        image_free(&tile);
    }
    sheet_end(&sheet);
}

static void clean_up(struct drawing *drawing)
{
    stream_close(&drawing->stream);
    if (settings.database)
        stream_close(&drawing->database);
    lookup_free(&drawing->lookup);
    mosaic_free(&drawing->mosaic);
    for (int i = 0; i < drawing->captions.count; i++) {
        caption_field_free(&drawing->caption[i]);
        caption_field_free(&drawing->caption_found[i]);
    }
    field_list_free(&drawing->captions);
    field_list_free(&drawing->borders);
    frame_free(&drawing->frame);
}

int main(int argc, char **argv)
{
    options_parse(argc, argv, &usage, options);
    check_choices();

    struct drawing drawing = { .stream = stream_open(NULL) };
    if (settings.database)
        drawing.database = stream_open(settings.database);
    read_rows(&drawing);
    if (drawing.rows > 0) {
        prepare_own(&drawing);
        if (settings.database)
            prepare_neighbors(&drawing);
        if (settings.at)
            prepare_mosaic(&drawing);
        prepare_verdicts(&drawing);
        draw(&drawing);
    }

    clean_up(&drawing);
    close_stdout();
    return EXIT_OK;
}
