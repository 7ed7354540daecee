#include "model/model.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "model/metadata.h"

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

static const char variance[] = "running_var";

static bool is_variance(const struct resnet_tensor *t)
{
    size_t length = strlen(t->name), end = sizeof variance - 1;
    return length >= end && strcmp(t->name + length - end, variance) == 0;
}

/* PyTorch's batch norms count their batches; the counter is named after the running variance. */
static void write_count(struct frame *frame, const struct resnet_tensor *t, int64_t steps)
{
    if (!is_variance(t))
        return;
    char *name = format_string("%.*snum_batches_tracked", (int)(strlen(t->name) - sizeof variance + 1), t->name);
    *(int64_t *)frame_put(frame, name, DTYPE_I64, 0, NULL)->data = steps;
    free(name);
}

void model_save(const struct model *model, FILE *file, const char *path)
{
    const struct resnet *net = model->net;
    struct frame frame = { 0 };
    write_shape(&frame, model);
    frame_copy_metadata(&frame, &model->about);
    for (int i = 0; i < net->tensors; i++) {
        int64_t shape[RANK_MAX] = { 0 };
        int rank = tensor_shape(&net->tensor[i], shape);
        struct tensor *tensor = frame_put(&frame, net->tensor[i].name, DTYPE_F32, rank, shape);
        resnet_export(&net->tensor[i], resnet_values(net, &net->tensor[i]), tensor->data);
        write_count(&frame, &net->tensor[i], net->steps);
    }
    stream_write(file, path, &frame);
    frame_free(&frame);
}

/* ---- reading ---- */

/* Whether `name` is `tensor` with a prefix, as PyTorch's wrappers add one. Networks have both conv1.weight and
 * layer1.0.conv1.weight, so the latter is not a prefixed conv1.weight. */
static bool is_prefixed(const char *name, const char *tensor)
{
    size_t length = strlen(name), end = strlen(tensor);
    return length > end && name[length - end - 1] == '.' && strcmp(name + length - end, tensor) == 0 &&
           strncmp(name, "layer", 5) != 0;
}

/* A tensor of a model. If it is only there with a prefix, the error says so. */
static const struct tensor *require_tensor(const struct frame *frame, const char *path, const char *name, int rank)
{
    for (int i = 0; i < frame->count && !frame_find(frame, name); i++) {
        const char *other = frame->tensor[i]->name;
        if (is_prefixed(other, name))
            die("%s: tensor '%s' is missing, but '%s' is there (take the prefix '%.*s' off all names)", path, name,
                other, (int)(strlen(other) - strlen(name)), other);
    }
    return frame_require(frame, name, DTYPE_F32, rank);
}

static struct resnet_config read_config(const struct model_metadata *metadata, const struct frame *frame,
                                        const char *path)
{
    struct resnet_config config = metadata->config;
    char rule[RESNET_RULE_MAX];
    model_metadata_require_network(frame, path);
    int64_t classes = require_tensor(frame, path, "fc.weight", 2)->shape[0];
    config.classes = classes < INT_MAX ? (int)classes : INT_MAX;
    model_metadata_check_classes(frame, path, classes);
    if (!resnet_possible(&config, rule))
        die("%s: there is no such network: %s", path, rule);
    return config;
}

static void check_tensor(const struct resnet_tensor *t, const struct frame *frame, const char *path)
{
    int64_t shape[RANK_MAX] = { 0 };
    int rank = tensor_shape(t, shape);
    const struct tensor *tensor = require_tensor(frame, path, t->name, rank);
    for (int d = 0; d < rank; d++)
        if (tensor->shape[d] != shape[d])
            die("%s: tensor '%s': dimension %d is %lld, but widths and blocks need %lld", path, t->name, d,
                (long long)tensor->shape[d], (long long)shape[d]);
    const float *values = tensor->data;
    bool negative = !is_variance(t); /* whether values may be negative */
    for (size_t i = 0; i < tensor_elements(tensor); i++) {
        if (!isfinite(values[i]))
            die("%s: tensor '%s' holds a value that is not finite", path, t->name);
        if (!negative && values[i] < 0)
            die("%s: tensor '%s' holds %g (a variance is at least 0)", path, t->name, (double)values[i]);
    }
}

static void check_left_over(const struct resnet *net, const struct frame *frame, const char *path)
{
    int counts = 0;
    for (int i = 0; i < frame->count; i++)
        counts += strstr(frame->tensor[i]->name, "num_batches_tracked") != NULL;
    if (frame->count != net->tensors + counts)
        die("%s: %d tensors, but widths and blocks need %d", path, frame->count - counts, net->tensors);
}

/* Imports a tensor; a scale of the logits is multiplied into the classifier. */
static void import_tensor(struct resnet *net, const struct resnet_tensor *t, const struct frame *frame, float scale)
{
    struct tensor *tensor = frame_find(frame, t->name);
    float *values = tensor->data;
    if (t->role == ROLE_CLASSIFIER || t->role == ROLE_CLASSIFIER_BIAS)
        for (size_t i = 0; i < tensor_elements(tensor); i++)
            values[i] *= scale;
    resnet_import(net, t, values);
}

struct model model_load(const char *path, int images)
{
    struct stream stream = stream_open(path);
    struct frame frame;
    if (!stream_read(&stream, &frame))
        die("%s: the file is empty (a model is one frame)", stream.path);
    struct model_metadata metadata = model_metadata_read(&frame, stream.path);
    struct resnet_config config = read_config(&metadata, &frame, stream.path);
    struct model model = { .net = resnet_describe(&config), .normalization = metadata.normalization };
    for (int i = 0; i < model.net->tensors; i++)
        check_tensor(&model.net->tensor[i], &frame, stream.path);
    check_left_over(model.net, &frame, stream.path);
    stream_require_end(&stream, "a model");
    identity_of_model(&frame, model.identity);
    resnet_allocate(model.net, images);
    for (int i = 0; i < model.net->tensors; i++)
        import_tensor(model.net, &model.net->tensor[i], &frame, metadata.logit_scale);
    frame_copy_metadata(&model.about, &frame);
    frame_set_metadata(&model.about, "logit_scale", "1");
    frame_free(&frame);
    stream_close(&stream);
    return model;
}
