/* filter-render: the filters of a convolution as one picture. */
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
#include "methods/filters.h"

enum { SORT_NUMBER, SORT_NORM };
enum { SCALE_SHARED, SCALE_EACH };

static const char *const scales[] = { "shared", "each", NULL };
static const char *const sorts[] = { "number", "norm", NULL };

struct choices {
    const char *layer;
    int scale, sort, palette;
    int64_t inputs, first;
    struct integer_list filters;
    bool number, bar;
    struct sheet_style style;
};

/* What is drawn: which filters, how many tiles for each, on what scale. */
struct drawing {
    struct filters filters;
    bool rgb;
    int64_t panels;  /* tiles of a filter */
    int64_t count;   /* filters drawn */
    int64_t *chosen; /* [count] */
    int64_t *inputs; /* [C], scratch: the order of a filter's input channels */
    struct range range;
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

/* Read frames until one has the layer. */
static const struct tensor *read_layer(struct stream *stream, struct frame *frame, const char *layer)
{
    char *names = NULL;
    while (stream_read(stream, frame)) {
        if (frame_find(frame, layer))
            return frame_require(frame, stream, layer, DTYPE_F32, 4);
        if (!names)
            names = convolution_names(frame);
        frame_free(frame);
    }
    die("%s: tensor '%s' is missing (F32 of rank 4 there: %s)", stream->path, layer,
        names && names[0] ? names : "none");
}

static struct filters filters_of(const struct stream *stream, const struct tensor *tensor)
{
    const int64_t *shape = tensor->shape;
    size_t elements = tensor_elements(tensor);
    if (elements == 0)
        die("%s: tensor '%s' is empty (at least one filter is needed)", stream->path, tensor->name);
    for (size_t i = 0; i < elements; i++)
        if (!isfinite(((const float *)tensor->data)[i]))
            die("%s: tensor '%s' holds a value that is not finite (element %zu)", stream->path, tensor->name, i);
    return (struct filters){ shape[0], shape[1], shape[2], shape[3], tensor->data };
}

static bool listed(const struct integer_list *list, int64_t number)
{
    for (int i = 0; i < list->count; i++)
        if (list->item[i] == number)
            return true;
    return false;
}

/* The filters to draw, in their order: those asked for as they were named, or by norm. */
static void choose_filters(struct drawing *drawing, const struct choices *choices, const struct stream *stream)
{
    const struct integer_list *list = &choices->filters;
    int64_t all = drawing->filters.count;
    for (int i = 0; i < list->count; i++)
        if (list->item[i] >= all)
            die("%s: filter %lld is not in %s (it has %lld, numbered from 0)", stream->path, (long long)list->item[i],
                choices->layer, (long long)all);
    drawing->chosen = allocate((size_t)(all > list->count ? all : list->count), sizeof *drawing->chosen);
    if (list->count && choices->sort == SORT_NUMBER) {
        for (int i = 0; i < list->count; i++)
            drawing->chosen[drawing->count++] = list->item[i];
    } else {
        filters_order(drawing->chosen, &drawing->filters, choices->sort == SORT_NORM);
        for (int64_t i = 0; i < all; i++)
            if (!list->count || listed(list, drawing->chosen[i]))
                drawing->chosen[drawing->count++] = drawing->chosen[i];
    }
    if (choices->first && choices->first < drawing->count)
        drawing->count = choices->first;
}

static void prepare(struct drawing *drawing, const struct choices *choices, const struct stream *stream)
{
    int64_t channels = drawing->filters.channels;
    drawing->rgb = channels == 3 && !choices->inputs;
    drawing->panels = drawing->rgb ? 1 : choices->inputs && choices->inputs < channels ? choices->inputs : channels;
    drawing->inputs = allocate((size_t)channels, sizeof *drawing->inputs);
    drawing->range = filters_range(&drawing->filters);
    choose_filters(drawing, choices, stream);
}

/* The tiles of a filter beside each other: all input channels in their order, or the strongest first. */
static struct image draw_filter(struct drawing *drawing, const struct choices *choices, int64_t k, int gap)
{
    const struct filters *filters = &drawing->filters;
    struct range range = choices->scale == SCALE_SHARED ? drawing->range : filter_range(filters, k);
    struct image *panel = allocate((size_t)drawing->panels, sizeof *panel);
    for (int64_t i = 0; i < drawing->panels; i++) {
        struct image small = drawing->rgb ? filter_rgb(filters, k, range)
                                          : filter_kernel(filters, k, drawing->inputs[i], range,
                                                          (enum palette)choices->palette);
        panel[i] = image_enlarge(&small, (int)choices->style.zoom);
        image_free(&small);
    }
    struct image row = image_row(panel, drawing->panels, gap, sheet_background(&choices->style));
    for (int64_t i = 0; i < drawing->panels; i++)
        image_free(&panel[i]);
    free(panel);
    return row;
}

/* The filter's number, and its input channels where they are not simply all. */
static void write_caption(char *text, size_t size, struct drawing *drawing, int64_t k)
{
    snprintf(text, size, "%lld", (long long)k);
    if (drawing->rgb || drawing->panels == drawing->filters.channels)
        return;
    for (int64_t i = 0; i < drawing->panels; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%lld", i ? " " : ": ", (long long)drawing->inputs[i]);
    }
}

/* The order in which a filter's input channels are shown, in drawing->inputs. */
static void order_inputs(struct drawing *drawing, int64_t k)
{
    if (drawing->panels < drawing->filters.channels)
        filter_inputs_order(drawing->inputs, &drawing->filters, k);
    else
        for (int64_t c = 0; c < drawing->filters.channels; c++)
            drawing->inputs[c] = c;
}

static struct sheet_plan make_plan(struct drawing *drawing, const struct choices *choices, int gap)
{
    int64_t zoom = choices->style.zoom;
    struct sheet_plan plan = { .tiles = drawing->count, .bar = choices->bar };
    plan.tile_width = drawing->panels * (drawing->filters.width * zoom + gap) - gap;
    plan.tile_height = drawing->filters.height * zoom;
    plan.palette = drawing->rgb ? PALETTE_GREY : (enum palette)choices->palette;
    for (int64_t i = 0; choices->number && i < drawing->count; i++) {
        char text[CAPTION_MAX];
        order_inputs(drawing, drawing->chosen[i]);
        write_caption(text, sizeof text, drawing, drawing->chosen[i]);
        plan.caption_width = text_width(text, 1) > plan.caption_width ? text_width(text, 1) : plan.caption_width;
    }
    double most = (double)drawing->range.high;
    snprintf(plan.bar_low, sizeof plan.bar_low, choices->scale == SCALE_SHARED ? "%.2g" : "-max", -most);
    snprintf(plan.bar_high, sizeof plan.bar_high, choices->scale == SCALE_SHARED ? "%.2g" : "max", most);
    return plan;
}

static void draw(struct drawing *drawing, const struct choices *choices)
{
    int gap = sheet_inner_gap(&choices->style);
    struct sheet_style style = choices->style;
    if (style.columns == 0 && drawing->panels > 1)
        style.columns = 1;
    struct sheet_plan plan = make_plan(drawing, choices, gap);
    struct sheet sheet = sheet_begin(stdout, &style, &plan);
    for (int64_t i = 0; i < drawing->count; i++) {
        char text[CAPTION_MAX];
        order_inputs(drawing, drawing->chosen[i]);
        write_caption(text, sizeof text, drawing, drawing->chosen[i]);
        struct image tile = draw_filter(drawing, choices, drawing->chosen[i], gap);
        sheet_add(&sheet, &tile, text, VERDICT_NONE);
        image_free(&tile);
    }
    sheet_end(&sheet);
}

int main(int argc, char **argv)
{
    struct choices c = { .layer = "conv1.weight", .style = { 0, 4, 8, 1, "white" } };
    const struct option_row rows[] = {
        { OPTION_TEXT, 'l', "layer", &c.layer, "NAME", "tensor with the filters, F32 [K,C,kh,kw]", 0, 0, NULL },
        { OPTION_INTEGERS, 'f', "filters", &c.filters, "LIST", "draw these, numbered from 0, as they are named", 0, 1e9, NULL },
        { OPTION_INTEGER, 'n', "first", &c.first, "N", "draw the first N in the order chosen; 0: all", 0, 1e9, NULL },
        { OPTION_CHOICE, 0, "sort", &c.sort, "ORDER", "by number, or by norm with the largest first", 0, 0, sorts },
        { OPTION_INTEGER, 'i', "inputs", &c.inputs, "N",
          "one tile for each of the N input channels with the largest norm; 0: three as RGB, others all", 0, 1e9, NULL },
        { OPTION_CHOICE, 's', "scale", &c.scale, "SCALE", "one for the whole layer, or each filter its own", 0, 0, scales },
        { OPTION_CHOICE, 'p', "palette", &c.palette, "NAME", "colours of single channels", 0, 0, palette_names },
        { OPTION_FLAG, 0, "number", &c.number, NULL, "write its number above each filter", 0, 0, NULL },
        { OPTION_FLAG, 0, "bar", &c.bar, NULL, "draw a bar that says what the colours stand for", 0, 0, NULL },
        SHEET_OPTIONS(c.style, "filters beside each other; 0: one where a filter has several tiles, else a square"),
        { OPTION_END, 0, NULL, NULL, NULL, NULL, 0, 0, NULL },
    };
    static const struct usage usage = {
        "[-l LAYER] [MODEL] >PPM",
        "Draw all filters of a layer of a model as one picture: RGB tiles where the layer sees three channels, one tile "
        "for each input channel otherwise.",
        true, true, 0, 1
    };
    int operand = options_parse(argc, argv, &usage, rows);
    sheet_background(&c.style);

    struct stream stream = stream_open(operand < argc ? argv[operand] : NULL);
    struct frame model;
    const struct tensor *layer = read_layer(&stream, &model, c.layer);
    struct drawing drawing = { .filters = filters_of(&stream, layer) };
    prepare(&drawing, &c, &stream);

    draw(&drawing, &c);

    free(drawing.chosen);
    free(drawing.inputs);
    frame_free(&model);
    stream_close(&stream);
    close_stdout();
    return EXIT_OK;
}
