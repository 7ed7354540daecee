#include "model/resnet.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "layers/max_pool.h"
#include "layers/pool.h"
#include "layers/residual.h"

enum { WIDTH_MAX = 4096, SIZE_MAX_PIXELS = 4096, CLASSES_MAX = 100000 };

const char *const downsample_names[DOWNSAMPLES + 1] = { [DOWNSAMPLE_STRIDE] = "stride", [DOWNSAMPLE_POOL] = "pool" };

/* Whether a stage begins with a unit that pools. */
static bool stage_pools(const struct resnet_config *config, int stage)
{
    return config->downsample == DOWNSAMPLE_POOL && stage > 0;
}

/* Blocks, and what pools before them. */
static int block_count(const struct resnet_config *config)
{
    int count = 0;
    for (int s = 0; s < config->stages; s++)
        count += config->blocks[s] + stage_pools(config, s);
    return count;
}

/* Note a rule that does not hold. */
__attribute__((format(printf, 2, 3))) static bool impossible(char *rule, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rule, RESNET_RULE_MAX, format, arguments);
    va_end(arguments);
    return false;
}

bool resnet_possible(const struct resnet_config *config, char rule[static RESNET_RULE_MAX])
{
    int least = config->downsample == DOWNSAMPLE_POOL ? 0 : 1;
    if (config->stages < 1 || config->stages > STAGES_MAX)
        return impossible(rule, "widths: %d stages (1 to %d)", config->stages, STAGES_MAX);
    for (int s = 0; s < config->stages; s++) {
        if (config->widths[s] < 1 || config->widths[s] > WIDTH_MAX)
            return impossible(rule, "widths: %d (1 to %d)", config->widths[s], WIDTH_MAX);
        if (config->blocks[s] < least || config->blocks[s] > BLOCKS_MAX)
            return impossible(rule, "blocks: %d (%d to %d in each stage)", config->blocks[s], least, BLOCKS_MAX);
    }
    int blocks = block_count(config);
    if (blocks < 1 || blocks > BLOCKS_MAX)
        return impossible(rule, "blocks: %d in all (1 to %d)", blocks, BLOCKS_MAX);
    if (config->classes < 2 || config->classes > CLASSES_MAX)
        return impossible(rule, "%d classes (2 to %d)", config->classes, CLASSES_MAX);
    if (config->height < 1 || config->width < 1 || config->height > SIZE_MAX_PIXELS || config->width > SIZE_MAX_PIXELS)
        return impossible(rule, "images of %d x %d (1 to %d a side)", config->height, config->width, SIZE_MAX_PIXELS);
    return true;
}

int resnet_features(const struct resnet_config *config)
{
    return config->widths[config->stages - 1];
}

static int halved(int size, int stages)
{
    for (int s = 1; s < stages; s++)
        size = (size + 1) / 2;
    return size;
}

int resnet_map_height(const struct resnet_config *config)
{
    return halved(config->height, config->stages);
}

int resnet_map_width(const struct resnet_config *config)
{
    return halved(config->width, config->stages);
}

int unit_height(const struct resnet_unit *unit)
{
    int height = conv_out_height(&unit->conv);
    return unit->pools ? (height + 1) / 2 : height;
}

int unit_width(const struct resnet_unit *unit)
{
    int width = conv_out_width(&unit->conv);
    return unit->pools ? (width + 1) / 2 : width;
}

static size_t unit_pixels(const struct resnet_unit *unit, int images)
{
    return (size_t)images * (size_t)unit_height(unit) * (size_t)unit_width(unit);
}

static size_t unit_floats(const struct resnet_unit *unit, int images)
{
    return checked_multiply(unit_pixels(unit, images), (size_t)unit->conv.outputs);
}

const struct resnet_unit *resnet_last_unit(const struct resnet *net, int block)
{
    if (block < 0)
        return &net->stem;
    return net->block[block].first.pools ? &net->block[block].first : &net->block[block].second;
}

/* ---- the table of tensors ---- */

static size_t tensor_floats(const struct resnet_tensor *t)
{
    return (size_t)t->padded_outputs * (size_t)(t->rank > 1 ? t->padded_inputs : 1) *
           (size_t)(t->rank == 4 ? t->kernel * t->kernel : 1);
}

static struct resnet_tensor *add_tensor(struct resnet *net, size_t *block, const char *prefix, const char *name)
{
    net->tensor = reallocate(net->tensor, (size_t)net->tensors + 1, sizeof *net->tensor);
    struct resnet_tensor *t = &net->tensor[net->tensors++];
    memset(t, 0, sizeof *t);
    snprintf(t->name, sizeof t->name, "%s%s", prefix, name);
    t->offset = *block;
    return t;
}

/* The next tensor starts on a cache line. */
static size_t advance(size_t *block, const struct resnet_tensor *t)
{
    *block += (tensor_floats(t) + 15) / 16 * 16;
    return t->offset;
}

static size_t add_vector(struct resnet *net, size_t *block, const char *prefix, const char *name, int size,
                         enum resnet_role role)
{
    struct resnet_tensor *t = add_tensor(net, block, prefix, name);
    t->role = role;
    t->rank = 1;
    t->outputs = size;
    t->padded_outputs = channels_padded(size);
    return advance(block, t);
}

static size_t add_conv(struct resnet *net, const char *prefix, int inputs, int outputs, int kernel)
{
    struct resnet_tensor *t = add_tensor(net, &net->parameters, prefix, ".weight");
    t->role = ROLE_CONVOLUTION;
    t->rank = 4;
    t->outputs = outputs;
    t->inputs = inputs;
    t->kernel = kernel;
    t->padded_outputs = channels_padded(outputs);
    t->padded_inputs = channels_padded(inputs);
    return advance(&net->parameters, t);
}

static size_t add_linear(struct resnet *net, const char *prefix, int inputs, int outputs)
{
    struct resnet_tensor *t = add_tensor(net, &net->parameters, prefix, ".weight");
    t->role = ROLE_CLASSIFIER;
    t->rank = 2;
    t->outputs = outputs;
    t->inputs = inputs;
    t->padded_outputs = outputs;
    t->padded_inputs = channels_padded(inputs);
    return advance(&net->parameters, t);
}

/* ---- building: the same walk over the network twice, for parameters and for running statistics ---- */

static void unit_parameters(struct resnet *net, struct resnet_unit *unit, const char *conv_name, const char *norm_name,
                            int inputs, int outputs, int kernel, int stride, int height, int width)
{
    unit->conv = (struct conv){ channels_padded(inputs), channels_padded(outputs), kernel, stride, height, width };
    unit->norm.channels = channels_padded(outputs);
    unit->weight = add_conv(net, conv_name, inputs, outputs, kernel);
    unit->gamma = add_vector(net, &net->parameters, norm_name, ".weight", outputs, ROLE_NORM_SCALE);
    unit->beta = add_vector(net, &net->parameters, norm_name, ".bias", outputs, ROLE_NORM_BIAS);
}

static void block_parameters(struct resnet *net, struct resnet_block *block, int stage, int number, int inputs,
                             int *height, int *width)
{
    char prefix[32], conv[NAME_MAX_LENGTH], norm[NAME_MAX_LENGTH];
    bool halves = stage > 0 && number == 0 && !stage_pools(&net->config, stage);
    int outputs = net->config.widths[stage], stride = halves ? 2 : 1;
    snprintf(prefix, sizeof prefix, "layer%d.%d", stage + 1, number);
    snprintf(conv, sizeof conv, "%s.conv1", prefix);
    snprintf(norm, sizeof norm, "%s.bn1", prefix);
    unit_parameters(net, &block->first, conv, norm, inputs, outputs, 3, stride, *height, *width);
    block->projects = stride != 1 || inputs != outputs;
    int in_height = *height, in_width = *width;
    *height = conv_out_height(&block->first.conv);
    *width = conv_out_width(&block->first.conv);
    snprintf(conv, sizeof conv, "%s.conv2", prefix);
    snprintf(norm, sizeof norm, "%s.bn2", prefix);
    unit_parameters(net, &block->second, conv, norm, outputs, outputs, 3, 1, *height, *width);
    snprintf(conv, sizeof conv, "%s.downsample.0", prefix);
    snprintf(norm, sizeof norm, "%s.downsample.1", prefix);
    if (block->projects)
        unit_parameters(net, &block->shortcut, conv, norm, inputs, outputs, 1, stride, in_height, in_width);
}

static void pool_parameters(struct resnet *net, struct resnet_block *block, int stage, int inputs, int *height,
                            int *width)
{
    char conv[NAME_MAX_LENGTH], norm[NAME_MAX_LENGTH];
    snprintf(conv, sizeof conv, "layer%d.pool.conv", stage + 1);
    snprintf(norm, sizeof norm, "layer%d.pool.bn", stage + 1);
    unit_parameters(net, &block->first, conv, norm, inputs, net->config.widths[stage], 3, 1, *height, *width);
    block->first.pools = true;
    *height = unit_height(&block->first);
    *width = unit_width(&block->first);
}

static void build_parameters(struct resnet *net)
{
    const struct resnet_config *config = &net->config;
    int height = config->height, width = config->width, inputs = config->widths[0];
    unit_parameters(net, &net->stem, "conv1", "bn1", 3, inputs, 3, 1, height, width);
    for (int stage = 0; stage < config->stages; stage++) {
        if (stage_pools(config, stage)) {
            pool_parameters(net, &net->block[net->blocks++], stage, inputs, &height, &width);
            inputs = config->widths[stage];
        }
        for (int number = 0; number < config->blocks[stage]; number++) {
            block_parameters(net, &net->block[net->blocks++], stage, number, inputs, &height, &width);
            inputs = config->widths[stage];
        }
    }
    net->features = channels_padded(inputs);
    net->classifier_weight = add_linear(net, "fc", inputs, config->classes);
    net->classifier_bias = add_vector(net, &net->parameters, "fc", ".bias", config->classes, ROLE_CLASSIFIER_BIAS);
    net->parameter_tensors = net->tensors;
}

/* Each batch norm's name is found from its gamma's, "X.weight" -> "X.running_mean". */
static void build_statistics(struct resnet *net)
{
    int parameters = net->tensors;
    for (int i = 0; i < parameters; i++) {
        if (net->tensor[i].role != ROLE_NORM_SCALE)
            continue;
        char prefix[NAME_MAX_LENGTH];
        snprintf(prefix, sizeof prefix, "%.*s", (int)strlen(net->tensor[i].name) - 7, net->tensor[i].name);
        int channels = net->tensor[i].outputs;
        add_vector(net, &net->statistics, prefix, ".running_mean", channels, ROLE_STATISTIC);
        add_vector(net, &net->statistics, prefix, ".running_var", channels, ROLE_STATISTIC);
    }
}

/* Calls visit for each convolution-and-norm unit, in the order of the parameters. */
static void each_unit(struct resnet *net, void (*visit)(struct resnet *, struct resnet_unit *, void *), void *data)
{
    visit(net, &net->stem, data);
    for (int i = 0; i < net->blocks; i++) {
        visit(net, &net->block[i].first, data);
        if (!net->block[i].first.pools)
            visit(net, &net->block[i].second, data);
        if (net->block[i].projects)
            visit(net, &net->block[i].shortcut, data);
    }
}

static void count_channels(struct resnet *net, struct resnet_unit *unit, void *total)
{
    (void)net;
    *(size_t *)total += (size_t)unit->norm.channels;
}

/* What the walk over the units hands out. */
struct cursor {
    float *running, *floats;
    double *doubles;
};

static float *take_floats(struct cursor *at, int count)
{
    float *block = at->floats;
    at->floats += count;
    return block;
}

static void place_norm(struct resnet *net, struct resnet_unit *unit, void *data)
{
    struct cursor *at = data;
    struct batchnorm *norm = &unit->norm;
    int channels = norm->channels;
    norm->gamma = net->weights + unit->gamma;
    norm->beta = net->weights + unit->beta;
    size_t step = ((size_t)channels + 15) / 16 * 16;
    norm->running_mean = at->running;
    norm->running_var = at->running + step;
    at->running += 2 * step;
    norm->scale = take_floats(at, channels);
    norm->shift = take_floats(at, channels);
    norm->a = take_floats(at, channels);
    norm->b = take_floats(at, channels);
    norm->c = take_floats(at, channels);
    norm->mean = at->doubles;
    norm->inverse = at->doubles + channels;
    at->doubles += 2 * channels;
    for (int c = 0; c < channels; c++)
        norm->running_var[c] = 1;
}

static void place_norms(struct resnet *net)
{
    size_t channels = 0;
    each_unit(net, count_channels, &channels);
    net->norm_floats = allocate_floats(checked_multiply(5, channels));
    net->norm_doubles = allocate(checked_multiply(2, channels), sizeof(double));
    struct cursor at = { net->running, net->norm_floats, net->norm_doubles };
    each_unit(net, place_norm, &at);
}

/* ---- memory for training ---- */

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The largest scratch that any convolution needs, and the most channels of any, the stem's among them. */
struct scratch_sizes {
    size_t workspace, prepared, widest;
};

static void place_output(struct resnet *net, struct resnet_unit *unit, void *data)
{
    struct scratch_sizes *sizes = data;
    sizes->workspace = larger(sizes->workspace, conv_workspace(&unit->conv, net->images));
    sizes->prepared = larger(sizes->prepared, conv_prepared_floats(&unit->conv));
    sizes->widest = larger(sizes->widest, (size_t)unit->conv.outputs);
    unit->y = allocate_floats(checked_multiply(conv_output_floats(&unit->conv), (size_t)net->images));
    if (!unit->pools)
        return;
    unit->pooled = allocate_floats(unit_floats(unit, net->images));
    sizes->workspace = larger(sizes->workspace, max_pool_scratch(net->images, unit->conv.outputs));
}

static void place_activations(struct resnet *net)
{
    size_t images = (size_t)net->images, largest = conv_output_floats(&net->stem.conv), inner = 0, shortcut = 0;
    struct scratch_sizes sizes = { 0 };
    each_unit(net, place_output, &sizes);
    net->input = allocate_floats(checked_multiply(conv_input_floats(&net->stem.conv), images));
    net->stem_out = allocate_floats(checked_multiply(conv_output_floats(&net->stem.conv), images));
    for (int i = 0; i < net->blocks; i++) {
        struct resnet_block *block = &net->block[i];
        const struct resnet_unit *last = resnet_last_unit(net, i);
        size_t out = unit_floats(last, 1);
        block->out = allocate_floats(checked_multiply(out, images));
        largest = larger(largest, out);
        if (!block->first.pools)
            inner = larger(inner, conv_output_floats(&block->first.conv));
        if (block->projects)
            shortcut = larger(shortcut, out / (size_t)last->conv.outputs * (size_t)block->first.conv.inputs);
    }
    net->gradient[0] = allocate_floats(checked_multiply(largest, images));
    net->gradient[1] = allocate_floats(checked_multiply(inner, images));
    net->shortcut_gradient = allocate_floats(checked_multiply(shortcut, images));
    net->feature = allocate_floats(checked_multiply((size_t)net->features, images));
    net->dfeature = allocate_floats(checked_multiply((size_t)net->features, images));
    net->logit = allocate_floats(checked_multiply((size_t)net->config.classes, images));
    net->dlogit = allocate_floats(checked_multiply((size_t)net->config.classes, images));
    net->sums = allocate(checked_multiply(3, sizes.widest), sizeof(double));
    net->parts = allocate_floats(pool_parts(net->images, net->features));
    net->prepared = allocate_floats(sizes.prepared);
    net->workspace = allocate_floats(sizes.workspace);
    net->workspace_floats = sizes.workspace;
}

struct resnet *resnet_describe(const struct resnet_config *config)
{
    struct resnet *net = allocate(1, sizeof *net);
    net->config = *config;
    net->block = allocate((size_t)block_count(config), sizeof *net->block);
    build_parameters(net);
    build_statistics(net);
    return net;
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

static void resize_unit(struct resnet *net, struct resnet_unit *unit, int height, int width)
{
    unit->conv.height = height;
    unit->conv.width = width;
    size_t workspace = net->images ? conv_workspace(&unit->conv, net->images) : 0;
    if (workspace > net->workspace_floats) {
        free(net->workspace);
        net->workspace = allocate_floats(workspace);
        net->workspace_floats = workspace;
    }
}

void resnet_resize(struct resnet *net, int height, int width)
{
    if (height < 1 || width < 1 || height > net->config.height || width > net->config.width)
        die("images of %d x %d do not fit a network for %d x %d", height, width, net->config.height,
            net->config.width);
    resize_unit(net, &net->stem, height, width);
    for (int i = 0; i < net->blocks; i++) {
        struct resnet_block *block = &net->block[i];
        resize_unit(net, &block->first, height, width);
        if (block->projects)
            resize_unit(net, &block->shortcut, height, width);
        height = unit_height(&block->first);
        width = unit_width(&block->first);
        if (!block->first.pools)
            resize_unit(net, &block->second, height, width);
    }
}

static void free_output(struct resnet *net, struct resnet_unit *unit, void *data)
{
    (void)net;
    (void)data;
    free(unit->y);
    free(unit->pooled);
}

void resnet_free(struct resnet *net)
{
    each_unit(net, free_output, NULL);
    for (int i = 0; i < net->blocks; i++)
        free(net->block[i].out);
    void *rest[] = { net->block,      net->tensor,      net->weights,  net->gradients,   net->running,
                     net->norm_floats, net->norm_doubles, net->input,  net->stem_out,    net->gradient[0],
                     net->gradient[1], net->shortcut_gradient, net->feature, net->dfeature, net->logit,
                     net->dlogit,     net->sums,        net->parts,    net->prepared,
                     net->workspace,  net };
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        free(rest[i]);
}

/* ---- values ---- */

static void initialize_tensor(struct resnet *net, const struct resnet_tensor *t, struct random *r)
{
    size_t count = (size_t)t->outputs * (size_t)(t->rank > 1 ? t->inputs : 1) *
                   (size_t)(t->rank == 4 ? t->kernel * t->kernel : 1);
    float *values = allocate_floats(count);
    float deviation = t->rank == 4 ? (float)sqrt(2.0 / ((double)t->outputs * t->kernel * t->kernel)) : 0;
    float bound = 1 / sqrtf((float)resnet_features(&net->config));
    bool classifier = t->role == ROLE_CLASSIFIER || t->role == ROLE_CLASSIFIER_BIAS;
    for (size_t i = 0; i < count; i++) {
        if (t->rank == 4)
            values[i] = deviation * random_normal(r);
        else if (classifier)
            values[i] = bound * (2 * random_uniform(r) - 1);
        else
            values[i] = t->role == ROLE_NORM_SCALE ? 1 : 0;
    }
    resnet_import(net, t, values);
    free(values);
}

void resnet_initialize(struct resnet *net, uint64_t seed)
{
    for (int i = 0; i < net->parameter_tensors; i++) {
        struct random r = random_of(seed, (uint64_t)i); /* one each: the same first layers at any depth */
        initialize_tensor(net, &net->tensor[i], &r);
    }
}

static void set_dirac(struct resnet *net, const struct resnet_tensor *t)
{
    size_t taps = (size_t)t->kernel * (size_t)t->kernel, filter = taps * (size_t)t->inputs;
    float *values = allocate_floats(filter * (size_t)t->outputs);
    resnet_export(net, t, values);
    for (int k = 0; k < t->outputs && k < t->inputs; k++) {
        memset(values + (size_t)k * filter, 0, filter * sizeof *values);
        values[(size_t)k * filter + (size_t)k * taps + taps / 2] = 1;
    }
    resnet_import(net, t, values);
    free(values);
}

void resnet_initialize_dirac(struct resnet *net)
{
    for (int i = 1; i < net->parameter_tensors; i++) /* 0 is the stem */
        if (net->tensor[i].role == ROLE_CONVOLUTION && net->tensor[i].kernel == 3)
            set_dirac(net, &net->tensor[i]);
}

void resnet_freeze(struct resnet *net, enum resnet_role role)
{
    for (int i = 0; i < net->tensors; i++)
        net->tensor[i].frozen |= net->tensor[i].role == role;
}

/* The stored position of value (k, c, r, q) of the outside world. */
static size_t stored_at(const struct resnet_tensor *t, int k, int c, int r, int q)
{
    if (t->rank == 1)
        return (size_t)k;
    if (t->rank == 2)
        return (size_t)k * (size_t)t->padded_inputs + (size_t)c;
    return ((size_t)(r * t->kernel + q) * (size_t)t->padded_inputs + (size_t)c) * (size_t)t->padded_outputs + (size_t)k;
}

static void copy_tensor(const struct resnet_tensor *t, float *stored, float *outside, bool out)
{
    int inputs = t->rank > 1 ? t->inputs : 1, kernel = t->rank == 4 ? t->kernel : 1;
    for (int k = 0; k < t->outputs; k++)
        for (int c = 0; c < inputs; c++)
            for (int r = 0; r < kernel; r++)
                for (int q = 0; q < kernel; q++, outside++) {
                    float *at = stored + stored_at(t, k, c, r, q);
                    if (out)
                        *outside = *at;
                    else
                        *at = *outside;
                }
}

static float *stored_tensor(const struct resnet *net, const struct resnet_tensor *t)
{
    bool parameter = t - net->tensor < net->parameter_tensors;
    return (parameter ? net->weights : net->running) + t->offset;
}

void resnet_export(const struct resnet *net, const struct resnet_tensor *t, float *outside)
{
    copy_tensor(t, stored_tensor(net, t), outside, true);
}

void resnet_import(struct resnet *net, const struct resnet_tensor *t, const float *outside)
{
    copy_tensor(t, stored_tensor(net, t), (float *)(uintptr_t)outside, false);
}

static double unit_multiply_adds(const struct resnet_unit *unit)
{
    return (double)conv_weight_floats(&unit->conv) * conv_out_height(&unit->conv) * conv_out_width(&unit->conv);
}

double resnet_multiply_adds(const struct resnet *net)
{
    double total = unit_multiply_adds(&net->stem) * 3 / 4; /* three of four stored channels are real */
    for (int i = 0; i < net->blocks; i++) {
        total += unit_multiply_adds(&net->block[i].first);
        if (!net->block[i].first.pools)
            total += unit_multiply_adds(&net->block[i].second);
        if (net->block[i].projects)
            total += unit_multiply_adds(&net->block[i].shortcut);
    }
    return total + (double)net->features * net->config.classes;
}

/* ---- forward ---- */

/* What a unit's batch norm takes. */
static float *norm_input(const struct resnet_unit *unit)
{
    return unit->pools ? unit->pooled : unit->y;
}

/* y = conv(act(x)), its maxima where the unit pools, and the scale and shift of its batch norm. */
static void unit_forward(struct resnet *net, struct resnet_unit *unit, int images, struct conv_input input)
{
    const struct conv *conv = &unit->conv;
    struct conv_output output = { .y = unit->y, .sums = unit->pools ? NULL : net->sums };
    const float *prepared = conv_prepare(conv, net->weights + unit->weight, net->prepared);
    conv_forward(conv, images, input, prepared, output, net->workspace);
    if (unit->pools)
        max_pool_forward(images, conv_out_height(conv), conv_out_width(conv), conv->outputs, unit->y, unit->pooled,
                         net->sums, net->workspace);
    batchnorm_forward(&unit->norm, net->sums, (double)unit_pixels(unit, images));
}

/* What the convolution after a unit sees of it. */
static struct conv_input activated(const struct resnet *net, const struct resnet_unit *unit)
{
    return (struct conv_input){ unit->y, unit->norm.scale, unit->norm.shift, net->config.activation };
}

/* out = act(the batch norm of a unit, and nothing else). */
static void unit_activate(struct resnet *net, const struct resnet_unit *unit, int images, float *out)
{
    const struct batchnorm *norm = &unit->norm;
    residual_forward(net->config.activation, unit_pixels(unit, images), norm->channels, norm_input(unit), norm->scale,
                     norm->shift, NULL, NULL, NULL, out);
}

static void block_forward(struct resnet *net, struct resnet_block *block, int images, const float *x)
{
    const struct batchnorm *norm2 = &block->second.norm;
    const struct batchnorm *projected = &block->shortcut.norm;
    unit_forward(net, &block->first, images, (struct conv_input){ .x = x });
    if (block->first.pools) {
        unit_activate(net, &block->first, images, block->out);
        return;
    }
    unit_forward(net, &block->second, images, activated(net, &block->first));
    if (block->projects)
        unit_forward(net, &block->shortcut, images, (struct conv_input){ .x = x });
    residual_forward(net->config.activation, unit_pixels(&block->second, images), norm2->channels, block->second.y,
                     norm2->scale, norm2->shift, block->projects ? block->shortcut.y : x,
                     block->projects ? projected->scale : NULL, block->projects ? projected->shift : NULL,
                     block->out);
}

static const float *block_input(const struct resnet *net, int block)
{
    return block ? net->block[block - 1].out : net->stem_out;
}

static void forward(struct resnet *net, int images)
{
    int last = net->blocks - 1;
    unit_forward(net, &net->stem, images, (struct conv_input){ .x = net->input });
    unit_activate(net, &net->stem, images, net->stem_out);
    for (int i = 0; i < net->blocks; i++)
        block_forward(net, &net->block[i], images, block_input(net, i));
    pool_forward(images, (int)unit_pixels(resnet_last_unit(net, last), 1), net->features, net->block[last].out,
                 net->feature);
    linear_forward(images, net->features, net->config.classes, net->feature, net->weights + net->classifier_weight,
                   net->weights + net->classifier_bias, net->logit);
}

/* ---- backward ---- */

static void norm_backward(struct resnet *net, struct resnet_unit *unit, int images, const double *sum_g,
                          const double *sum_gy)
{
    batchnorm_backward(&unit->norm, sum_g, sum_gy, (double)unit_pixels(unit, images), net->gradients + unit->gamma,
                       net->gradients + unit->beta);
}

/* The gradient at a unit's convolution, from g at its batch norm's output. */
static struct conv_gradient unit_gradient(const struct resnet_unit *unit, const float *g)
{
    return (struct conv_gradient){ g, unit->y, unit->norm.a, unit->norm.b, unit->norm.c };
}

/* The tensors whose sums with the gradient at a block's output its batch norms need. */
static void sums_with(const struct resnet *net, int block, const float *with[2])
{
    with[0] = norm_input(resnet_last_unit(net, block));
    with[1] = block >= 0 && net->block[block].projects ? net->block[block].shortcut.y : NULL;
}

/* What happens to the gradient at a block's input: it joins that of the shortcut, if there is one, and goes back
 * through the last activation of the block below, whose batch norms want its sums. */
static struct conv_epilogue join_below(const struct resnet *net, int number, const float *skip)
{
    struct conv_epilogue join = { .skip = skip, .skip_stride = 1, .activation = net->config.activation,
                                  .gate = block_input(net, number), .sums = net->sums };
    sums_with(net, number - 1, join.with);
    return join;
}

static void pool_block_backward(struct resnet *net, int number, int images)
{
    struct resnet_unit *unit = &net->block[number].first;
    const struct conv *conv = &unit->conv;
    const struct batchnorm *norm = &unit->norm;
    float *g = net->gradient[0];
    norm_backward(net, unit, images, net->sums, net->sums + norm->channels);
    max_pool_backward(images, conv_out_height(conv), conv_out_width(conv), conv->outputs, unit->y, unit->pooled, g,
                      norm->a, norm->b, norm->c, net->workspace);
    struct conv_epilogue join = join_below(net, number, NULL);
    conv_backward(conv, images, (struct conv_input){ .x = block_input(net, number) },
                  (struct conv_gradient){ .g = unit->y }, net->weights + unit->weight, net->gradients + unit->weight, g,
                  &join, net->workspace);
}

/* From g = gradient before the block's last activation (in gradient[0], with its sums in net->sums) to the same of the
 * block below. */
static void block_backward(struct resnet *net, int number, int images)
{
    struct resnet_block *block = &net->block[number];
    struct resnet_unit *first = &block->first, *second = &block->second, *shortcut = &block->shortcut;
    const float *x = block_input(net, number);
    float *g = net->gradient[0], *inner = net->gradient[1];
    int outputs = second->norm.channels;
    if (first->pools) {
        pool_block_backward(net, number, images);
        return;
    }

    norm_backward(net, second, images, net->sums, net->sums + outputs);
    if (block->projects)
        norm_backward(net, shortcut, images, net->sums, net->sums + 2 * outputs);

    struct conv_epilogue within = {
        .skip_stride = 1, .activation = net->config.activation,
        .gate = first->y, .gate_scale = first->norm.scale, .gate_shift = first->norm.shift,
        .with = { first->y, NULL },
        .sums = net->sums,
    };
    conv_backward(&second->conv, images, activated(net, first),
                  unit_gradient(second, g), net->weights + second->weight, net->gradients + second->weight, inner,
                  &within, net->workspace);
    norm_backward(net, first, images, net->sums, net->sums + first->norm.channels);

    struct conv_epilogue join = join_below(net, number, g);
    if (block->projects) {
        conv_backward(&shortcut->conv, images, (struct conv_input){ .x = x }, unit_gradient(shortcut, g),
                      net->weights + shortcut->weight, net->gradients + shortcut->weight, net->shortcut_gradient,
                      NULL, net->workspace);
        join.skip = net->shortcut_gradient;
        join.skip_stride = shortcut->conv.stride;
    }
    conv_backward(&first->conv, images, (struct conv_input){ .x = x }, unit_gradient(first, inner),
                  net->weights + first->weight, net->gradients + first->weight, g, &join, net->workspace);
}

static void backward(struct resnet *net, int images)
{
    const struct resnet_unit *last = resnet_last_unit(net, net->blocks - 1);
    const float *with[2];
    linear_backward(images, net->features, net->config.classes, net->feature, net->weights + net->classifier_weight,
                    net->dlogit, net->gradients + net->classifier_weight, net->gradients + net->classifier_bias,
                    net->dfeature);
    sums_with(net, net->blocks - 1, with);
    pool_backward(net->config.activation, images, (int)unit_pixels(last, 1), net->features, net->dfeature,
                  net->block[net->blocks - 1].out, with[0], with[1], net->gradient[0], net->sums, net->parts);
    for (int i = net->blocks - 1; i >= 0; i--)
        block_backward(net, i, images);
    norm_backward(net, &net->stem, images, net->sums, net->sums + net->stem.norm.channels);
    if (net->tensor[0].frozen) /* the stem's filters: nothing below them needs a gradient */
        return;
    conv_backward(&net->stem.conv, images, (struct conv_input){ .x = net->input },
                  unit_gradient(&net->stem, net->gradient[0]), net->weights + net->stem.weight,
                  net->gradients + net->stem.weight, NULL, NULL, net->workspace);
}

void resnet_train_step(struct resnet *net, int images, const int64_t *label, double smoothing, double *loss,
                       int64_t *right)
{
    int classes = net->config.classes;
    forward(net, images);
    for (int n = 0; n < images; n++) {
        const float *logit = net->logit + (size_t)n * (size_t)classes;
        *loss += cross_entropy(classes, logit, label[n], smoothing, 1.0 / images,
                               net->dlogit + (size_t)n * (size_t)classes);
        *right += largest_score(classes, logit) == label[n];
    }
    backward(net, images);
    net->steps++;
}
