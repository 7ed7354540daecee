#include "model/train_step.h"

#include "layers/linear.h"
#include "layers/loss.h"
#include "layers/max_pool.h"
#include "layers/residual.h"

/* ---- forward ---- */

static struct max_pool unit_pool(const struct resnet_unit *unit, int images)
{
    const struct conv *conv = &unit->conv;
    return (struct max_pool){ images, conv_out_height(conv), conv_out_width(conv), conv->outputs };
}

/* What a unit's batch norm takes. */
static float *norm_input(const struct resnet_unit *unit)
{
    return unit->pools ? unit->pooled : unit->y;
}

/* y = conv(act(x)), its maxima where the unit pools, and the scale and shift of its batch norm. */
static void unit_forward(struct resnet *net, struct resnet_unit *unit, int images, struct conv_input input)
{
    const struct conv_forward_pass pass = {
        .images = images,
        .input = input,
        .weight = conv_prepare(&unit->conv, resnet_values(net, unit->weight), net->prepared),
        .output = { .y = unit->y, .sums = unit->pools ? NULL : net->sums },
        .workspace = net->workspace,
    };
    conv_forward(&unit->conv, &pass);
    if (unit->pools) {
        struct max_pool pool = unit_pool(unit, images);
        max_pool_forward(&pool, unit->y, unit->pooled, net->sums, net->workspace);
    }
    batchnorm_forward(&unit->norm, net->sums, (double)unit_pixels(unit, images));
}

/* What the convolution after a unit sees of it. */
static struct conv_input activated(const struct resnet *net, const struct resnet_unit *unit)
{
    return (struct conv_input){ unit->y, unit->norm.scale, unit->norm.shift, net->config.activation };
}

/* out = act(the batch norm of a unit), to which a skip may be added before. */
static struct residual unit_end(const struct resnet *net, const struct resnet_unit *unit, int images, float *out)
{
    return (struct residual){
        .activation = net->config.activation,
        .pixels = unit_pixels(unit, images),
        .channels = unit->norm.channels,
        .y = norm_input(unit),
        .scale = unit->norm.scale,
        .shift = unit->norm.shift,
        .out = out,
    };
}

static void block_forward(struct resnet *net, struct resnet_block *block, int images, const float *x)
{
    const struct resnet_unit *shortcut = block->shortcut;
    unit_forward(net, block->first, images, (struct conv_input){ .x = x });
    if (!block->second) {
        struct residual end = unit_end(net, block->first, images, block->out);
        residual_forward(&end);
        return;
    }
    unit_forward(net, block->second, images, activated(net, block->first));
    struct residual end = unit_end(net, block->second, images, block->out);
    end.skip = x;
    if (shortcut) {
        unit_forward(net, block->shortcut, images, (struct conv_input){ .x = x });
        end.skip = shortcut->y;
        end.skip_scale = shortcut->norm.scale;
        end.skip_shift = shortcut->norm.shift;
    }
    residual_forward(&end);
}

static const float *block_input(const struct resnet *net, int block)
{
    return block ? net->block[block - 1].out : net->stem_out;
}

static void forward(struct resnet *net, int images)
{
    int last = net->blocks - 1;
    struct maps maps = unit_maps(resnet_last_unit(net, last), images);
    unit_forward(net, &net->unit[0], images, (struct conv_input){ .x = net->input });
    struct residual stem = unit_end(net, &net->unit[0], images, net->stem_out);
    residual_forward(&stem);
    for (int i = 0; i < net->blocks; i++)
        block_forward(net, &net->block[i], images, block_input(net, i));
    pool_forward(&maps, net->block[last].out, net->feature);
    linear_forward(images, net->features, net->config.classes, net->feature,
                   resnet_values(net, net->classifier_weight), resnet_values(net, net->classifier_bias), net->logit);
}

/* ---- backward ---- */

static void norm_backward(struct resnet *net, struct resnet_unit *unit, int images, const double *sum_g,
                          const double *sum_gy)
{
    batchnorm_backward(&unit->norm, sum_g, sum_gy, (double)unit_pixels(unit, images),
                       resnet_gradients(net, unit->gamma), resnet_gradients(net, unit->beta));
}

/* The gradient at a unit's convolution, from g at its batch norm's output. */
static struct conv_gradient unit_gradient(const struct resnet_unit *unit, const float *g)
{
    return (struct conv_gradient){ g, unit->y, unit->norm.a, unit->norm.b, unit->norm.c };
}

/* The gradients of a unit's weights and, through the epilogue, of its input. dx NULL: not wanted. */
static void unit_backward(struct resnet *net, struct resnet_unit *unit, int images, struct conv_input input,
                          struct conv_gradient gradient, float *dx, struct conv_epilogue epilogue)
{
    const struct conv_backward_pass pass = {
        .images = images,
        .input = input,
        .gradient = gradient,
        .weight = resnet_values(net, unit->weight),
        .dweight = resnet_gradients(net, unit->weight),
        .dx = dx,
        .epilogue = epilogue,
        .workspace = net->workspace,
    };
    conv_backward(&unit->conv, &pass);
}

/* The tensors whose sums with the gradient at a block's output its batch norms need. */
static void sums_with(const struct resnet *net, int block, const float *with[2])
{
    with[0] = norm_input(resnet_last_unit(net, block));
    with[1] = block >= 0 && net->block[block].shortcut ? net->block[block].shortcut->y : NULL;
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

/* What happens to the gradient between the two units of a block. */
static struct conv_epilogue join_within(const struct resnet *net, const struct resnet_unit *first)
{
    return (struct conv_epilogue){
        .activation = net->config.activation,
        .gate = first->y,
        .gate_scale = first->norm.scale,
        .gate_shift = first->norm.shift,
        .with = { first->y, NULL },
        .sums = net->sums,
    };
}

static void pool_block_backward(struct resnet *net, int number, int images)
{
    struct resnet_unit *unit = net->block[number].first;
    const struct batchnorm *norm = &unit->norm;
    struct max_pool pool = unit_pool(unit, images);
    norm_backward(net, unit, images, net->sums, net->sums + norm->channels);
    const struct max_pool_gradient gradient = { unit->pooled, net->gradient[0], norm->a, norm->b, norm->c };
    max_pool_backward(&pool, unit->y, &gradient, net->workspace);
    unit_backward(net, unit, images, (struct conv_input){ .x = block_input(net, number) },
                  (struct conv_gradient){ .g = unit->y }, net->gradient[0], join_below(net, number, NULL));
}

/* From g = gradient before the block's last activation (in gradient[0], with its sums in net->sums) to the same of the
 * block below. */
static void block_backward(struct resnet *net, int number, int images)
{
    struct resnet_block *block = &net->block[number];
    struct resnet_unit *first = block->first, *second = block->second, *shortcut = block->shortcut;
    const struct conv_input x = { .x = block_input(net, number) };
    float *g = net->gradient[0], *inner = net->gradient[1];
    if (!second) {
        pool_block_backward(net, number, images);
        return;
    }
    norm_backward(net, second, images, net->sums, net->sums + second->norm.channels);
    if (shortcut)
        norm_backward(net, shortcut, images, net->sums, net->sums + 2 * second->norm.channels);
    unit_backward(net, second, images, activated(net, first), unit_gradient(second, g), inner, join_within(net, first));
    norm_backward(net, first, images, net->sums, net->sums + first->norm.channels);

    struct conv_epilogue join = join_below(net, number, g);
    if (shortcut) {
        unit_backward(net, shortcut, images, x, unit_gradient(shortcut, g), net->shortcut_gradient,
                      (struct conv_epilogue){ 0 });
        join.skip = net->shortcut_gradient;
        join.skip_stride = (int)shortcut->conv.stride;
    }
    unit_backward(net, first, images, x, unit_gradient(first, inner), g, join);
}

static void pool_features_backward(struct resnet *net, int images)
{
    int last = net->blocks - 1;
    struct maps maps = unit_maps(resnet_last_unit(net, last), images);
    struct pool_backward_pass pass = {
        .dfeature = net->dfeature,
        .activation = net->config.activation,
        .x = net->block[last].out,
        .dx = net->gradient[0],
        .sums = net->sums,
        .parts = net->parts,
    };
    sums_with(net, last, pass.with);
    pool_backward(&maps, &pass);
}

static void backward(struct resnet *net, int images)
{
    struct resnet_unit *stem = &net->unit[0];
    linear_backward(images, net->features, net->config.classes, net->feature,
                    resnet_values(net, net->classifier_weight), net->dlogit,
                    resnet_gradients(net, net->classifier_weight), resnet_gradients(net, net->classifier_bias),
                    net->dfeature);
    pool_features_backward(net, images);
    for (int i = net->blocks - 1; i >= 0; i--)
        block_backward(net, i, images);
    norm_backward(net, stem, images, net->sums, net->sums + stem->norm.channels);
    if (!stem->weight->frozen) /* if so, nothing below needs a gradient */
        unit_backward(net, stem, images, (struct conv_input){ .x = net->input },
                      unit_gradient(stem, net->gradient[0]), NULL, (struct conv_epilogue){ 0 });
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
