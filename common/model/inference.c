#include "model/inference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "layers/linear.h"
#include "layers/max_pool.h"
#include "layers/pool.h"
#include "layers/residual.h"

static void fold_unit(struct inference *inference, struct resnet_unit *unit)
{
    const float *from = resnet_values(inference->net, unit->weight);
    float *to = inference->weights + unit->weight->offset;
    size_t outputs = (size_t)unit->conv.outputs, rows = unit->weight->floats / outputs;
    batchnorm_inference(&unit->norm);
    if (unit->pools) /* a negative scale would turn the maximum into a minimum */
        return;
    for (size_t row = 0; row < rows; row++)
        for (size_t k = 0; k < outputs; k++)
            to[row * outputs + k] = from[row * outputs + k] * unit->norm.scale[k];
    memcpy(inference->weights + unit->beta->offset, unit->norm.shift, outputs * sizeof(float));
}

void inference_fold(struct inference *inference, struct resnet *net)
{
    float *room = inference->prepared;
    memcpy(inference->weights, net->weights, net->parameters * sizeof(float));
    for (int u = 0; u < net->units; u++) {
        struct resnet_unit *unit = &net->unit[u];
        fold_unit(inference, unit);
        inference->ready[u] = conv_prepare(&unit->conv, inference->weights + unit->weight->offset, room);
        room += conv_prepared_floats(&unit->conv);
    }
}

/* Memory that the convolutions need: the largest output of an image, scratch, and all prepared weights. */
struct needs {
    size_t output, workspace, prepared;
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static struct needs measure(const struct resnet *net, int images)
{
    struct needs needs = { 0 };
    for (int u = 0; u < net->units; u++) {
        const struct conv *conv = &net->unit[u].conv;
        needs.output = larger(needs.output, (size_t)conv_output_floats(conv));
        needs.workspace = larger(needs.workspace, conv_workspace(conv, images));
        needs.prepared += conv_prepared_floats(conv);
    }
    return needs;
}

struct inference inference_new(struct resnet *net, int images)
{
    struct inference inference = { .net = net, .images = images, .tap = LAYER_NONE };
    struct needs needs = measure(net, images);
    inference.weights = allocate_floats(net->parameters);
    inference.input = allocate_floats(checked_multiply((size_t)conv_input_floats(&net->unit[0].conv), (size_t)images));
    for (int i = 0; i < 4; i++)
        inference.buffer[i] = allocate_floats(checked_multiply(needs.output, (size_t)images));
    inference.feature = allocate_floats(checked_multiply((size_t)net->features, (size_t)images));
    inference.logit = allocate_floats(checked_multiply((size_t)net->config.classes, (size_t)images));
    inference.workspace = allocate_floats(needs.workspace);
    inference.prepared = allocate_floats(needs.prepared);
    inference.ready = allocate((size_t)net->units, sizeof *inference.ready);
    inference_fold(&inference, net);
    return inference;
}

/* y = conv(x) of a unit, plus bias, residual and activation as `output` says. */
static void run_conv(struct inference *inference, const struct resnet_unit *unit, int images, const float *x,
                     struct conv_output output)
{
    const struct conv_forward_pass pass = {
        .images = images,
        .input = { .x = x },
        .weight = inference->ready[unit - inference->net->unit],
        .output = output,
        .workspace = inference->workspace,
    };
    conv_forward(&unit->conv, &pass);
}

/* y = conv(x) + bias (+ residual) of a unit, through the activation if requested. */
static void run_unit(struct inference *inference, const struct resnet_unit *unit, int images, const float *x,
                     const float *residual, bool activate, float *y)
{
    run_conv(inference, unit, images, x,
             (struct conv_output){ .y = y, .bias = inference->weights + unit->beta->offset, .residual = residual,
                                   .activate = activate, .activation = inference->net->config.activation });
}

/* Returns true if the pass may end here. */
static bool run_tap(struct inference *inference, int layer, int images, const float *x)
{
    if (layer != inference->tap)
        return false;
    struct maps maps = unit_maps(resnet_last_unit(inference->net, layer), images);
    pool_grid_forward(&maps, inference->grid, x, inference->tap_feature);
    return inference->tap_only;
}

/* out = act(bn(max(conv(x)))) of a unit that pools. */
static void run_pool(struct inference *inference, const struct resnet_unit *unit, int images, const float *x,
                     float *out)
{
    const struct conv *conv = &unit->conv;
    const struct max_pool pool = { images, conv_out_height(conv), conv_out_width(conv), conv->outputs };
    float *y = inference->buffer[1], *pooled = inference->buffer[2];
    run_conv(inference, unit, images, x, (struct conv_output){ .y = y });
    max_pool_forward(&pool, y, pooled, NULL, NULL);
    const struct residual end = {
        .activation = inference->net->config.activation,
        .pixels = unit_pixels(unit, images),
        .channels = unit->norm.channels,
        .y = pooled,
        .scale = unit->norm.scale,
        .shift = unit->norm.shift,
        .out = out,
    };
    residual_forward(&end);
}

static void run_block(struct inference *inference, const struct resnet_block *block, int images, const float *x,
                      float *out)
{
    float *inner = inference->buffer[1], *skip = inference->buffer[2];
    if (!block->second) {
        run_pool(inference, block->first, images, x, out);
        return;
    }
    run_unit(inference, block->first, images, x, NULL, true, inner);
    if (block->shortcut)
        run_unit(inference, block->shortcut, images, x, NULL, false, skip);
    run_unit(inference, block->second, images, inner, block->shortcut ? skip : x, true, out);
}

void inference_run(struct inference *inference, int images)
{
    const struct resnet *net = inference->net;
    float *x = inference->buffer[0], *out = inference->buffer[3];
    run_unit(inference, &net->unit[0], images, inference->input, NULL, true, x);
    if (run_tap(inference, LAYER_STEM, images, x))
        return;
    for (int i = 0; i < net->blocks; i++) {
        run_block(inference, &net->block[i], images, x, out);
        if (run_tap(inference, i, images, out))
            return;
        float *swap = x;
        x = out;
        out = swap;
    }
    const struct maps maps = unit_maps(resnet_last_unit(net, net->blocks - 1), images);
    inference->map = x;
    pool_forward(&maps, x, inference->feature);
    linear_forward(images, net->features, net->config.classes, inference->feature,
                   inference->weights + net->classifier_weight->offset,
                   inference->weights + net->classifier_bias->offset, inference->logit);
}

bool inference_layer(const struct resnet *net, const char *name, int *layer)
{
    size_t length = strlen(name);
    bool stage = strncmp(name, "layer", 5) == 0 && !strchr(name, '.');
    *layer = LAYER_NONE;
    if (strcmp(name, "conv1") == 0 || strcmp(name, "layer1") == 0)
        *layer = LAYER_STEM; /* stage 1 may have no block */
    for (int i = 0; i < net->blocks; i++) {
        const char *block = net->block[i].name;
        if (strcmp(name, block) == 0 || (stage && strncmp(name, block, length) == 0 && block[length] == '.'))
            *layer = i; /* the last block of a stage */
    }
    return *layer != LAYER_NONE;
}

int inference_channels(const struct resnet *net, int layer)
{
    return resnet_last_unit(net, layer)->weight->outputs;
}

int inference_side(const struct resnet *net, int layer)
{
    struct maps maps = unit_maps(resnet_last_unit(net, layer), 1);
    return (int)(maps.height < maps.width ? maps.height : maps.width);
}

size_t inference_tap_floats(const struct inference *inference)
{
    if (inference->tap == LAYER_NONE)
        return 0;
    return checked_multiply((size_t)inference->grid * (size_t)inference->grid,
                            (size_t)resnet_last_unit(inference->net, inference->tap)->conv.outputs);
}

void inference_tap(struct inference *inference, int layer, int grid)
{
    inference->tap = layer;
    inference->grid = grid;
    free(inference->tap_feature);
    inference->tap_feature = allocate_floats(checked_multiply(inference_tap_floats(inference),
                                                              (size_t)inference->images));
}

void inference_free(struct inference *inference)
{
    free(inference->weights);
    free(inference->prepared);
    free(inference->ready);
    free(inference->input);
    for (int i = 0; i < 4; i++)
        free(inference->buffer[i]);
    free(inference->feature);
    free(inference->tap_feature);
    free(inference->logit);
    free(inference->workspace);
}
