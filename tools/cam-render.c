/* cam-render: draws class activation maps over their images. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "model/head.h"
#include "model/identity.h"
#include "pictures/caption.h"
#include "pictures/sheet.h"
#include "pictures/thumbnail.h"
#include "streams/classes.h"
#include "streams/filter.h"
#include "streams/origin.h"
#include "streams/stream.h"

static struct settings {
    const char *model, *class, *caption;
    double opacity;
    bool signs, map, border, bar;
    struct sheet_style style;
} settings = { .class = "predicted", .opacity = 0.5, .style = { 0, 8, 4, 1, "white" } };

static const struct option_row options[] = {
    OPTION_TEXT('m', "model", &settings.model, "MODEL", "the model that computed fmap; required"),
    OPTION_TEXT(0, "class", &settings.class, "CLASS", "predicted, label, or a class's number or name"),
    OPTION_FLAG(0, "map", &settings.map, "write no picture but the stream with the field cam"),
    OPTION_FLAG('s', "signed", &settings.signs,
                "draw the map alone, red for the class and blue against it, on one scale for all rows"),
    OPTION_REAL(0, "opacity", &settings.opacity, "X", 0, 1, "share of the map in the overlay"),
    OPTION_TEXT(0, "caption", &settings.caption, "FIELD,...",
                "write these fields above each image; cam_label is the map's class"),
    OPTION_FLAG('b', "border", &settings.border,
                "frame each image: solid blue if the prediction is right, else dashed orange"),
    OPTION_FLAG(0, "bar", &settings.bar, "draw a colour bar"),
    SHEET_OPTIONS(settings.style, "images in a row; 0: about square"),
    OPTION_END,
};

static const struct usage usage = {
    "-m MODEL [--class CLASS] [--signed | --map] <rows >PPM",
    "Draw class activation maps beside the images of a stream with fields image and fmap: where the network saw the\n"
    "class.",
    true, true, 0, 0,
};

/* The class for a text: predicted, label, or a number or a class name of the model. */
static int64_t parse_class(const char *text, const struct cam_head *head)
{
    int64_t class;
    if (strcmp(text, "predicted") == 0)
        return CAM_PREDICTED;
    if (strcmp(text, "label") == 0)
        return CAM_TARGET;
    if (parse_integer(text, 0, head->classes - 1, &class))
        return class;
    struct classes names = classes_of(&head->model);
    class = classes_find(&names, text);
    classes_free(&names);
    if (class < 0 || class >= head->classes)
        die_usage("--class: '%s' is neither predicted, label, a number from 0 to %lld nor a class of the model",
                  text, (long long)head->classes - 1);
    return class;
}

/* The feature maps must be this model's: for another network's its classifier has no meaning. */
static void check_model(const struct frame *frame, const struct cam_head *head)
{
    char identity[IDENTITY_MAX];
    identity_of_model(&head->model, identity);
    origin_check_model(frame, settings.model, identity);
}

/* What the maps of a frame's rows are made with. */
struct mapping {
    const struct cam_head *head;
    int64_t which; /* class */
};

/* Adds the fields cam and cam_label to a frame. */
static void add_maps(struct frame *frame, void *context)
{
    const struct mapping *mapping = context;
    frame_rows(frame);
    check_model(frame, mapping->head);
    cam_add_class(frame, mapping->head, "cam_label", mapping->which);
    cam_add_map(frame, mapping->head, "cam_label");
}

/* Missing fields are reported at the first frame, not after all maps have been computed. */
static void check_fields(const struct frame *frame, const struct field_list *captions, const char *target)
{
    const struct tensor *image = frame_require(frame, "image", DTYPE_U8, 4);
    if (image->shape[1] != 3 && image->shape[1] != 1)
        die("%s: field 'image' has %lld channels (3 or 1 are needed)", frame->path, (long long)image->shape[1]);
    if (settings.border)
        frame_require(frame, target, DTYPE_I64, 1);
    field_list_require(captions, frame);
}

/* The rows of all frames. */
struct reading {
    const struct mapping *mapping;
    struct field_list captions, fields; /* fields: what is kept of a frame */
    struct frame rows;
};

static void read_frame(struct frame *frame, void *context)
{
    struct reading *reading = context;
    const struct mapping *mapping = reading->mapping;
    frame_rows(frame);
    check_model(frame, mapping->head);
    cam_add_class(frame, mapping->head, "prediction", CAM_PREDICTED);
    cam_add_class(frame, mapping->head, "cam_label", mapping->which);
    if (frame->number == 1)
        check_fields(frame, &reading->captions, mapping->head->target);
    cam_add_map(frame, mapping->head, "cam_label");
    field_list_keep(&reading->fields, frame);
    frame_append(&reading->rows, frame);
}

/* Read all rows: their images, maps and what the captions say, but not the feature maps, which are the large part. */
static struct frame read_rows(const struct mapping *mapping)
{
    struct reading reading = {
        .mapping = mapping,
        .captions = field_list_parse("--caption", settings.caption),
        .fields = field_list_parse("--caption", settings.caption),
    };
    const char *const own[] = { "image", "cam", "cam_label", "prediction", mapping->head->target };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        field_list_add(&reading.fields, own[i]);
    filter_frames(&(struct filter){ .frame = read_frame, .context = &reading });
    field_list_free(&reading.fields);
    field_list_free(&reading.captions);
    return reading.rows;
}

struct drawing {
    const struct frame *rows;
    const char *target; /* the field with the right class */
    int captions;
    struct caption_field caption[FIELD_LIST_MAX];
    struct thumbnails images;
    const struct tensor *cam;
    struct range range; /* of all maps, symmetric about zero */
};

static struct drawing prepare(const struct frame *rows, const char *target)
{
    struct drawing drawing = { .rows = rows, .target = target };
    struct field_list list = field_list_parse("--caption", settings.caption);
    for (; drawing.captions < list.count; drawing.captions++)
        drawing.caption[drawing.captions] = caption_field(rows, list.name[drawing.captions]);
    field_list_free(&list);
    drawing.images = thumbnails_of(rows, frame_find(rows, "image"));
    drawing.images.zoom = (int)settings.style.zoom;
    drawing.cam = frame_find(rows, "cam");
    drawing.range = range_symmetric(range_of(drawing.cam->data, tensor_elements(drawing.cam)));
    return drawing;
}

/* The map of a row at the size of its drawn image: signed maps use the scale of all rows, others span their own range,
 * as published overlays do. */
static struct image draw_map(const struct drawing *drawing, int64_t row)
{
    int64_t height = thumbnail_height(&drawing->images), width = thumbnail_width(&drawing->images);
    size_t pixels = tensor_row_elements(drawing->cam);
    const float *map = (const float *)drawing->cam->data + (size_t)row * pixels;
    struct range range = settings.signs ? drawing->range : range_of(map, pixels);
    float *large = allocate_floats(checked_multiply((size_t)height, (size_t)width));
    resize_bilinear(large, height, width, map, drawing->cam->shape[1], drawing->cam->shape[2]);
    struct image image = image_from_map(large, height, width, range.low, range.high,
                                        settings.signs ? PALETTE_DIVERGING : PALETTE_VIRIDIS);
    free(large);
    return image;
}

/* The image and, beside it, the map over it. */
static struct image draw_tile(const struct drawing *drawing, int64_t row)
{
    struct image map = draw_map(drawing, row);
    struct image pair[] = { thumbnail(&drawing->images, row), thumbnail(&drawing->images, row) };
    image_blend(&pair[1], &map, settings.signs ? 1 : settings.opacity);
    image_free(&map);
    return image_row(pair, 2, 1, sheet_inner_gap(&settings.style), sheet_background(&settings.style));
}

static void write_caption(const struct drawing *drawing, int64_t row, char *text)
{
    text[0] = 0;
    for (int i = 0; i < drawing->captions; i++)
        caption_append(text, &drawing->caption[i], row, -1);
}

static enum verdict verdict_of(const struct drawing *drawing, int64_t row)
{
    if (!settings.border)
        return VERDICT_NONE;
    const int64_t *want = frame_find(drawing->rows, drawing->target)->data;
    const int64_t *got = frame_find(drawing->rows, "prediction")->data;
    return want[row] == got[row] ? VERDICT_RIGHT : VERDICT_WRONG;
}

static struct sheet_plan make_plan(const struct drawing *drawing)
{
    struct sheet_plan plan = { .path = drawing->rows->path, .tiles = drawing->cam->shape[0],
                               .frames = settings.border };
    plan.tile_width = 2 * thumbnail_width(&drawing->images) + sheet_inner_gap(&settings.style);
    plan.tile_height = thumbnail_height(&drawing->images);
    for (int64_t i = 0; i < plan.tiles; i++) {
        char text[CAPTION_MAX];
        write_caption(drawing, i, text);
        sheet_plan_caption(&plan, text);
    }
    if (settings.bar)
        sheet_plan_bar(&plan, settings.signs ? PALETTE_DIVERGING : PALETTE_VIRIDIS, drawing->range);
    if (settings.bar && !settings.signs) { /* each overlay has its own scale */
        strcpy(plan.bar_low, "least");
        strcpy(plan.bar_high, "most");
    }
    return plan;
}

static void draw(const struct drawing *drawing)
{
    struct sheet_plan plan = make_plan(drawing);
    struct sheet sheet = sheet_begin(stdout, &settings.style, &plan);
    for (int64_t i = 0; i < plan.tiles; i++) {
        char text[CAPTION_MAX];
        write_caption(drawing, i, text);
        struct image tile = draw_tile(drawing, i);
        sheet_add(&sheet, &tile, text, verdict_of(drawing, i));
        image_free(&tile);
    }
    sheet_end(&sheet);
}

static void write_picture(const struct mapping *mapping)
{
    struct frame rows = read_rows(mapping);
    if (frame_rows(&rows) > 0) {
        struct drawing drawing = prepare(&rows, mapping->head->target);
        draw(&drawing);
        for (int i = 0; i < drawing.captions; i++)
            caption_field_free(&drawing.caption[i]);
    }
    frame_free(&rows);
}

int main(int argc, char **argv)
{
    options_parse(argc, argv, &usage, options);
    if (!settings.model)
        die_usage("-m: a model is needed");
    if (strcmp(settings.model, "-") == 0)
        die_usage("-m: the model must be a file (standard input holds the rows)");
    if (settings.map && settings.signs)
        die_usage("--map and --signed exclude each other (the map as written has its signs)");
    sheet_background(&settings.style);
    struct cam_head head = head_read(settings.model);
    struct mapping mapping = { &head, parse_class(settings.class, &head) };

    if (settings.map)
        filter_frames(&(struct filter){ .writes = true, .frame = add_maps, .context = &mapping });
    else
        write_picture(&mapping);

    cam_head_free(&head);
    close_stdout();
    return EXIT_OK;
}
