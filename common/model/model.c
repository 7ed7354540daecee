#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"

struct model model_new(const struct resnet_config *config, int images)
{
    struct model model = { .net = resnet_new(config, images), .normalization = { { 0 }, { 1, 1, 1 } } };
    return model;
}

const char *model_about(const struct model *model, const char *key)
{
    return frame_metadata(&model->about, key);
}

void model_free(struct model *model)
{
    resnet_free(model->net);
    frame_free(&model->about);
}

/* ---- writing ---- */

static char *join_integers(const int *values, int count)
{
    char text[256] = "";
    for (int i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%d", i ? "," : "", values[i]);
    }
    return copy_string(text);
}

static void set_text(struct frame *frame, const char *key, char *text)
{
    frame_set_metadata(frame, key, text);
    free(text);
}

static void write_shape(struct frame *frame, const struct model *model)
{
    const struct resnet_config *config = &model->net->config;
    const struct normalization *n = &model->normalization;
    frame_set_metadata(frame, "architecture", "resnet");
    set_text(frame, "widths", join_integers(config->widths, config->stages));
    set_text(frame, "blocks", join_integers(config->blocks, config->stages));
    set_text(frame, "height", format_string("%d", config->height));
    set_text(frame, "width", format_string("%d", config->width));
    frame_set_metadata(frame, "activation", activation_names[config->activation]);
    frame_set_metadata(frame, "downsample", downsample_names[config->downsample]);
    frame_set_metadata(frame, "logit_scale", "1");
    set_text(frame, "mean", format_string("%.9g,%.9g,%.9g", n->mean[0], n->mean[1], n->mean[2]));
    set_text(frame, "std", format_string("%.9g,%.9g,%.9g", n->deviation[0], n->deviation[1], n->deviation[2]));
}

static int tensor_shape(const struct resnet_tensor *t, int64_t *shape)
{
    shape[0] = t->outputs;
    shape[1] = t->inputs;
    shape[2] = shape[3] = t->kernel;
    return t->rank;
}

/* PyTorch's batch norms count their batches; the name follows the running variance's. */
static void write_count(struct frame *frame, const struct resnet_tensor *t, int64_t steps)
{
    static const char end[] = "running_var";
    size_t prefix = strlen(t->name) - strlen(end);
    if (strlen(t->name) < strlen(end) || strcmp(t->name + prefix, end) != 0)
        return;
    char *name = format_string("%.*snum_batches_tracked", (int)prefix, t->name);
    *(int64_t *)frame_put(frame, name, DTYPE_I64, 0, NULL)->data = steps;
    free(name);
}

void model_save(const struct model *model, FILE *file, const char *path)
{
    const struct resnet *net = model->net;
    struct frame frame = { NULL, 0, NULL };
    write_shape(&frame, model);
    frame_copy_metadata(&frame, &model->about);
    for (int i = 0; i < net->tensors; i++) {
        int64_t shape[RANK_MAX] = { 0 };
        int rank = tensor_shape(&net->tensor[i], shape);
        struct tensor *tensor = frame_put(&frame, net->tensor[i].name, DTYPE_F32, rank, shape);
        resnet_export(net, &net->tensor[i], tensor->data);
        write_count(&frame, &net->tensor[i], net->steps);
    }
    stream_write(file, path, &frame);
    frame_free(&frame);
}

/* ---- reading ---- */

static const char *require_about(const struct frame *frame, const char *path, const char *key)
{
    const char *text = frame_metadata(frame, key);
    if (!text)
        die("%s: this is no model of this project (metadata '%s' is missing)", path, key);
    return text;
}

/* Comma-separated numbers; returns how many. */
static int parse_numbers(const char *text, const char *path, const char *key, double low, double high, int most,
                         double *values)
{
    for (int count = 0;; text++) {
        char item[64];
        size_t length = strcspn(text, ",");
        snprintf(item, sizeof item, "%.*s", (int)(length < 63 ? length : 63), text);
        if (count == most || !parse_real(item, low, high, &values[count++]))
            die("%s: metadata '%s': '%s' (up to %d numbers from %g to %g)", path, key, item, most, low, high);
        text += length;
        if (!*text)
            return count;
    }
}

/* Which of the names (NULL after the last) a key has; models of others may not say, and mean the first. */
static int read_choice(const struct frame *frame, const char *path, const char *key, const char *const *names)
{
    const char *name = frame_metadata(frame, key);
    for (int i = 0; names[i]; i++)
        if (!name || strcmp(name, names[i]) == 0)
            return i;
    die("%s: %s '%s' is not known ('%s' and '%s' are)", path, key, name, names[0], names[1]);
}

static struct resnet_config read_config(const struct frame *frame, const char *path)
{
    struct resnet_config config = { 0 };
    double values[STAGES_MAX];
    struct stream stream = { .path = path };
    config.stages = parse_numbers(require_about(frame, path, "widths"), path, "widths", 1, 4096, STAGES_MAX, values);
    for (int s = 0; s < config.stages; s++)
        config.widths[s] = (int)values[s];
    int blocks = parse_numbers(require_about(frame, path, "blocks"), path, "blocks", 0, BLOCKS_MAX, STAGES_MAX, values);
    if (blocks != config.stages)
        die("%s: metadata 'blocks' and 'widths' differ in length (%d and %d)", path, blocks, config.stages);
    for (int s = 0; s < config.stages; s++)
        config.blocks[s] = (int)values[s];
    parse_numbers(require_about(frame, path, "height"), path, "height", 1, 4096, 1, values);
    config.height = (int)values[0];
    parse_numbers(require_about(frame, path, "width"), path, "width", 1, 4096, 1, values);
    config.width = (int)values[0];
    config.activation = (enum activation)read_choice(frame, path, "activation", activation_names);
    config.downsample = (enum downsample)read_choice(frame, path, "downsample", downsample_names);
    config.classes = (int)frame_require(frame, &stream, "fc.weight", DTYPE_F32, 2)->shape[0];
    resnet_check(&config, path);
    return config;
}

static void read_normalization(struct normalization *n, const struct frame *frame, const char *path)
{
    double mean[3], deviation[3];
    if (parse_numbers(require_about(frame, path, "mean"), path, "mean", -1e6, 1e6, 3, mean) != 3 ||
        parse_numbers(require_about(frame, path, "std"), path, "std", 1e-6, 1e6, 3, deviation) != 3)
        die("%s: metadata 'mean' and 'std' need three numbers each", path);
    for (int c = 0; c < 3; c++) {
        n->mean[c] = (float)mean[c];
        n->deviation[c] = (float)deviation[c];
    }
}

static void read_tensor(struct resnet *net, const struct resnet_tensor *t, const struct frame *frame,
                        const char *path)
{
    struct stream stream = { .path = path };
    int64_t shape[RANK_MAX] = { 0 };
    int rank = tensor_shape(t, shape);
    const struct tensor *tensor = frame_require(frame, &stream, t->name, DTYPE_F32, rank);
    for (int d = 0; d < rank; d++)
        if (tensor->shape[d] != shape[d])
            die("%s: tensor '%s': dimension %d is %lld, but widths and blocks need %lld", path, t->name, d,
                (long long)tensor->shape[d], (long long)shape[d]);
    const float *values = tensor->data;
    for (size_t i = 0; i < tensor_elements(tensor); i++)
        if (!isfinite(values[i]))
            die("%s: tensor '%s' holds a value that is not finite", path, t->name);
    resnet_import(net, t, values);
}

static void check_left_over(const struct resnet *net, const struct frame *frame, const char *path)
{
    int counts = 0;
    for (int i = 0; i < frame->count; i++)
        counts += strstr(frame->tensor[i]->name, "num_batches_tracked") != NULL;
    if (frame->count != net->tensors + counts)
        die("%s: %d tensors, but widths and blocks need %d", path, frame->count - counts, net->tensors);
}

struct model model_load(const char *path, int images)
{
    struct stream stream = stream_open(path);
    struct frame frame, more;
    if (!stream_read(&stream, &frame))
        die("%s: the file is empty (a model is one frame)", stream.path);
    if (strcmp(require_about(&frame, stream.path, "architecture"), "resnet") != 0)
        die("%s: architecture '%s' is not known ('resnet' is)", stream.path, frame_metadata(&frame, "architecture"));
    struct resnet_config config = read_config(&frame, stream.path);
    struct model model = model_new(&config, images);
    read_normalization(&model.normalization, &frame, stream.path);
    for (int i = 0; i < model.net->tensors; i++)
        read_tensor(model.net, &model.net->tensor[i], &frame, stream.path);
    check_left_over(model.net, &frame, stream.path);
    if (stream_read(&stream, &more))
        die("%s: more than one frame (a model is one)", stream.path);
    frame_copy_metadata(&model.about, &frame);
    frame_free(&frame);
    stream_close(&stream);
    return model;
}
