/* cam-render: class activation maps over the images they belong to. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "data/caption.h"
#include "data/sheet.h"
#include "data/stream.h"
#include "data/thumbnail.h"
#include "methods/cam.h"

struct choices {
    const char *model, *class, *caption;
    double opacity;
    bool signs, map, border, bar;
    struct sheet_style style;
};

/* The class of a text: predicted, label, a number or a name of the model's. */
static int64_t parse_class(const char *text, const struct cam_head *head)
{
    int64_t class;
    if (strcmp(text, "predicted") == 0)
        return CAM_PREDICTED;
    if (strcmp(text, "label") == 0)
        return CAM_TARGET;
    if (parse_integer(text, 0, head->classes - 1, &class))
        return class;
    class = list_position(head->names, text);
    if (class < 0 || class >= head->classes)
        die_usage("--class: '%s' is neither predicted, label, a number from 0 to %lld nor a class of the model (%s)", text,
                  (long long)head->classes - 1, head->names ? head->names : "it names none");
    return class;
}

/* Copy the stream with the field cam in each frame. */
static void write_maps(struct stream *stream, const struct cam_head *head, int64_t which)
{
    struct frame frame;
    while (stream_read(stream, &frame)) {
        int64_t *class = allocate((size_t)frame_rows(&frame, stream), sizeof *class);
        cam_classes(class, head, &frame, stream, which);
        cam_add(&frame, head, stream, class);
        stream_write(stdout, NULL, &frame);
        free(class);
        frame_free(&frame);
    }
}

/* Fields that the drawing needs of the stream beside its own. */
static struct field_list needed_fields(const struct choices *choices, const struct cam_head *head)
{
    struct field_list fields = field_list_parse("--caption", choices->caption);
    field_list_add(&fields, "image");
    field_list_add(&fields, "cam");
    field_list_add(&fields, "class");
    field_list_add(&fields, "prediction");
    field_list_add(&fields, head->target);
    return fields;
}

static void put_classes(struct frame *frame, const struct cam_head *head, const struct stream *stream,
                        const char *name, int64_t which)
{
    int64_t rows = frame_rows(frame, stream);
    int64_t *class = allocate((size_t)rows, sizeof *class);
    cam_classes(class, head, frame, stream, which);
    struct tensor *field = frame_put(frame, name, DTYPE_I64, 1, &rows);
    memcpy(field->data, class, tensor_bytes(field));
    free(class);
}

/* Read all rows: their images, maps and what the captions say, but not the feature maps, which are the large part. */
static void read_rows(struct frame *rows, struct stream *stream, const struct cam_head *head,
                      const struct choices *choices)
{
    struct field_list fields = needed_fields(choices, head);
    int64_t which = parse_class(choices->class, head);
    struct frame frame;
    *rows = (struct frame){ NULL, 0, NULL };
    while (stream_read(stream, &frame)) {
        frame_rows(&frame, stream);
        put_classes(&frame, head, stream, "prediction", CAM_PREDICTED);
        put_classes(&frame, head, stream, "class", which);
        cam_add(&frame, head, stream, frame_find(&frame, "class")->data);
        frame_keep(&frame, &fields);
        frame_append(rows, &frame, stream);
        frame_free(&frame);
    }
    field_list_free(&fields);
}

struct drawing {
    const struct stream *stream;
    const struct cam_head *head;
    const struct frame *rows;
    const struct choices *choices;
    struct field_list captions;
    struct thumbnails images;
    const struct tensor *cam;
    struct range range; /* of all maps, about zero */
};

static struct drawing prepare(const struct frame *rows, const struct stream *stream, const struct cam_head *head,
                              const struct choices *choices)
{
    struct drawing drawing = { stream, head, rows, choices, .captions = field_list_parse("--caption", choices->caption) };
    const struct tensor *image = frame_require(rows, stream, "image", DTYPE_U8, 4);
    if (image->shape[1] != 3 && image->shape[1] != 1)
        die("%s: field 'image' has %lld channels (3 or 1 are needed)", stream->path, (long long)image->shape[1]);
    drawing.images = thumbnails_of(image, stream);
    drawing.images.zoom = (int)choices->style.zoom;
    drawing.cam = frame_find(rows, "cam");
    drawing.range = range_symmetric(range_of(drawing.cam->data, tensor_elements(drawing.cam)));
    if (!isfinite(drawing.range.high))
        die("%s: a map holds a value that is not finite (is the model's training sound?)", stream->path);
    if (choices->border)
        frame_require(rows, stream, head->target, DTYPE_I64, 1);
    return drawing;
}

/* The map of a row at the size of its drawn image: signed on the scale of all, else from its own minimum to its own
 * maximum, as published overlays are. */
static struct image draw_map(const struct drawing *drawing, int64_t row)
{
    int64_t height = thumbnail_height(&drawing->images), width = thumbnail_width(&drawing->images);
    size_t pixels = tensor_row_elements(drawing->cam);
    const float *map = (const float *)drawing->cam->data + (size_t)row * pixels;
    bool signs = drawing->choices->signs;
    struct range range = signs ? drawing->range : range_of(map, pixels);
    float *large = allocate_floats(checked_multiply((size_t)height, (size_t)width));
    resize_bilinear(large, height, width, map, drawing->cam->shape[1], drawing->cam->shape[2]);
    struct image image = image_from_map(large, height, width, range.low, range.high,
                                        signs ? PALETTE_DIVERGING : PALETTE_VIRIDIS);
    free(large);
    return image;
}

/* The image, and beside it the map over it. */
static struct image draw_tile(const struct drawing *drawing, int64_t row)
{
    const struct choices *choices = drawing->choices;
    struct image map = draw_map(drawing, row);
    struct image pair[] = { thumbnail(&drawing->images, row), thumbnail(&drawing->images, row) };
    image_blend(&pair[1], &map, choices->signs ? 1 : choices->opacity);
    struct image tile = image_row(pair, 2, sheet_inner_gap(&choices->style), sheet_background(&choices->style));
    image_free(&map);
    image_free(&pair[0]);
    image_free(&pair[1]);
    return tile;
}

/* Names for the values of a field: what the network chose among has the model's names. */
static const char *class_names(const struct drawing *drawing, const char *field)
{
    bool own = strcmp(field, "prediction") == 0 || strcmp(field, "class") == 0;
    const char *names = frame_metadata(drawing->rows, "classes");
    return own || (!names && strcmp(field, drawing->head->target) == 0) ? drawing->head->names : names;
}

static void write_caption(const struct drawing *drawing, int64_t row, char *text, size_t size)
{
    text[0] = 0;
    for (int i = 0; i < drawing->captions.count; i++) {
        const char *name = drawing->captions.name[i];
        const struct tensor *field = frame_find(drawing->rows, name);
        if (!field)
            die("%s: field '%s' is missing", drawing->stream->path, name);
        caption_append(text, size, drawing->stream, field, row, -1, class_names(drawing, name));
    }
}

static enum verdict verdict_of(const struct drawing *drawing, int64_t row)
{
    if (!drawing->choices->border)
        return VERDICT_NONE;
    const int64_t *want = frame_find(drawing->rows, drawing->head->target)->data;
    const int64_t *got = frame_find(drawing->rows, "prediction")->data;
    return want[row] == got[row] ? VERDICT_RIGHT : VERDICT_WRONG;
}

static struct sheet_plan make_plan(const struct drawing *drawing)
{
    const struct choices *choices = drawing->choices;
    struct sheet_plan plan = { .tiles = drawing->cam->shape[0], .frames = choices->border, .bar = choices->bar,
                               .palette = choices->signs ? PALETTE_DIVERGING : PALETTE_VIRIDIS };
    plan.tile_width = 2 * thumbnail_width(&drawing->images) + sheet_inner_gap(&choices->style);
    plan.tile_height = thumbnail_height(&drawing->images);
    for (int64_t i = 0; i < plan.tiles; i++) {
        char text[CAPTION_MAX];
        write_caption(drawing, i, text, sizeof text);
        plan.caption_width = text_width(text, 1) > plan.caption_width ? text_width(text, 1) : plan.caption_width;
    }
    snprintf(plan.bar_low, sizeof plan.bar_low, choices->signs ? "%.2g" : "least", (double)drawing->range.low);
    snprintf(plan.bar_high, sizeof plan.bar_high, choices->signs ? "%.2g" : "most", (double)drawing->range.high);
    return plan;
}

static void draw(const struct drawing *drawing)
{
    struct sheet_plan plan = make_plan(drawing);
    struct sheet sheet = sheet_begin(stdout, &drawing->choices->style, &plan);
    for (int64_t i = 0; i < plan.tiles; i++) {
        char text[CAPTION_MAX];
        write_caption(drawing, i, text, sizeof text);
        struct image tile = draw_tile(drawing, i);
        sheet_add(&sheet, &tile, text, verdict_of(drawing, i));
        image_free(&tile);
    }
    sheet_end(&sheet);
}

static void write_picture(struct stream *stream, const struct cam_head *head, const struct choices *choices)
{
    struct frame rows;
    read_rows(&rows, stream, head, choices);
    if (frame_rows(&rows, stream) > 0) {
        struct drawing drawing = prepare(&rows, stream, head, choices);
        draw(&drawing);
        field_list_free(&drawing.captions);
    }
    frame_free(&rows);
}

int main(int argc, char **argv)
{
    struct choices c = { .class = "predicted", .opacity = 0.5, .style = { 0, 8, 4, 1, "white" } };
    const struct option_row rows[] = {
        { OPTION_TEXT, 'm', "model", &c.model, "MODEL", "the model that made fmap; its fc.weight is used", 0, 0, NULL },
        { OPTION_TEXT, 0, "class", &c.class, "CLASS", "predicted, label, or a class's number or name", 0, 0, NULL },
        { OPTION_FLAG, 0, "map", &c.map, NULL, "write the stream with the field cam, and no picture", 0, 0, NULL },
        { OPTION_FLAG, 's', "signed", &c.signs, NULL,
          "draw the map alone, blue against and red for the class, on one scale for all rows", 0, 0, NULL },
        { OPTION_REAL, 0, "opacity", &c.opacity, "X", "share of the map in the overlay", 0, 1, NULL },
        { OPTION_TEXT, 0, "caption", &c.caption, "FIELD,...",
          "write these above each image; `class` is the map's, `prediction` is always there", 0, 0, NULL },
        { OPTION_FLAG, 'b', "border", &c.border, NULL,
          "frame each image: blue where the prediction is right, dashed and orange where not", 0, 0, NULL },
        { OPTION_FLAG, 0, "bar", &c.bar, NULL, "draw a bar that says what the colours stand for", 0, 0, NULL },
        SHEET_OPTIONS(c.style, "images beside each other; 0: about a square"),
        { OPTION_END, 0, NULL, NULL, NULL, NULL, 0, 0, NULL },
    };
    static const struct usage usage = {
        "-m MODEL [--class CLASS] [--signed | --map] <rows >PPM",
        "Draw class activation maps beside the images of a stream with fields image and fmap: where the network saw the "
        "class.",
        true, true, 0, 0
    };
    options_parse(argc, argv, &usage, rows);
    if (!c.model)
        die_usage("-m: a model is needed");
    sheet_background(&c.style);
    struct cam_head head = cam_head_read(c.model);
    int64_t which = parse_class(c.class, &head);
    struct stream stream = stream_open(NULL);

    if (c.map)
        write_maps(&stream, &head, which);
    else
        write_picture(&stream, &head, &c);

    cam_head_free(&head);
    close_stdout();
    return EXIT_OK;
}
