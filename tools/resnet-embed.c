/* resnet-embed: runs a model on the images of a stream and adds its outputs to the rows. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/threads.h"
#include "layers/loss.h"
#include "learning/views.h"
#include "model/inference.h"
#include "model/model.h"
#include "streams/classes.h"
#include "streams/filter.h"

enum { FEATURE, LOGIT, PREDICTION, LOSS, FMAP, OUTPUTS };
static const char *const output_names[OUTPUTS] = { "feature", "logit", "prediction", "loss", "fmap" };

static const char *const views[] = { "none", "mirror", "mirror+shift", NULL };

static struct {
    int views;
    const char *model, *emit, *layer;
    int64_t grid, batch;
} settings = { .emit = "feature,logit,prediction", .grid = 1, .batch = 100 };

static const struct option_row options[] = {
    OPTION_TEXT('m', "model", &settings.model, "FILE", "the model; required"),
    OPTION_TEXT('e', "emit", &settings.emit, "LIST", "outputs: feature, logit, prediction, loss, fmap"),
    OPTION_TEXT('l', "layer", &settings.layer, "NAME",
                "pooled features of conv1, layer2 or layer2.0 instead of the last"),
    OPTION_INTEGER('g', "grid", &settings.grid, "N", 1, 4096,
                   "features: means over the cells of an N x N grid of the maps"),
    OPTION_CHOICE('v', "views", &settings.views, "WHICH", views, "average over views of each image"),
    OPTION_INTEGER('b', "batch", &settings.batch, "N", 1, 65536, "rows at a time; no effect on the results"),
    OPTION_END,
};

static const struct usage usage = {
    .synopsis = "-m MODEL [--emit LIST] [--layer NAME] < images > rows",
    .description = "Run a model on the images of a stream and add the requested outputs to each row.",
    .reads_stream = true,
    .writes_binary = true,
};

static void parse_emit(bool *emit)
{
    for (const char *at = settings.emit;; at++) {
        size_t length = strcspn(at, ",");
        int found = OUTPUTS;
        for (int i = 0; i < OUTPUTS; i++)
            if (strlen(output_names[i]) == length && strncmp(output_names[i], at, length) == 0)
                found = i;
        if (found == OUTPUTS)
            die_usage("--emit: '%.*s' is none of feature, logit, prediction, loss, fmap", (int)length, at);
        emit[found] = true;
        at += length;
        if (!*at)
            return;
    }
}

/* The fields of one frame that are filled batch by batch; NULL if not requested. */
struct rows_out {
    const char *path; /* of the stream, for messages */
    float *feature, *logit, *loss, *fmap;
    int64_t *prediction;
    const int64_t *target;
    int channels, cells; /* of feature */
};

static float *put_floats(struct frame *frame, int field, int rank, const int64_t *shape)
{
    return frame_put(frame, output_names[field], DTYPE_F32, rank, shape)->data;
}

/* The network ready to run. It is created at the first images and processes as many at a time as the largest frame so
 * far has rows, but at most --batch. */
struct embedder {
    struct model model;
    bool emit[OUTPUTS];
    int layer; /* the layer of the features */
    struct inference inference;
    struct viewer viewer;
};

static struct rows_out put_outputs(struct frame *frame, const struct embedder *embedder, int64_t count)
{
    const struct model *model = &embedder->model;
    const struct resnet_config *config = &model->net->config;
    const char *task = model_about(model, "task");
    const bool *emit = embedder->emit;
    struct rows_out out = { .path = frame->path,
                            .channels = inference_channels(model->net, embedder->layer),
                            .cells = (int)(settings.grid * settings.grid) };
    if (emit[LOSS])
        out.target = frame_require(frame, task ? task : "label", DTYPE_I64, 1)->data;
    if (emit[FEATURE])
        out.feature = put_floats(frame, FEATURE, 2, (int64_t[]){ count, (int64_t)out.channels * out.cells });
    if (emit[LOGIT])
        out.logit = put_floats(frame, LOGIT, 2, (int64_t[]){ count, config->classes });
    if (emit[LOSS])
        out.loss = put_floats(frame, LOSS, 1, &count);
    if (emit[FMAP])
        out.fmap = put_floats(frame, FMAP, 4, (int64_t[]){ count, resnet_features(config), resnet_map_height(config),
                                                           resnet_map_width(config) });
    if (emit[PREDICTION])
        classes_set_names(frame, output_names[PREDICTION], model_about(model, "classes"));
    if (emit[PREDICTION])
        out.prediction = frame_put(frame, output_names[PREDICTION], DTYPE_I64, 1, &count)->data;
    return out;
}

/* Converts from [h,w,C], as computed, to [C,h,w], as written. */
static void copy_map(const float *map, int pixels, int channels, int stored_channels, float *to)
{
    for (int c = 0; c < channels; c++)
        for (int p = 0; p < pixels; p++)
            *to++ = map[p * stored_channels + c];
}

/* Weights and images are finite, but sums of their products may overflow. */
static void check_outputs(const struct inference *inference, int i, int64_t row, const struct rows_out *out)
{
    const struct resnet *net = inference->net;
    size_t classes = (size_t)net->config.classes, tap = inference_tap_floats(inference), at = (size_t)i;
    size_t map = (size_t)resnet_map_height(&net->config) * (size_t)resnet_map_width(&net->config) *
                 (size_t)net->features;
    bool scores = out->logit || out->prediction || out->loss;
    const char *name = out->feature && !floats_finite(inference->tap_feature + at * tap, tap) ? "feature"
                       : out->fmap && !floats_finite(inference->map + at * map, map)          ? "fmap"
                       : scores && !floats_finite(inference->logit + at * classes, classes)   ? "logit"
                                                                                               : NULL;
    if (name)
        die("%s: the model's output for row %lld of %s is not finite (%s)", settings.model, (long long)row,
            out->path, name);
}

static void copy_row(const struct inference *inference, int i, int64_t row, const struct rows_out *out)
{
    const struct resnet *net = inference->net;
    int classes = net->config.classes, pixels = resnet_map_height(&net->config) * resnet_map_width(&net->config);
    const float *logit = inference->logit + (size_t)i * (size_t)classes;
    int channels = resnet_features(&net->config);
    check_outputs(inference, i, row, out);
    if (out->feature)
        copy_map(inference->tap_feature + (size_t)i * inference_tap_floats(inference), out->cells, out->channels,
                 channels_padded(out->channels), out->feature + row * out->channels * out->cells);
    if (out->logit)
        memcpy(out->logit + row * classes, logit, (size_t)classes * sizeof(float));
    if (out->prediction)
        out->prediction[row] = largest_score(classes, logit);
    if (out->fmap)
        copy_map(inference->map + (size_t)i * (size_t)(pixels * net->features), pixels, channels, net->features,
                 out->fmap + row * pixels * channels);
    if (!out->loss)
        return;
    if (out->target[row] < 0 || out->target[row] >= classes)
        die("%s: row %lld: its target is %lld, but the model has %d classes (0 to %d)", out->path, (long long)row,
            (long long)out->target[row], classes, classes - 1);
    out->loss[row] = (float)cross_entropy(classes, logit, out->target[row], 0, 1, NULL);
}

static bool only_features(const bool *emit)
{
    for (int i = 0; i < OUTPUTS; i++)
        if (emit[i] != (i == FEATURE))
            return false;
    return true;
}

static void release(struct embedder *embedder)
{
    if (!embedder->inference.images)
        return;
    viewer_free(&embedder->viewer);
    inference_free(&embedder->inference);
}

static void prepare(struct embedder *embedder, int64_t count)
{
    int images = (int)(count < settings.batch ? count : settings.batch);
    if (images <= embedder->inference.images)
        return;
    release(embedder);
    embedder->inference = inference_new(embedder->model.net, images);
    inference_tap(&embedder->inference, embedder->layer, (int)settings.grid);
    embedder->inference.tap_only = only_features(embedder->emit);
    embedder->viewer = viewer_new((enum views)settings.views, &embedder->inference);
}

static void embed_frame(struct frame *frame, void *context)
{
    struct embedder *embedder = context;
    struct inference *inference = &embedder->inference;
    const struct model *model = &embedder->model;
    const struct resnet_config *config = &model->net->config;
    const struct tensor *image = frame_require(frame, "image", DTYPE_U8, 4);
    size_t pixels = (size_t)config->height * (size_t)config->width;
    int64_t count = frame_rows(frame);
    if (image->shape[1] != 3 || image->shape[2] != config->height || image->shape[3] != config->width)
        die("%s: images of %lld x %lld x %lld, but the model was made for 3 x %d x %d", frame->path,
            (long long)image->shape[1], (long long)image->shape[2], (long long)image->shape[3], config->height,
            config->width);
    prepare(embedder, count);
    frame_set_metadata(frame, "model", model->identity);
    struct rows_out out = put_outputs(frame, embedder, count);
    for (int64_t first = 0; first < count; first += inference->images) {
        int batch = (int)(count - first < inference->images ? count - first : inference->images);
        for (int i = 0; i < batch; i++)
            input_normalize(&model->normalization, (const uint8_t *)image->data + (size_t)(first + i) * 3 * pixels,
                            config->height, config->width, inference->input + (size_t)i * 4 * pixels);
        viewer_run(&embedder->viewer, batch);
        for (int i = 0; i < batch; i++)
            copy_row(inference, i, first + i, &out);
    }
}

/* The layer of the features. */
static int choose_layer(const struct resnet *net)
{
    int layer = net->blocks - 1;
    if (settings.layer && !inference_layer(net, settings.layer, &layer))
        die("%s: no layer '%s' (conv1, layer1 ... layer%d, or a block as layer1.0)", settings.model, settings.layer,
            net->config.stages);
    int side = inference_side(net, layer);
    if (settings.grid > side)
        die("%s: --grid %lld: the maps of %s have sides of %d (at most that many cells a side)", settings.model,
            (long long)settings.grid, settings.layer ? settings.layer : "the last layer", side);
    return layer;
}

int main(int argc, char **argv)
{
    struct embedder embedder = { 0 };
    options_parse(argc, argv, &usage, options);
    threads_flush_denormals(true);
    if (!settings.model)
        die_usage("-m: a model is needed");
    if (strcmp(settings.model, "-") == 0)
        die_usage("-m: the model must be a file (standard input holds the images)");
    parse_emit(embedder.emit);
    embedder.model = model_load(settings.model, 0);
    embedder.layer = choose_layer(embedder.model.net);
    const char *task = model_about(&embedder.model, "task");
    if (settings.views != VIEWS_NONE && task && strcmp(task, "rotation") == 0)
        die("%s: mirrored turns are other turns (--views is for a model of another task)", settings.model);

    filter_frames(&(struct filter){ .unit = "images", .writes = true, .frame = embed_frame, .context = &embedder });

    release(&embedder);
    model_free(&embedder.model);
    close_stdout();
    return EXIT_OK;
}
