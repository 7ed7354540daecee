/* filter-render: draws the filters of a convolution as one picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "methods/filters.h"
#include "pictures/caption.h"
#include "pictures/sheet.h"
#include "streams/stream.h"

enum { SORT_NUMBER, SORT_NORM };
enum { SCALE_SHARED, SCALE_EACH };

static const char *const scales[] = { "shared", "each", NULL };
static const char *const sorts[] = { "number", "norm", NULL };

static struct settings {
    const char *layer;
    int scale, sort, palette;
    int64_t inputs, first;
    struct integer_list filters;
    bool number, bar;
    struct sheet_style style;
} settings = { .layer = "conv1.weight", .style = { 0, 4, 8, 1, "white" } };

static const struct option_row options[] = {
    OPTION_TEXT('l', "layer", &settings.layer, "NAME", "tensor with the filters, F32 [K,C,kh,kw]"),
    OPTION_INTEGERS('f', "filters", &settings.filters, "LIST", 0, 1e9,
                    "draw only these, in this order; numbered from 0"),
    OPTION_INTEGER('n', "first", &settings.first, "N", 0, 1e9, "draw only the first N; 0: all"),
    OPTION_CHOICE(0, "sort", &settings.sort, "ORDER", sorts, "by number, or by norm, largest first"),
    OPTION_INTEGER('i', "inputs", &settings.inputs, "N", 0, 1e9,
                   "a tile for each of the N input channels with the largest norm; 0: three as RGB, else all"),
    OPTION_CHOICE('s', "scale", &settings.scale, "SCALE", scales, "one for the layer, or one for each filter"),
    OPTION_CHOICE('p', "palette", &settings.palette, "NAME", palette_names, "colours of single channels"),
    OPTION_FLAG(0, "number", &settings.number, "write the number of each filter above it"),
    OPTION_FLAG(0, "bar", &settings.bar, "draw a colour bar"),
    SHEET_OPTIONS(settings.style, "filters in a row; 0: one if it has several tiles, else about square"),
    OPTION_END,
};

static const struct usage usage = {
    "[-l LAYER] [-f LIST] [MODEL] >PPM",
    "Draw all filters of a layer of a model as one picture: RGB tiles if the layer has three input channels, else one\n"
    "tile for each input channel.",
    false, true, 0, 1,
};

/* What is drawn: the filters and, for the current filter, its input channels. */
struct drawing {
    struct filters filters;
    struct range range; /* of the whole layer */
    bool rgb;
    int64_t panels;     /* tiles of a filter */
    const char *path;   /* for messages */
    int64_t count;      /* filters drawn */
    int64_t *chosen;    /* [count] */
    int64_t *inputs;    /* [C]; the first `panels` are drawn */
};

/* The convolutions of a frame, for a message. */
static char *convolution_names(const struct frame *frame)
{
    char *names = copy_string("");
    for (int i = 0; i < frame->count; i++)
        if (frame->tensor[i]->rank == 4 && frame->tensor[i]->dtype == DTYPE_F32) {
            char *more = format_string("%s%s%s", names, names[0] ? ", " : "", frame->tensor[i]->name);
            free(names);
            names = more;
        }
    return names;
}

/* The frame that contains the layer. The others are read, too, because a second one with the layer would be
 * ambiguous. */
static const struct tensor *read_layer(struct stream *stream, struct frame *frame)
{
    char *names = NULL;
    const struct tensor *layer = NULL;
    struct frame next;
    while (stream_read(stream, &next)) {
        bool has = frame_find(&next, settings.layer) != NULL;
        if (has && layer)
            die("%s: more than one frame has a tensor '%s'", stream->path, settings.layer);
        if (has) {
            *frame = next;
            layer = frame_require(frame, settings.layer, DTYPE_F32, 4);
            continue;
        }
        if (!names)
            names = convolution_names(&next);
        frame_free(&next);
    }
    if (layer) {
        free(names);
        return layer;
    }
    die("%s: tensor '%s' is missing (F32 of rank 4 there: %s)", stream->path, settings.layer,
        names && names[0] ? names : "none");
}

static struct filters filters_of(const struct frame *model, const struct tensor *tensor)
{
    const int64_t *shape = tensor->shape;
    size_t elements = tensor_elements(tensor);
    if (elements == 0)
        die("%s: tensor '%s' is empty (at least one filter is needed)", model->path, tensor->name);
    for (size_t i = 0; i < elements; i++)
        if (!isfinite(((const float *)tensor->data)[i]))
            die("%s: tensor '%s' holds a value that is not finite (element %zu)", model->path, tensor->name, i);
    return (struct filters){ shape[0], shape[1], shape[2], shape[3], tensor->data };
}

static bool listed(const struct integer_list *list, int64_t number)
{
    for (int i = 0; i < list->count; i++)
        if (list->item[i] == number)
            return true;
    return false;
}

/* The filters to draw, in order: as listed by the user, or by norm. */
static void choose_filters(struct drawing *drawing)
{
    const struct integer_list *list = &settings.filters;
    int64_t all = drawing->filters.count;
    for (int i = 0; i < list->count; i++)
        if (list->item[i] >= all)
            die("%s: filter %lld is not in %s (it has %lld, numbered from 0)", drawing->path, (long long)list->item[i],
                settings.layer, (long long)all);
    drawing->chosen = allocate((size_t)(all > list->count ? all : list->count), sizeof *drawing->chosen);
    if (list->count && settings.sort == SORT_NUMBER) {
        for (int i = 0; i < list->count; i++)
            drawing->chosen[drawing->count++] = list->item[i];
    } else {
        filters_order(drawing->chosen, &drawing->filters, settings.sort == SORT_NORM);
        for (int64_t i = 0; i < all; i++)
            if (!list->count || listed(list, drawing->chosen[i]))
                drawing->chosen[drawing->count++] = drawing->chosen[i];
    }
    if (settings.first && settings.first < drawing->count)
        drawing->count = settings.first;
}

static struct drawing prepare(const struct frame *model, const struct tensor *layer)
{
    struct drawing drawing = { .path = model->path, .filters = filters_of(model, layer) };
    int64_t channels = drawing.filters.channels;
    bool some = settings.inputs && settings.inputs < channels;
    drawing.rgb = channels == 3 && !settings.inputs;
    drawing.panels = drawing.rgb ? 1 : some ? settings.inputs : channels;
    drawing.inputs = allocate((size_t)channels, sizeof *drawing.inputs);
    for (int64_t c = 0; c < channels; c++)
        drawing.inputs[c] = c;
    drawing.range = filters_range(&drawing.filters);
    choose_filters(&drawing);
    return drawing;
}

static bool shows_strongest(const struct drawing *drawing)
{
    return !drawing->rgb && drawing->panels < drawing->filters.channels;
}

/* The filter's number, and its input channels unless all are drawn; the channels also go to drawing->inputs. */
static void write_caption(struct drawing *drawing, int64_t k, char text[static CAPTION_MAX])
{
    snprintf(text, CAPTION_MAX, "%lld", (long long)k);
    if (!shows_strongest(drawing))
        return;
    filter_inputs_order(drawing->inputs, &drawing->filters, k);
    for (int64_t i = 0; i < drawing->panels; i++) {
        size_t used = strlen(text);
        snprintf(text + used, CAPTION_MAX - used, "%s%lld", i ? " " : ": ", (long long)drawing->inputs[i]);
    }
}

/* The tiles of a filter side by side. */
static struct image draw_filter(const struct drawing *drawing, int64_t k)
{
    const struct filters *filters = &drawing->filters;
    enum palette palette = (enum palette)settings.palette;
    struct range range = settings.scale == SCALE_SHARED ? drawing->range : filter_range(filters, k);
    struct image *panel = allocate((size_t)drawing->panels, sizeof *panel);
    for (int64_t i = 0; i < drawing->panels; i++)
        panel[i] = drawing->rgb ? filter_rgb(filters, k, range)
                                : filter_kernel(filters, k, drawing->inputs[i], range, palette);
    struct image tile = image_row(panel, drawing->panels, (int)settings.style.zoom, sheet_inner_gap(&settings.style),
                                  sheet_background(&settings.style));
    free(panel);
    return tile;
}

static struct sheet_plan make_plan(struct drawing *drawing)
{
    int64_t zoom = settings.style.zoom, gap = sheet_inner_gap(&settings.style);
    struct sheet_plan plan = { .path = drawing->path, .tiles = drawing->count };
    plan.tile_width = drawing->panels * (drawing->filters.width * zoom + gap) - gap;
    plan.tile_height = drawing->filters.height * zoom;
    char text[CAPTION_MAX];
    for (int64_t i = 0; settings.number && i < drawing->count; i++) {
        write_caption(drawing, drawing->chosen[i], text);
        sheet_plan_caption(&plan, text);
    }
    if (settings.bar)
        sheet_plan_bar(&plan, drawing->rgb ? PALETTE_GREY : (enum palette)settings.palette, drawing->range);
    return plan;
}

static void draw(struct drawing *drawing)
{
    struct sheet_style style = settings.style;
    if (style.columns == 0 && drawing->panels > 1)
        style.columns = 1;
    struct sheet_plan plan = make_plan(drawing);
    struct sheet sheet = sheet_begin(stdout, &style, &plan);
    char text[CAPTION_MAX];
    for (int64_t i = 0; i < drawing->count; i++) {
        write_caption(drawing, drawing->chosen[i], text);
        struct image tile = draw_filter(drawing, drawing->chosen[i]);
        sheet_add(&sheet, &tile, text, VERDICT_NONE);
        image_free(&tile);
    }
    sheet_end(&sheet);
}

int main(int argc, char **argv)
{
    int operand = options_parse(argc, argv, &usage, options);
    sheet_background(&settings.style);
    if (settings.bar && settings.scale == SCALE_EACH)
        die_usage("--bar: one bar cannot stand for all filters with --scale each");
    if (operand == argc)
        refuse_terminal_input();

    struct stream stream = stream_open(operand < argc ? argv[operand] : NULL);
    struct frame model;
    const struct tensor *layer = read_layer(&stream, &model);
    struct drawing drawing = prepare(&model, layer);

    draw(&drawing);

    free(drawing.chosen);
    free(drawing.inputs);
    frame_free(&model);
    stream_close(&stream);
    close_stdout();
    return EXIT_OK;
}
