#include "model/resnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "layers/max_pool.h"

/* ---- the table of tensors ---- */

/* Adds the next tensor to a block of floats with *block floats so far; the tensor starts on a cache line. */
static const struct resnet_tensor *add_tensor(struct resnet *net, size_t *block, struct resnet_tensor tensor,
                                              const char *layer, const char *suffix)
{
    struct resnet_tensor *t = &net->tensor[net->tensors++];
    *t = tensor;
    snprintf(t->name, sizeof t->name, "%.*s%s", NAME_MAX_LENGTH / 2, layer, suffix);
    t->offset = *block;
    t->floats = (size_t)t->padded_outputs * (size_t)(t->rank > 1 ? t->padded_inputs : 1) *
                (size_t)(t->rank == 4 ? t->kernel * t->kernel : 1);
    *block += (t->floats + 15) / 16 * 16;
    return t;
}

static const struct resnet_tensor *add_vector(struct resnet *net, size_t *block, const char *layer, const char *suffix,
                                              int size, enum resnet_role role)
{
    struct resnet_tensor tensor = { .role = role, .rank = 1, .outputs = size, .padded_outputs = channels_padded(size) };
    return add_tensor(net, block, tensor, layer, suffix);
}

static const struct resnet_tensor *add_convolution(struct resnet *net, const char *layer, int inputs, int outputs,
                                                   int kernel)
{
    struct resnet_tensor tensor = { .role = ROLE_CONVOLUTION, .rank = 4, .outputs = outputs, .inputs = inputs,
                                    .kernel = kernel, .padded_outputs = channels_padded(outputs),
                                    .padded_inputs = channels_padded(inputs) };
    return add_tensor(net, &net->parameters, tensor, layer, ".weight");
}

static const struct resnet_tensor *add_linear(struct resnet *net, const char *layer, int inputs, int outputs)
{
    struct resnet_tensor tensor = { .role = ROLE_CLASSIFIER, .rank = 2, .outputs = outputs, .inputs = inputs,
                                    .padded_outputs = outputs, .padded_inputs = channels_padded(inputs) };
    return add_tensor(net, &net->parameters, tensor, layer, ".weight");
}

/* ---- the units and their parameters ---- */

/* Description of a unit to create. */
struct unit_plan {
    const char *block, *conv, *norm; /* names: of the block ("" for the stem), and of its convolution and batch norm */
    const struct resnet_unit *from;
    int inputs, outputs; /* channels */
    int kernel, stride;
    bool pools, fused;
};

static void join_names(const char *block, const char *part, char name[static NAME_MAX_LENGTH])
{
    snprintf(name, NAME_MAX_LENGTH, "%.*s%s%s", NAME_MAX_LENGTH / 2, block, block[0] ? "." : "", part);
}

static void set_size(struct resnet_unit *unit, int height, int width)
{
    struct maps from = { .height = height, .width = width };
    if (unit->from)
        from = unit_maps(unit->from, 1);
    unit->conv.height = from.height;
    unit->conv.width = from.width;
}

static struct resnet_unit *add_unit(struct resnet *net, const struct unit_plan *plan)
{
    struct resnet_unit *unit = &net->unit[net->units++];
    char norm[NAME_MAX_LENGTH];
    join_names(plan->block, plan->conv, unit->name);
    join_names(plan->block, plan->norm, norm);
    unit->from = plan->from;
    unit->pools = plan->pools;
    unit->fused = plan->fused;
    unit->conv = (struct conv){ .inputs = channels_padded(plan->inputs), .outputs = channels_padded(plan->outputs),
                                .kernel = plan->kernel, .stride = plan->stride };
    set_size(unit, net->config.height, net->config.width);
    unit->norm.channels = channels_padded(plan->outputs);
    unit->weight = add_convolution(net, unit->name, plan->inputs, plan->outputs, plan->kernel);
    unit->gamma = add_vector(net, &net->parameters, norm, ".weight", plan->outputs, ROLE_NORM_SCALE);
    unit->beta = add_vector(net, &net->parameters, norm, ".bias", plan->outputs, ROLE_NORM_BIAS);
    return unit;
}

/* A block of two units; with `halves`, it halves the image. */
static void add_block(struct resnet *net, const char *name, int inputs, int outputs, bool halves)
{
    struct resnet_block *block = &net->block[net->blocks];
    const struct resnet_unit *from = resnet_last_unit(net, net->blocks - 1);
    int stride = halves ? 2 : 1;
    net->blocks++;
    snprintf(block->name, sizeof block->name, "%s", name);
    block->first = add_unit(net, &(struct unit_plan){ .block = name, .conv = "conv1", .norm = "bn1", .from = from,
                                                      .inputs = inputs, .outputs = outputs, .kernel = 3,
                                                      .stride = stride });
    block->second = add_unit(net, &(struct unit_plan){ .block = name, .conv = "conv2", .norm = "bn2",
                                                       .from = block->first, .inputs = outputs, .outputs = outputs,
                                                       .kernel = 3, .stride = 1, .fused = true });
    if (halves || inputs != outputs)
        block->shortcut = add_unit(net, &(struct unit_plan){ .block = name, .conv = "downsample.0",
                                                             .norm = "downsample.1", .from = from, .inputs = inputs,
                                                             .outputs = outputs, .kernel = 1, .stride = stride });
}

/* The unit that pools before the blocks of a stage. */
static void add_pool(struct resnet *net, const char *name, int inputs, int outputs)
{
    struct resnet_block *block = &net->block[net->blocks];
    const struct resnet_unit *from = resnet_last_unit(net, net->blocks - 1);
    net->blocks++;
    snprintf(block->name, sizeof block->name, "%s", name);
    block->first = add_unit(net, &(struct unit_plan){ .block = name, .conv = "conv", .norm = "bn", .from = from,
                                                      .inputs = inputs, .outputs = outputs, .kernel = 3, .stride = 1,
                                                      .pools = true });
}

static void add_stage(struct resnet *net, int stage)
{
    const struct resnet_config *config = &net->config;
    bool pools = resnet_stage_pools(config, stage);
    int inputs = config->widths[stage > 0 ? stage - 1 : 0], outputs = config->widths[stage];
    char name[NAME_MAX_LENGTH];
    if (pools) {
        snprintf(name, sizeof name, "layer%d.pool", stage + 1);
        add_pool(net, name, inputs, outputs);
        inputs = outputs;
    }
    for (int number = 0; number < config->blocks[stage]; number++) {
        snprintf(name, sizeof name, "layer%d.%d", stage + 1, number);
        add_block(net, name, inputs, outputs, stage > 0 && number == 0 && !pools);
        inputs = outputs;
    }
}

static void add_parameters(struct resnet *net)
{
    const struct resnet_config *config = &net->config;
    int features = resnet_features(config);
    add_unit(net, &(struct unit_plan){ .block = "", .conv = "conv1", .norm = "bn1", .inputs = 3,
                                       .outputs = config->widths[0], .kernel = 3, .stride = 1 });
    for (int stage = 0; stage < config->stages; stage++)
        add_stage(net, stage);
    net->features = channels_padded(features);
    net->classifier_weight = add_linear(net, "fc", features, config->classes);
    net->classifier_bias = add_vector(net, &net->parameters, "fc", ".bias", config->classes, ROLE_CLASSIFIER_BIAS);
    net->parameter_tensors = net->tensors;
}

/* The statistics' names follow from gamma's: "X.weight" -> "X.running_mean". */
static void add_statistics(struct resnet *net)
{
    for (int u = 0; u < net->units; u++) {
        struct resnet_unit *unit = &net->unit[u];
        char norm[NAME_MAX_LENGTH];
        snprintf(norm, sizeof norm, "%.*s", (int)strlen(unit->gamma->name) - 7, unit->gamma->name);
        int channels = unit->gamma->outputs;
        unit->mean = add_vector(net, &net->statistics, norm, ".running_mean", channels, ROLE_STATISTIC);
        unit->variance = add_vector(net, &net->statistics, norm, ".running_var", channels, ROLE_STATISTIC);
    }
}

struct resnet *resnet_describe(const struct resnet_config *config)
{
    struct resnet *net = allocate(1, sizeof *net);
    size_t blocks = (size_t)resnet_blocks(config), units = 1 + 3 * blocks; /* units: upper bound */
    net->config = *config;
    net->block = allocate(blocks, sizeof *net->block);
    net->unit = allocate(units, sizeof *net->unit);
    net->tensor = allocate(5 * units + 2, sizeof *net->tensor);
    add_parameters(net);
    add_statistics(net);
    return net;
}

/* ---- sizes ---- */

struct maps unit_maps(const struct resnet_unit *unit, int images)
{
    ptrdiff_t height = conv_out_height(&unit->conv), width = conv_out_width(&unit->conv);
    if (unit->pools) {
        height = (height + 1) / 2;
        width = (width + 1) / 2;
    }
    return (struct maps){ images, height, width, unit->conv.outputs };
}

size_t unit_pixels(const struct resnet_unit *unit, int images)
{
    struct maps maps = unit_maps(unit, images);
    return (size_t)(maps.images * maps.height * maps.width);
}

struct resnet_unit *resnet_last_unit(const struct resnet *net, int block)
{
    if (block < 0)
        return &net->unit[0];
    return net->block[block].second ? net->block[block].second : net->block[block].first;
}

double resnet_multiply_adds(const struct resnet *net)
{
    double total = (double)net->features * net->config.classes;
    for (int u = 0; u < net->units; u++) {
        const struct conv *conv = &net->unit[u].conv;
        double unit = (double)conv_weight_floats(conv) * (double)conv_out_height(conv) * (double)conv_out_width(conv);
        total += u ? unit : unit * 3 / 4; /* three of the image's four stored channels are real */
    }
    return total;
}

/* ---- memory ---- */

/* Sets the pointers of a unit's batch norm: to tensors of the network, and to memory taken from *floats and
 * *doubles. */
static void place_norm(const struct resnet *net, struct resnet_unit *unit, float **floats, double **doubles)
{
    struct batchnorm *norm = &unit->norm;
    float **rooms[] = { &norm->scale, &norm->shift, &norm->a, &norm->b, &norm->c };
    norm->gamma = resnet_values(net, unit->gamma);
    norm->beta = resnet_values(net, unit->beta);
    norm->running_mean = resnet_values(net, unit->mean);
    norm->running_var = resnet_values(net, unit->variance);
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++, *floats += norm->channels)
        *rooms[i] = *floats;
    norm->mean = *doubles;
    norm->inverse = *doubles + norm->channels;
    *doubles += 2 * norm->channels;
    for (int c = 0; c < norm->channels; c++)
        norm->running_var[c] = 1;
}

static void place_norms(struct resnet *net)
{
    size_t channels = 0;
    for (int u = 0; u < net->units; u++)
        channels += (size_t)net->unit[u].norm.channels;
    net->norm_floats = allocate_floats(checked_multiply(5, channels));
    net->norm_doubles = allocate(checked_multiply(2, channels), sizeof(double));
    float *floats = net->norm_floats;
    double *doubles = net->norm_doubles;
    for (int u = 0; u < net->units; u++)
        place_norm(net, &net->unit[u], &floats, &doubles);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Floats that a unit's batch norm outputs for one image. */
static size_t unit_floats(const struct resnet_unit *unit)
{
    return unit_pixels(unit, 1) * (size_t)unit->conv.outputs;
}

/* Scratch memory for the passes of a unit. */
static size_t unit_workspace(const struct resnet_unit *unit, int images)
{
    const struct conv *conv = &unit->conv;
    struct max_pool pool = { images, conv_out_height(conv), conv_out_width(conv), conv->outputs };
    return larger(conv_workspace(conv, images), unit->pools ? max_pool_workspace(&pool) : 0);
}

static float *floats_per_image(const struct resnet *net, size_t floats)
{
    return allocate_floats(checked_multiply(floats, (size_t)net->images));
}

/* Memory that the units keep, and the largest scratch that a unit needs. */
static void place_units(struct resnet *net)
{
    size_t prepared = 0;
    for (int u = 0; u < net->units; u++) {
        struct resnet_unit *unit = &net->unit[u];
        net->workspace_floats = larger(net->workspace_floats, unit_workspace(unit, net->images));
        prepared = larger(prepared, conv_prepared_floats(&unit->conv));
        unit->y = floats_per_image(net, (size_t)conv_output_floats(&unit->conv));
        if (unit->pools)
            unit->pooled = floats_per_image(net, unit_floats(unit));
    }
    net->prepared = allocate_floats(prepared);
    net->workspace = allocate_floats(net->workspace_floats);
}

/* Memory that the stem and the blocks keep, and gradients as large as the largest block needs. */
static void place_blocks(struct resnet *net)
{
    size_t largest = 0, inner = 0, shortcut = 0;
    for (int i = -1; i < net->blocks; i++) {
        struct resnet_unit *last = resnet_last_unit(net, i);
        last->out = floats_per_image(net, unit_floats(last));
        largest = larger(largest, unit_floats(last));
    }
    for (int i = 0; i < net->blocks; i++) {
        const struct resnet_block *block = &net->block[i];
        if (block->second)
            inner = larger(inner, unit_floats(block->first));
        if (block->shortcut)
            shortcut = larger(shortcut, unit_pixels(block->shortcut, 1) * (size_t)block->shortcut->conv.inputs);
    }
    net->gradient[0] = floats_per_image(net, largest);
    net->gradient[1] = floats_per_image(net, inner);
    net->shortcut_gradient = floats_per_image(net, shortcut);
}

static void place_activations(struct resnet *net)
{
    const struct resnet_unit *stem = &net->unit[0];
    size_t widest = (size_t)net->features;
    struct maps last = unit_maps(resnet_last_unit(net, net->blocks - 1), net->images);
    for (int u = 0; u < net->units; u++)
        widest = larger(widest, (size_t)net->unit[u].norm.channels);
    net->input = floats_per_image(net, (size_t)conv_input_floats(&stem->conv));
    place_units(net);
    place_blocks(net);
    net->feature = floats_per_image(net, (size_t)net->features);
    net->dfeature = floats_per_image(net, (size_t)net->features);
    net->logit = floats_per_image(net, (size_t)net->config.classes);
    net->dlogit = floats_per_image(net, (size_t)net->config.classes);
    net->sums = allocate(3 * widest, sizeof(double));
    net->parts = allocate_floats(pool_parts(&last));
}

void resnet_allocate(struct resnet *net, int images)
{
    net->images = images;
    net->weights = allocate_floats(net->parameters);
    net->gradients = allocate_floats(images ? net->parameters : 0);
    net->running = allocate_floats(net->statistics);
    place_norms(net);
    if (images)
        place_activations(net);
}

struct resnet *resnet_new(const struct resnet_config *config, int images)
{
    struct resnet *net = resnet_describe(config);
    resnet_allocate(net, images);
    return net;
}

void resnet_resize(struct resnet *net, int height, int width)
{
    size_t workspace = net->workspace_floats;
    if (height < 1 || width < 1 || height > net->config.height || width > net->config.width)
        die("images of %d x %d do not fit a network for %d x %d", height, width, net->config.height,
            net->config.width);
    for (int u = 0; u < net->units; u++) { /* units are in order: each comes after the unit that it reads */
        set_size(&net->unit[u], height, width);
        if (net->images)
            workspace = larger(workspace, unit_workspace(&net->unit[u], net->images));
    }
    if (workspace > net->workspace_floats) {
        free(net->workspace);
        net->workspace = allocate_floats(workspace);
        net->workspace_floats = workspace;
    }
}

void resnet_free(struct resnet *net)
{
    for (int u = 0; u < net->units; u++) {
        free(net->unit[u].y);
        free(net->unit[u].pooled);
        free(net->unit[u].out);
    }
    void *rest[] = { net->unit, net->block, net->tensor, net->weights, net->gradients, net->running,
                     net->norm_floats, net->norm_doubles, net->input, net->gradient[0], net->gradient[1],
                     net->shortcut_gradient, net->feature, net->dfeature, net->logit, net->dlogit, net->sums,
                     net->parts, net->prepared, net->workspace, net };
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        free(rest[i]);
}

/* ---- values ---- */

void resnet_freeze(struct resnet *net, enum resnet_role role)
{
    for (int i = 0; i < net->tensors; i++)
        net->tensor[i].frozen |= net->tensor[i].role == role;
}

float *resnet_values(const struct resnet *net, const struct resnet_tensor *t)
{
    return (t->role == ROLE_STATISTIC ? net->running : net->weights) + t->offset;
}

float *resnet_gradients(const struct resnet *net, const struct resnet_tensor *t)
{
    return net->gradients + t->offset;
}

static size_t outside_floats(const struct resnet_tensor *t)
{
    return (size_t)t->outputs * (size_t)(t->rank > 1 ? t->inputs : 1) *
           (size_t)(t->rank == 4 ? t->kernel * t->kernel : 1);
}

/* The stored position of element i of the exported tensor, which is (k, c, r, q) in [K][C][kernel][kernel]. */
static size_t stored_at(const struct resnet_tensor *t, size_t i)
{
    size_t inputs = (size_t)t->inputs, kernel = (size_t)t->kernel;
    if (t->rank == 1)
        return i;
    if (t->rank == 2)
        return i / inputs * (size_t)t->padded_inputs + i % inputs;
    size_t tap = i % (kernel * kernel), filter = i / (kernel * kernel);
    return (tap * (size_t)t->padded_inputs + filter % inputs) * (size_t)t->padded_outputs + filter / inputs;
}

void resnet_export(const struct resnet_tensor *t, const float *stored, float *outside)
{
    size_t count = outside_floats(t);
    for (size_t i = 0; i < count; i++)
        outside[i] = stored[stored_at(t, i)];
}

void resnet_import(struct resnet *net, const struct resnet_tensor *t, const float *outside)
{
    float *stored = resnet_values(net, t);
    size_t count = outside_floats(t);
    for (size_t i = 0; i < count; i++)
        stored[stored_at(t, i)] = outside[i];
}
