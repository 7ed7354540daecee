#include "model/inference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "layers/linear.h"
#include "layers/pool.h"

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
    memcpy(inference->weights, net->weights, net->parameters * sizeof(float));
    fold_unit(inference, &net->stem);
    for (int i = 0; i < net->blocks; i++) {
        fold_unit(inference, &net->block[i].first);
        fold_unit(inference, &net->block[i].second);
        if (net->block[i].projects)
            fold_unit(inference, &net->block[i].shortcut);
    }
}

static void measure(const struct conv *conv, int images, size_t *output, size_t *workspace)
{
    size_t need = conv_workspace(conv, images);
    if (need > *workspace)
        *workspace = need;
    if (conv_output_floats(conv) > *output)
        *output = conv_output_floats(conv);
}

struct inference inference_new(struct resnet *net, int images)
{
    struct inference inference = { .net = net, .images = images, .tap = LAYER_NONE };
    size_t output = 0, workspace = 0;
    int widest = net->stem.norm.channels;
    measure(&net->stem.conv, images, &output, &workspace);
    for (int i = 0; i < net->blocks; i++) {
        measure(&net->block[i].first.conv, images, &output, &workspace);
        measure(&net->block[i].second.conv, images, &output, &workspace);
        if (net->block[i].projects)
            measure(&net->block[i].shortcut.conv, images, &output, &workspace);
        if (net->block[i].second.norm.channels > widest)
            widest = net->block[i].second.norm.channels;
    }
    inference.weights = allocate_floats(net->parameters);
    inference.input = allocate_floats(checked_multiply(conv_input_floats(&net->stem.conv), (size_t)images));
    for (int i = 0; i < 4; i++)
        inference.buffer[i] = allocate_floats(checked_multiply(output, (size_t)images));
    inference.feature = allocate_floats(checked_multiply((size_t)net->features, (size_t)images));
    inference.tap_feature = allocate_floats(checked_multiply((size_t)widest, (size_t)images));
    inference.logit = allocate_floats(checked_multiply((size_t)net->config.classes, (size_t)images));
    inference.workspace = allocate_floats(workspace);
    inference_fold(&inference, net);
    return inference;
}

static void run_unit(struct inference *inference, const struct resnet_unit *unit, int images, const float *x,
                     const float *residual, bool relu, float *y)
{
    struct conv_output output = { .y = y, .bias = inference->weights + unit->beta, .residual = residual, .relu = relu };
    conv_forward(&unit->conv, images, (struct conv_input){ .x = x }, inference->weights + unit->weight, output,
                 inference->workspace);
}

static void run_tap(struct inference *inference, int layer, const struct resnet_unit *unit, int images, const float *x)
{
    if (layer == inference->tap)
        pool_forward(images, conv_out_height(&unit->conv) * conv_out_width(&unit->conv), unit->norm.channels, x,
                     inference->tap_feature);
}

void inference_run(struct inference *inference, int images)
{
    const struct resnet *net = inference->net;
    float *x = inference->buffer[0], *inner = inference->buffer[1], *skip = inference->buffer[2];
    float *out = inference->buffer[3];
    run_unit(inference, &net->stem, images, inference->input, NULL, true, x);
    run_tap(inference, LAYER_STEM, &net->stem, images, x);
    for (int i = 0; i < net->blocks; i++) {
        const struct resnet_block *block = &net->block[i];
        run_unit(inference, &block->first, images, x, NULL, true, inner);
        if (block->projects)
            run_unit(inference, &block->shortcut, images, x, NULL, false, skip);
        run_unit(inference, &block->second, images, inner, block->projects ? skip : x, true, out);
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

void inference_free(struct inference *inference)
{
    free(inference->weights);
    free(inference->input);
    for (int i = 0; i < 4; i++)
        free(inference->buffer[i]);
    free(inference->feature);
    free(inference->tap_feature);
    free(inference->logit);
    free(inference->workspace);
}
