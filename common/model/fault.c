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

/* Names the layer of a tensor: "layer1.0.conv1" for "layer1.0.conv1.weight". */
static const char *say_tensor(char *text, const char *what, const struct resnet_tensor *tensor)
{
    char layer[NAME_MAX_LENGTH];
    snprintf(layer, sizeof layer, "%s", tensor->name);
    char *dot = strrchr(layer, '.');
    if (dot)
        *dot = 0;
    return say_fault(text, what, layer);
}

/* Checks a unit's output and the weights that it depends on. */
static const char *unit_fault(const struct resnet *net, const struct resnet_unit *unit, int images, char *text)
{
    const struct resnet_tensor *tensor[] = { unit->weight, unit->gamma, unit->beta };
    for (size_t i = 0; i < sizeof tensor / sizeof *tensor; i++)
        if (!all_finite(resnet_values(net, tensor[i]), tensor[i]->floats))
            return say_tensor(text, "weights", tensor[i]);
    const float *y = unit->pools ? unit->pooled : unit->y; /* in a unit that pools, y holds a gradient at this point */
    if (!all_finite(y, unit_pixels(unit, images) * (size_t)unit->conv.outputs))
        return say_fault(text, "activations", unit->name);
    return NULL;
}

/* The forward pass up to the first activations that are not finite. If a weight caused them, report the weight. */
static const char *forward_fault(const struct resnet *net, int images, char *text)
{
    const char *fault = NULL;
    for (int u = 0; u < net->units && !fault; u++)
        fault = unit_fault(net, &net->unit[u], images, text);
    if (!fault && !all_finite(net->logit, (size_t)images * (size_t)net->config.classes))
        fault = say_fault(text, "activations", "fc");
    return fault;
}

static const char *backward_fault(const struct resnet *net, char *text)
{
    for (int i = net->parameter_tensors - 1; i >= 0; i--) {
        const struct resnet_tensor *tensor = &net->tensor[i];
        if (!tensor->frozen && !all_finite(resnet_gradients(net, tensor), tensor->floats))
            return say_tensor(text, "gradients", tensor);
    }
    return NULL;
}

static const char *tensor_fault(const struct resnet *net, char *text)
{
    for (int i = 0; i < net->tensors; i++) {
        const struct resnet_tensor *tensor = &net->tensor[i];
        if (!all_finite(resnet_values(net, tensor), tensor->floats))
            return say_tensor(text, tensor->role == ROLE_STATISTIC ? "running statistics" : "weights", tensor);
    }
    return NULL;
}

const char *resnet_fault(const struct resnet *net, int images, char text[static FAULT_TEXT_MAX])
{
    /* a value that is not finite reaches the logits: batch norms and ReLUs pass it on */
    bool forward = all_finite(net->logit, (size_t)images * (size_t)net->config.classes);
    const char *fault = forward ? NULL : forward_fault(net, images, text);
    if (!fault)
        fault = backward_fault(net, text);
    return fault ? fault : tensor_fault(net, text);
}

const char *inference_fault(struct inference *inference, int images, char text[static FAULT_TEXT_MAX])
{
    const struct resnet *net = inference->net;
    for (int layer = LAYER_STEM; layer < net->blocks; layer++) {
        inference_tap(inference, layer, 1);
        inference_run(inference, images);
        if (!all_finite(inference->tap_feature, inference_tap_floats(inference) * (size_t)images))
            return say_fault(text, "activations", layer == LAYER_STEM ? net->unit[0].name : net->block[layer].name);
    }
    if (!all_finite(inference->logit, (size_t)images * (size_t)net->config.classes))
        return say_fault(text, "activations", "fc");
    return NULL;
}
