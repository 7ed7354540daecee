#include "model/inference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "layers/linear.h"
#include "layers/pool.h"

/* Convolutions are numbered stem first, then three to a block, of which the last may be missing. */
enum { UNITS_OF_BLOCK = 3 };

static int unit_count(const struct resnet *net)
{
    return 1 + UNITS_OF_BLOCK * net->blocks;
}

static struct resnet_unit *unit_at(struct resnet *net, int number)
{
    if (number == 0)
        return &net->stem;
    struct resnet_block *block = &net->block[(number - 1) / UNITS_OF_BLOCK];
    struct resnet_unit *units[UNITS_OF_BLOCK] = { &block->first, &block->second, &block->shortcut };
    return units[(number - 1) % UNITS_OF_BLOCK];
}

static bool unit_exists(const struct resnet *net, int number)
{
    bool shortcut = number > 0 && (number - 1) % UNITS_OF_BLOCK == UNITS_OF_BLOCK - 1;
    return !shortcut || net->block[(number - 1) / UNITS_OF_BLOCK].projects;
}

static void fold_unit(struct inference *inference, struct resnet_unit *unit)
{
    const float *from = inference->net->weights + unit->weight;
    float *to = inference->weights + unit->weight;
    size_t outputs = (size_t)unit->conv.outputs, rows = conv_weight_floats(&unit->conv) / outputs;
    batchnorm_inference(&unit->norm);
    for (size_t row = 0; row < rows; row++)
        for (size_t k = 0; k < outputs; k++)
            to[row * outputs + k] = from[row * outputs + k] * unit->norm.scale[k];
    memcpy(inference->weights + unit->beta, unit->norm.shift, outputs * sizeof(float));
}

void inference_fold(struct inference *inference, struct resnet *net)
{
    float *room = inference->prepared;
    memcpy(inference->weights, net->weights, net->parameters * sizeof(float));
    for (int i = 0; i < unit_count(net); i++) {
        if (!unit_exists(net, i))
            continue;
        struct resnet_unit *unit = unit_at(net, i);
        fold_unit(inference, unit);
        inference->ready[i] = conv_prepare(&unit->conv, inference->weights + unit->weight, room);
        room += conv_prepared_floats(&unit->conv);
    }
}

/* What the convolutions need: the largest output of an image and scratch, and all prepared weights. */
struct needs {
    size_t output, workspace, prepared;
};

static struct needs measure(struct resnet *net, int images)
{
    struct needs needs = { 0 };
    for (int i = 0; i < unit_count(net); i++) {
        if (!unit_exists(net, i))
            continue;
        const struct resnet_unit *unit = unit_at(net, i);
        size_t output = conv_output_floats(&unit->conv), workspace = conv_workspace(&unit->conv, images);
        needs.output = output > needs.output ? output : needs.output;
        needs.workspace = workspace > needs.workspace ? workspace : needs.workspace;
        needs.prepared += conv_prepared_floats(&unit->conv);
    }
    return needs;
}

struct inference inference_new(struct resnet *net, int images)
{
    struct inference inference = { .net = net, .images = images, .tap = LAYER_NONE };
    struct needs needs = measure(net, images);
    inference.weights = allocate_floats(net->parameters);
    inference.input = allocate_floats(checked_multiply(conv_input_floats(&net->stem.conv), (size_t)images));
    for (int i = 0; i < 4; i++)
        inference.buffer[i] = allocate_floats(checked_multiply(needs.output, (size_t)images));
    inference.feature = allocate_floats(checked_multiply((size_t)net->features, (size_t)images));
    inference.logit = allocate_floats(checked_multiply((size_t)net->config.classes, (size_t)images));
    inference.workspace = allocate_floats(needs.workspace);
    inference.prepared = allocate_floats(needs.prepared);
    inference.ready = allocate((size_t)unit_count(net), sizeof *inference.ready);
    inference_fold(&inference, net);
    return inference;
}

/* y = conv(x) + bias (+ residual), through the activation where asked, of the convolution of that number. */
static void run_unit(struct inference *inference, int number, int images, const float *x, const float *residual,
                     bool activate, float *y)
{
    const struct resnet_unit *unit = unit_at(inference->net, number);
    struct conv_output output = { .y = y, .bias = inference->weights + unit->beta, .residual = residual,
                                  .activate = activate, .activation = inference->net->config.activation };
    conv_forward(&unit->conv, images, (struct conv_input){ .x = x }, inference->ready[number], output,
                 inference->workspace);
}

static void run_tap(struct inference *inference, int layer, const struct resnet_unit *unit, int images, const float *x)
{
    if (layer == inference->tap)
        pool_grid_forward(images, conv_out_height(&unit->conv), conv_out_width(&unit->conv), unit->norm.channels,
                          inference->grid, x, inference->tap_feature);
}

void inference_run(struct inference *inference, int images)
{
    const struct resnet *net = inference->net;
    float *x = inference->buffer[0], *inner = inference->buffer[1], *skip = inference->buffer[2];
    float *out = inference->buffer[3];
    run_unit(inference, 0, images, inference->input, NULL, true, x);
    run_tap(inference, LAYER_STEM, &net->stem, images, x);
    for (int i = 0; i < net->blocks; i++) {
        const struct resnet_block *block = &net->block[i];
        int first = 1 + UNITS_OF_BLOCK * i;
        run_unit(inference, first, images, x, NULL, true, inner);
        if (block->projects)
            run_unit(inference, first + 2, images, x, NULL, false, skip);
        run_unit(inference, first + 1, images, inner, block->projects ? skip : x, true, out);
        run_tap(inference, i, &block->second, images, out);
        float *swap = x;
        x = out;
        out = swap;
    }
    const struct conv *last = &net->block[net->blocks - 1].second.conv;
    inference->map = x;
    pool_forward(images, conv_out_height(last) * conv_out_width(last), net->features, x, inference->feature);
    linear_forward(images, net->features, net->config.classes, inference->feature,
                   inference->weights + net->classifier_weight, inference->weights + net->classifier_bias,
                   inference->logit);
}

bool inference_layer(const struct resnet *net, const char *name, int *layer)
{
    const struct resnet_config *config = &net->config;
    char expected[NAME_MAX_LENGTH];
    int block = 0;
    *layer = LAYER_STEM;
    if (strcmp(name, "conv1") == 0)
        return true;
    for (int stage = 0; stage < config->stages; stage++) {
        for (int number = 0; number < config->blocks[stage]; number++, block++) {
            *layer = block;
            snprintf(expected, sizeof expected, "layer%d.%d", stage + 1, number);
            if (strcmp(name, expected) == 0)
                return true;
        }
        snprintf(expected, sizeof expected, "layer%d", stage + 1);
        if (strcmp(name, expected) == 0)
            return true;
    }
    return false;
}

int inference_channels(const struct resnet *net, int layer)
{
    int stage = 0;
    for (int block = layer; layer >= 0 && block >= net->config.blocks[stage]; stage++)
        block -= net->config.blocks[stage];
    return net->config.widths[stage];
}

/* The convolution at the end of a layer. */
static const struct conv *layer_conv(const struct resnet *net, int layer)
{
    return layer == LAYER_STEM ? &net->stem.conv : &net->block[layer].second.conv;
}

int inference_side(const struct resnet *net, int layer)
{
    const struct conv *conv = layer_conv(net, layer);
    int height = conv_out_height(conv), width = conv_out_width(conv);
    return height < width ? height : width;
}

size_t inference_tap_floats(const struct inference *inference)
{
    if (inference->tap == LAYER_NONE)
        return 0;
    return checked_multiply((size_t)inference->grid * (size_t)inference->grid,
                            (size_t)layer_conv(inference->net, inference->tap)->outputs);
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
