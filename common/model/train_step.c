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

/* The input of a unit's batch norm. */
static float *norm_input(const struct resnet_unit *unit)
{
    return unit->pools ? unit->pooled : unit->y;
}

/* The input of a unit's convolution. */
static struct conv_input unit_input(const struct resnet *net, const struct resnet_unit *unit)
{
    const struct resnet_unit *from = unit->from;
    if (!from)
        return (struct conv_input){ .x = net->input };
    if (unit->fused)
        return (struct conv_input){ from->y, from->norm.scale, from->norm.shift, net->config.activation };
    return (struct conv_input){ .x = from->out };
}

/* y = conv(act(x)), its maxima if the unit pools, and scale and shift of its batch norm. */
static void unit_forward(struct resnet *net, struct resnet_unit *unit, int images)
{
    const struct conv_forward_pass pass = {
        .images = images,
        .input = unit_input(net, unit),
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

/* out = act(batch norm of a unit), to which a skip may be added before the activation. */
static struct residual unit_end(const struct resnet *net, const struct resnet_unit *unit, int images)
{
    return (struct residual){
        .activation = net->config.activation,
        .pixels = unit_pixels(unit, images),
        .channels = unit->norm.channels,
        .y = norm_input(unit),
        .scale = unit->norm.scale,
        .shift = unit->norm.shift,
        .out = unit->out,
    };
}

/* The output of a block whose units have been computed; for block -1, of the stem. */
static void block_end(struct resnet *net, int number, int images)
{
    struct residual end = unit_end(net, resnet_last_unit(net, number), images);
    const struct resnet_block *block = number < 0 ? NULL : &net->block[number];
    if (block && block->second)
        end.skip = block->first->from->out;
    if (block && block->shortcut) {
        end.skip = block->shortcut->y;
        end.skip_scale = block->shortcut->norm.scale;
        end.skip_shift = block->shortcut->norm.shift;
    }
    residual_forward(&end);
}

/* The first unit of a block, or the end of all units. */
static const struct resnet_unit *block_begin(const struct resnet *net, int number)
{
    return number < net->blocks ? net->block[number].first : net->unit + net->units;
}

/* Features and logits, from the output of the last block. */
static void head_forward(struct resnet *net, int images)
{
    const struct resnet_unit *last = resnet_last_unit(net, net->blocks - 1);
    struct maps maps = unit_maps(last, images);
    pool_forward(&maps, last->out, net->feature);
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

/* The gradient at a unit's convolution, from the gradient g at its batch norm's output. */
static struct conv_gradient unit_gradient(const struct resnet_unit *unit, const float *g)
{
    return (struct conv_gradient){ g, unit->y, unit->norm.a, unit->norm.b, unit->norm.c };
}

/* The gradients of a unit's weights and, through the epilogue, of its input; dx NULL if that is not needed. */
static void unit_backward(struct resnet *net, struct resnet_unit *unit, int images, struct conv_gradient gradient,
                          float *dx, struct conv_epilogue epilogue)
{
    const struct conv_backward_pass pass = {
        .images = images,
        .input = unit_input(net, unit),
        .gradient = gradient,
        .weight = resnet_values(net, unit->weight),
        .dweight = resnet_gradients(net, unit->weight),
        .dx = dx,
        .epilogue = epilogue,
        .workspace = net->workspace,
    };
    conv_backward(&unit->conv, &pass);
}

/* The tensors for which the batch norms of a block need sums with the gradient at the block's output. */
static void sums_with(const struct resnet *net, int block, const float *with[2])
{
    with[0] = norm_input(resnet_last_unit(net, block));
    with[1] = block >= 0 && net->block[block].shortcut ? net->block[block].shortcut->y : NULL;
}

/* What is done with the gradient at a block's input: the gradient of the shortcut, if there is one, is added; the sum
 * goes back through the last activation of the block below, and the sums for that block's batch norms are taken. */
static struct conv_epilogue join_below(const struct resnet *net, int number, const float *skip)
{
    struct conv_epilogue join = { .skip = skip, .skip_stride = 1, .activation = net->config.activation,
                                  .gate = net->block[number].first->from->out, .sums = net->sums };
    sums_with(net, number - 1, join.with);
    return join;
}

/* What is done with the gradient between the two units of a block. */
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
    unit_backward(net, unit, images, (struct conv_gradient){ .g = unit->y }, net->gradient[0],
                  join_below(net, number, NULL));
}

/* From the gradient before the block's last activation (in gradient[0], with its sums in net->sums) to the same of the
 * block below. */
static void block_backward(struct resnet *net, int number, int images)
{
    struct resnet_block *block = &net->block[number];
    struct resnet_unit *first = block->first, *second = block->second, *shortcut = block->shortcut;
    float *g = net->gradient[0], *inner = net->gradient[1];
    if (!second) {
        pool_block_backward(net, number, images);
        return;
    }
    norm_backward(net, second, images, net->sums, net->sums + second->norm.channels);
    if (shortcut)
        norm_backward(net, shortcut, images, net->sums, net->sums + 2 * second->norm.channels);
    unit_backward(net, second, images, unit_gradient(second, g), inner, join_within(net, first));
    norm_backward(net, first, images, net->sums, net->sums + first->norm.channels);

    struct conv_epilogue join = join_below(net, number, g);
    if (shortcut) {
        unit_backward(net, shortcut, images, unit_gradient(shortcut, g), net->shortcut_gradient,
                      (struct conv_epilogue){ 0 });
        join.skip = net->shortcut_gradient;
        join.skip_stride = (int)shortcut->conv.stride;
    }
    unit_backward(net, first, images, unit_gradient(first, inner), g, join);
}

/* From the gradient of the logits to the gradient before the last block's activation, with its sums. */
static void head_backward(struct resnet *net, int images)
{
    const struct resnet_unit *last = resnet_last_unit(net, net->blocks - 1);
    struct maps maps = unit_maps(last, images);
    struct pool_backward_pass pass = {
        .dfeature = net->dfeature,
        .activation = net->config.activation,
        .x = last->out,
        .dx = net->gradient[0],
        .sums = net->sums,
        .parts = net->parts,
    };
    linear_backward(images, net->features, net->config.classes, net->feature,
                    resnet_values(net, net->classifier_weight), net->dlogit,
                    resnet_gradients(net, net->classifier_weight), resnet_gradients(net, net->classifier_bias),
                    net->dfeature);
    sums_with(net, net->blocks - 1, pass.with);
    pool_backward(&maps, &pass);
}

static void stem_backward(struct resnet *net, int images)
{
    struct resnet_unit *stem = &net->unit[0];
    norm_backward(net, stem, images, net->sums, net->sums + stem->norm.channels);
    if (!stem->weight->frozen) /* otherwise nothing below needs a gradient */
        unit_backward(net, stem, images, unit_gradient(stem, net->gradient[0]), NULL, (struct conv_epilogue){ 0 });
}

/* ---- the step ---- */

/* The loss of each image, and the gradient of their mean at the logits. */
static void loss_of_images(struct resnet *net, int images, const int64_t *label, double smoothing, double *loss,
                           int64_t *right)
{
    int classes = net->config.classes;
    for (int n = 0; n < images; n++) {
        const float *logit = net->logit + (size_t)n * (size_t)classes;
        *loss += cross_entropy(classes, logit, label[n], smoothing, 1.0 / images,
                               net->dlogit + (size_t)n * (size_t)classes);
        *right += largest_score(classes, logit) == label[n];
    }
}

void resnet_train_step(struct resnet *net, int images, const int64_t *label, double smoothing, double *loss,
                       int64_t *right)
{
    int block = -1; /* the stem */
    for (struct resnet_unit *unit = net->unit; unit < net->unit + net->units; unit++) {
        unit_forward(net, unit, images);
        if (unit + 1 == block_begin(net, block + 1))
            block_end(net, block++, images);
    }
    head_forward(net, images);
    loss_of_images(net, images, label, smoothing, loss, right);
    head_backward(net, images);
    for (int i = net->blocks - 1; i >= 0; i--)
        block_backward(net, i, images);
    stem_backward(net, images);
    net->steps++;
}
