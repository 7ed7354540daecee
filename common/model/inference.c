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

/* Convolutions are numbered stem first, then three to a block, of which the last, or in one that pools the last two,
 * may be missing. */
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
    if (number == 0 || (number - 1) % UNITS_OF_BLOCK == 0)
        return true;
    const struct resnet_block *block = &net->block[(number - 1) / UNITS_OF_BLOCK];
    return (number - 1) % UNITS_OF_BLOCK == 1 ? !block->first.pools : block->projects;
}

static void fold_unit(struct inference *inference, struct resnet_unit *unit)
{
    const float *from = inference->net->weights + unit->weight;
    float *to = inference->weights + unit->weight;
    size_t outputs = (size_t)unit->conv.outputs, rows = conv_weight_floats(&unit->conv) / outputs;
    batchnorm_inference(&unit->norm);
    if (unit->pools) /* a scale below 0 would make the maximum a minimum */
        return;
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

/* True: the pass may end here. */
static bool run_tap(struct inference *inference, int layer, const struct resnet_unit *unit, int images, const float *x)
{
    if (layer != inference->tap)
        return false;
    pool_grid_forward(images, unit_height(unit), unit_width(unit), unit->norm.channels, inference->grid, x,
                      inference->tap_feature);
    return inference->tap_only;
}

/* out = act(bn(max(conv(x)))) of the block of that number, which pools. */
static void run_pool_block(struct inference *inference, int number, int images, const float *x, float *out)
{
    const struct resnet *net = inference->net;
    const struct resnet_unit *unit = &net->block[number].first;
    const struct conv *conv = &unit->conv;
    float *y = inference->buffer[1], *pooled = inference->buffer[2];
    conv_forward(conv, images, (struct conv_input){ .x = x }, inference->ready[1 + UNITS_OF_BLOCK * number],
                 (struct conv_output){ .y = y }, inference->workspace);
    max_pool_forward(images, conv_out_height(conv), conv_out_width(conv), conv->outputs, y, pooled, NULL, NULL);
    size_t pixels = (size_t)images * (size_t)unit_height(unit) * (size_t)unit_width(unit);
    residual_forward(net->config.activation, pixels, conv->outputs, pooled, unit->norm.scale, unit->norm.shift, NULL,
                     NULL, NULL, out);
}

/* The same of one that does not. */
static void run_block(struct inference *inference, int number, int images, const float *x, float *out)
{
    bool projects = inference->net->block[number].projects;
    float *inner = inference->buffer[1], *skip = inference->buffer[2];
    int first = 1 + UNITS_OF_BLOCK * number;
    run_unit(inference, first, images, x, NULL, true, inner);
    if (projects)
        run_unit(inference, first + 2, images, x, NULL, false, skip);
    run_unit(inference, first + 1, images, inner, projects ? skip : x, true, out);
}

void inference_run(struct inference *inference, int images)
{
    const struct resnet *net = inference->net;
    float *x = inference->buffer[0], *out = inference->buffer[3];
    run_unit(inference, 0, images, inference->input, NULL, true, x);
    if (run_tap(inference, LAYER_STEM, &net->stem, images, x))
        return;
    for (int i = 0; i < net->blocks; i++) {
        if (net->block[i].first.pools)
            run_pool_block(inference, i, images, x, out);
        else
            run_block(inference, i, images, x, out);
        if (run_tap(inference, i, resnet_last_unit(net, i), images, out))
            return;
        float *swap = x;
        x = out;
        out = swap;
    }
    const struct resnet_unit *last = resnet_last_unit(net, net->blocks - 1);
    inference->map = x;
    pool_forward(images, unit_height(last) * unit_width(last), net->features, x, inference->feature);
    linear_forward(images, net->features, net->config.classes, inference->feature,
                   inference->weights + net->classifier_weight, inference->weights + net->classifier_bias,
                   inference->logit);
}

/* "layer2.0" of the first block of stage 2, "layer2.pool" of what pools before it. */
static void layer_name(const struct resnet *net, int layer, char name[NAME_MAX_LENGTH])
{
    int i = 0;
    while (net->tensor[i].offset != net->block[layer].first.weight)
        i++;
    const char *first = net->tensor[i].name; /* its first convolution: "layer2.0.conv1" */
    snprintf(name, NAME_MAX_LENGTH, "%.*s", (int)(strchr(strchr(first, '.') + 1, '.') - first), first);
}

bool inference_layer(const struct resnet *net, const char *name, int *layer)
{
    size_t length = strlen(name);
    bool stage = strncmp(name, "layer", 5) == 0 && !strchr(name, '.');
    *layer = LAYER_NONE;
    if (strcmp(name, "conv1") == 0 || strcmp(name, "layer1") == 0)
        *layer = LAYER_STEM; /* where stage 1 has no block */
    for (int i = 0; i < net->blocks; i++) {
        char block[NAME_MAX_LENGTH];
        layer_name(net, i, block);
        if (strcmp(name, block) == 0 || (stage && strncmp(name, block, length) == 0 && block[length] == '.'))
            *layer = i; /* of a stage the last */
    }
    return *layer != LAYER_NONE;
}

int inference_channels(const struct resnet *net, int layer)
{
    size_t weight = resnet_last_unit(net, layer)->weight;
    int i = 0;
    while (net->tensor[i].offset != weight)
        i++;
    return net->tensor[i].outputs;
}

int inference_side(const struct resnet *net, int layer)
{
    const struct resnet_unit *unit = resnet_last_unit(net, layer);
    int height = unit_height(unit), width = unit_width(unit);
    return height < width ? height : width;
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
