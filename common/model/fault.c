#include "model/fault.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool all_finite(const float *values, size_t count)
{
    bool finite = true;
    for (size_t i = 0; i < count; i++)
        finite &= isfinite(values[i]) != 0;
    return finite;
}

static const char *say_fault(char *text, const char *what, const char *layer)
{
    snprintf(text, FAULT_TEXT_MAX, "%s of %.*s", what, NAME_MAX_LENGTH - 1, layer);
    return text;
}

/* The parameter tensor that starts at an offset, and how many floats there are from it to the next. */
static const struct resnet_tensor *tensor_at(const struct resnet *net, size_t offset)
{
    int i = 0;
    while (net->tensor[i].offset != offset)
        i++;
    return &net->tensor[i];
}

static size_t tensor_floats(const struct resnet *net, const struct resnet_tensor *tensor)
{
    bool parameter = tensor - net->tensor < net->parameter_tensors, last = tensor - net->tensor == net->tensors - 1;
    size_t end = parameter ? net->parameters : net->statistics;
    if (!last && tensor[1].offset > tensor->offset)
        end = tensor[1].offset;
    return end - tensor->offset;
}

/* "layer1.0.conv1" of the tensor "layer1.0.conv1.weight". */
static const char *say_tensor(char *text, const char *what, const struct resnet_tensor *tensor)
{
    char layer[NAME_MAX_LENGTH];
    snprintf(layer, sizeof layer, "%s", tensor->name);
    char *dot = strrchr(layer, '.');
    if (dot)
        *dot = 0;
    return say_fault(text, what, layer);
}

/* A unit's output, and the weights that it comes from. */
static const char *unit_fault(const struct resnet *net, const struct resnet_unit *unit, int images, char *text)
{
    const size_t offset[] = { unit->weight, unit->gamma, unit->beta };
    for (size_t i = 0; i < sizeof offset / sizeof *offset; i++) {
        const struct resnet_tensor *tensor = tensor_at(net, offset[i]);
        if (!all_finite(net->weights + offset[i], tensor_floats(net, tensor)))
            return say_tensor(text, "weights", tensor);
    }
    const float *y = unit->pools ? unit->pooled : unit->y; /* where it pools, y holds a gradient by now */
    size_t pixels = (size_t)images * (size_t)unit_height(unit) * (size_t)unit_width(unit);
    if (!all_finite(y, pixels * (size_t)unit->conv.outputs))
        return say_tensor(text, "activations", tensor_at(net, unit->weight));
    return NULL;
}

/* The forward pass up to the first activations that are not finite: a weight of which those are the sign is told. */
static const char *forward_fault(const struct resnet *net, int images, char *text)
{
    const char *fault = unit_fault(net, &net->stem, images, text);
    for (int i = 0; i < net->blocks && !fault; i++) {
        const struct resnet_block *block = &net->block[i];
        fault = unit_fault(net, &block->first, images, text);
        if (!fault && !block->first.pools)
            fault = unit_fault(net, &block->second, images, text);
        if (!fault && block->projects)
            fault = unit_fault(net, &block->shortcut, images, text);
    }
    if (!fault && !all_finite(net->logit, (size_t)images * (size_t)net->config.classes))
        fault = say_fault(text, "activations", "fc");
    return fault;
}

static const char *backward_fault(const struct resnet *net, char *text)
{
    for (int i = net->parameter_tensors - 1; i >= 0; i--) {
        const struct resnet_tensor *tensor = &net->tensor[i];
        if (!tensor->frozen && !all_finite(net->gradients + tensor->offset, tensor_floats(net, tensor)))
            return say_tensor(text, "gradients", tensor);
    }
    return NULL;
}

static const char *tensor_fault(const struct resnet *net, char *text)
{
    for (int i = 0; i < net->tensors; i++) {
        const struct resnet_tensor *tensor = &net->tensor[i];
        bool parameter = i < net->parameter_tensors;
        if (!all_finite((parameter ? net->weights : net->running) + tensor->offset, tensor_floats(net, tensor)))
            return say_tensor(text, parameter ? "weights" : "running statistics", tensor);
    }
    return NULL;
}

const char *resnet_fault(const struct resnet *net, int images, char text[static FAULT_TEXT_MAX])
{
    /* what is not finite anywhere is not finite in the logits: batch norms and ReLUs pass it on */
    bool forward = all_finite(net->logit, (size_t)images * (size_t)net->config.classes);
    const char *fault = forward ? NULL : forward_fault(net, images, text);
    if (!fault)
        fault = backward_fault(net, text);
    return fault ? fault : tensor_fault(net, text);
}

/* "layer1.0" of a block's first convolution "layer1.0.conv1". */
static const char *say_block(const struct resnet *net, int layer, char *text)
{
    if (layer == LAYER_STEM)
        return say_tensor(text, "activations", tensor_at(net, net->stem.weight));
    say_tensor(text, "activations", tensor_at(net, net->block[layer].first.weight));
    *strrchr(text, '.') = 0;
    return text;
}

const char *inference_fault(struct inference *inference, int images, char text[static FAULT_TEXT_MAX])
{
    const struct resnet *net = inference->net;
    for (int layer = LAYER_STEM; layer < net->blocks; layer++) {
        inference_tap(inference, layer, 1);
        inference_run(inference, images);
        if (!all_finite(inference->tap_feature, inference_tap_floats(inference) * (size_t)images))
            return say_block(net, layer, text);
    }
    if (!all_finite(inference->logit, (size_t)images * (size_t)net->config.classes))
        return say_fault(text, "activations", "fc");
    return NULL;
}
