/* Whole small networks, one that halves images by strides and one by maxima: against PyTorch (logits, loss, every
 * gradient, ten optimizer steps, evaluation), against finite differences, and that batch size, threads and padding
 * leave the results alone. */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "base/random.h"
#include "base/threads.h"
#include "check.h"
#include "fixture.h"
#include "learning/sgd.h"
#include "model/fault.h"
#include "model/inference.h"
#include "model/initialize.h"
#include "model/input.h"
#include "model/resnet.h"
#include "model/train_step.h"

/* Relative to the largest value of a tensor. The fixture is in double precision; single precision rounds at 6e-8 and a
 * fast convolution at up to 5e-6 per layer, over eight layers and back. Ten steps let that grow. */
static const double forward_tolerance = 2e-5, gradient_tolerance = 1e-4, steps_tolerance = 5e-4;

static struct frame fixture;

enum { STEPS = 10, BATCH = 6 };

static double about(const char *key)
{
    double value = NAN;
    CHECK(parse_real(frame_metadata(&fixture, key), -1e9, 1e9, &value));
    return value;
}

static const struct tensor *get(const char *name)
{
    const struct tensor *tensor = frame_find(&fixture, name);
    CHECK(tensor != NULL);
    return tensor;
}

static bool pools(void)
{
    return strcmp(frame_metadata(&fixture, "downsample"), "pool") == 0;
}

static struct resnet_config fixture_config(void)
{
    const int64_t *shape = get("image")->shape;
    struct resnet_config config = { .stages = 2, .widths = { 6, 9 }, .blocks = { 1, 2 },
                                    .classes = (int)about("classes"), .height = (int)shape[2],
                                    .width = (int)shape[3] };
    if (pools())
        config = (struct resnet_config){ .stages = 3, .widths = { 6, 9, 5 }, .blocks = { 0, 1, 0 },
                                         .classes = config.classes, .height = config.height, .width = config.width,
                                         .downsample = DOWNSAMPLE_POOL };
    return config;
}

/* The network before the first step, its running statistics at 0 and 1; or after the last. */
static struct resnet *network_before(int images)
{
    struct resnet_config config = fixture_config();
    struct resnet *net = resnet_new(&config, images);
    for (int i = 0; i < net->parameter_tensors; i++)
        resnet_import(net, &net->tensor[i], fixture_tensor(&fixture, "before", net->tensor[i].name)->data);
    return net;
}

static struct resnet *network_after(void)
{
    struct resnet_config config = fixture_config();
    struct resnet *net = resnet_new(&config, 0);
    for (int i = 0; i < net->tensors; i++)
        resnet_import(net, &net->tensor[i], fixture_tensor(&fixture, "after", net->tensor[i].name)->data);
    return net;
}

/* The images of a step into the network's input, their labels as result. */
static const int64_t *load_step(int step, int images, float *input)
{
    static const struct normalization normalization = { { 0.5f, 0.45f, 0.4f }, { 0.3f, 0.25f, 0.28f } };
    const struct tensor *image = get("image");
    int height = (int)image->shape[2], width = (int)image->shape[3], pixels = height * width;
    const uint8_t *from = (const uint8_t *)image->data + step * BATCH * 3 * pixels;
    for (int i = 0; i < images; i++)
        input_normalize(&normalization, from + i * 3 * pixels, height, width, input + i * 4 * pixels);
    return (const int64_t *)get("label")->data + step * BATCH;
}

static size_t outside_floats(const struct resnet_tensor *t)
{
    return (size_t)t->outputs * (size_t)(t->rank > 1 ? t->inputs : 1) *
           (size_t)(t->rank == 4 ? t->kernel * t->kernel : 1);
}

/* A tensor of the network, or of its gradients, against PREFIX.NAME. */
static void check_tensor(struct resnet *net, const struct resnet_tensor *t, bool gradient, const char *prefix,
                         double tolerance)
{
    float *got = allocate_floats(outside_floats(t));
    resnet_export(t, gradient ? resnet_gradients(net, t) : resnet_values(net, t), got);
    const struct tensor *want = fixture_tensor(&fixture, prefix, t->name);
    if (!CHECK_INTEGER((int64_t)tensor_elements(want), (int64_t)outside_floats(t)) ||
        !CHECK_FLOATS_RELATIVE(got, (const float *)want->data, outside_floats(t), tolerance))
        fprintf(stderr, "  in %s.%s\n", prefix, t->name);
    free(got);
}

static double step_loss(struct resnet *net, int step)
{
    double loss = 0;
    int64_t right = 0;
    const int64_t *label = load_step(step, BATCH, net->input);
    resnet_train_step(net, BATCH, label, about("smoothing"), &loss, &right);
    return loss / BATCH;
}

static void one_step_is_pytorchs(void)
{
    struct resnet *net = network_before(BATCH);
    double loss = 0;
    int64_t right = 0, right_wanted = 0;
    int classes = net->config.classes;
    const int64_t *label = load_step(0, BATCH, net->input);
    const float *logit = get("logit")->data;
    resnet_train_step(net, BATCH, label, about("smoothing"), &loss, &right);
    CHECK_FLOATS_RELATIVE(net->logit, logit, (size_t)(BATCH * classes), forward_tolerance);
    CHECK_NEAR(loss / BATCH, (double)((const float *)get("loss")->data)[0], forward_tolerance);
    for (int n = 0; n < BATCH; n++) {
        bool largest = true;
        for (int k = 0; k < classes; k++)
            largest &= logit[n * classes + k] <= logit[n * classes + label[n]];
        right_wanted += largest;
    }
    CHECK_INTEGER(right, right_wanted);
    for (int i = 0; i < net->parameter_tensors; i++)
        check_tensor(net, &net->tensor[i], true, "gradient", gradient_tolerance);
    resnet_free(net);
}

static void ten_steps_are_pytorchs(void)
{
    struct resnet *net = network_before(BATCH);
    struct sgd sgd = { about("momentum"), about("weight_decay"), 1, false };
    float *velocity = allocate_floats(net->parameters);
    for (int step = 0; step < STEPS; step++) {
        CHECK_NEAR(step_loss(net, step), (double)((const float *)get("loss")->data)[step], steps_tolerance);
        sgd_update(&sgd, (double)((const float *)get("rate")->data)[step], net, velocity);
    }
    CHECK_INTEGER(net->steps, *(const int64_t *)fixture_tensor(&fixture, "after", "bn1.num_batches_tracked")->data);
    for (int i = 0; i < net->tensors; i++) /* running statistics among them */
        check_tensor(net, &net->tensor[i], false, "after", steps_tolerance);
    free(velocity);
    resnet_free(net);
}

/* What is stored beside the real channels never becomes other than 0: it would leak into them. */
static void check_padding(enum activation activation)
{
    struct resnet *net = network_before(BATCH), *bare = network_before(0);
    net->config.activation = activation;
    struct sgd sgd = { 0.9, 5e-4, 1, false };
    float *velocity = allocate_floats(net->parameters);
    for (int step = 0; step < 3; step++) {
        step_loss(net, step);
        sgd_update(&sgd, 0.1, net, velocity);
    }
    for (int i = 0; i < net->parameter_tensors; i++) {
        float *values = allocate_floats(outside_floats(&net->tensor[i]));
        resnet_export(&net->tensor[i], resnet_values(net, &net->tensor[i]), values);
        resnet_import(bare, &bare->tensor[i], values);
        free(values);
    }
    CHECK_FLOATS(net->weights, bare->weights, net->parameters, 0);
    free(velocity);
    resnet_free(net);
    resnet_free(bare);
}

static void padding_stays_zero(void)
{
    check_padding(ACTIVATION_RELU);
    check_padding(ACTIVATION_CELU);
}

/* Features [images][stored] against the fixture's [images][channels]. */
static void check_features(const float *got, int stored, const char *layer)
{
    const struct tensor *want = fixture_tensor(&fixture, "eval", layer);
    int images = (int)want->shape[0], channels = (int)want->shape[1];
    float *bare = allocate_floats((size_t)(images * channels));
    for (int i = 0; i < images * channels; i++)
        bare[i] = got[i / channels * stored + i % channels];
    CHECK_FLOATS_RELATIVE(bare, (const float *)want->data, (size_t)(images * channels), forward_tolerance);
    free(bare);
}

static void inference_is_pytorchs_evaluation(void)
{
    static const char *const strided[] = { "conv1", "layer1.0", "layer2.0", "layer2.1" };
    static const char *const strided_too[] = { "conv1", "layer1", "layer2.0", "layer2" };
    static const char *const pooled[] = { "conv1", "layer2.pool", "layer2.0", "layer3.pool" };
    static const char *const pooled_too[] = { "layer1", "layer2.pool", "layer2", "layer3" };
    const char *const *layers = pools() ? pooled : strided, *const *same = pools() ? pooled_too : strided_too;
    struct resnet *net = network_after();
    struct inference inference = inference_new(net, BATCH);
    for (int i = 0; i < 4; i++) {
        int layer, by_other_name;
        CHECK(inference_layer(net, layers[i], &layer));
        CHECK(inference_layer(net, same[i], &by_other_name));
        CHECK_INTEGER(by_other_name, layer);
        CHECK_INTEGER(inference_channels(net, layer), fixture_tensor(&fixture, "eval", layers[i])->shape[1]);
        inference_tap(&inference, layer, 1);
        load_step(0, BATCH, inference.input);
        inference_run(&inference, BATCH);
        check_features(inference.tap_feature, channels_padded(inference_channels(net, layer)), layers[i]);
    }
    float *map = fixture_maps(&fixture, "eval", "fmap");
    const int64_t *shape = fixture_tensor(&fixture, "eval", "fmap")->shape;
    CHECK_INTEGER(resnet_map_height(&net->config), shape[2]);
    CHECK_INTEGER(resnet_map_width(&net->config), shape[3]);
    CHECK_FLOATS_RELATIVE(inference.map, map, (size_t)(BATCH * shape[2] * shape[3] * net->features), forward_tolerance);
    check_features(inference.feature, net->features, layers[3]);
    CHECK_FLOATS_RELATIVE(inference.logit, (const float *)get("eval.logit")->data, BATCH * 5, forward_tolerance);
    free(map);
    inference_free(&inference);
    resnet_free(net);
}

static void names_of_no_layer_are_refused(void)
{
    static const char *const names[] = { "", "layer", "layer0", "layer4", "layer1.1", "layer2.2", "conv2", "layer1.",
                                         "layer1.pool", "layer2.", "layer2.p", "fc" };
    struct resnet *net = network_before(0);
    int layer;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(!inference_layer(net, names[i], &layer));
    resnet_free(net);
}

/* The slope of the loss along a direction, from losses on both sides: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h. */
static double measured_slope(struct resnet *net, const float *weights, const float *direction, double h)
{
    static const double at[] = { 1, -1, 2, -2 }, factor[] = { 8, -8, -1, 1 };
    double slope = 0;
    for (int i = 0; i < 4; i++) {
        for (size_t p = 0; p < net->parameters; p++)
            net->weights[p] = (float)((double)weights[p] + at[i] * h * (double)direction[p]);
        slope += factor[i] * step_loss(net, 0) / (12 * h);
    }
    memcpy(net->weights, weights, net->parameters * sizeof *weights);
    return slope;
}

/* A direction within one tensor: half its gradient, half at random, so that the slope is large and yet every value has
 * a say. */
static void choose_direction(const struct resnet *net, const struct resnet_tensor *t, const float *gradients,
                             struct random *random, float *direction)
{
    double gradient_norm = 0, random_norm = 0;
    struct resnet like = *net;
    float *values = allocate_floats(outside_floats(t));
    memset(direction, 0, net->parameters * sizeof *direction);
    for (size_t i = 0; i < outside_floats(t); i++) {
        values[i] = random_normal(random);
        random_norm += (double)values[i] * (double)values[i];
    }
    like.weights = direction;
    resnet_import(&like, t, values); /* real channels only */
    free(values);
    bool last = t == net->tensor + net->parameter_tensors - 1;
    size_t end = last ? net->parameters : (t + 1)->offset;
    for (size_t p = t->offset; p < end; p++)
        gradient_norm += (double)gradients[p] * (double)gradients[p];
    for (size_t p = t->offset; p < end; p++)
        direction[p] = (float)((double)direction[p] / sqrt(random_norm) +
                               (double)gradients[p] / sqrt(gradient_norm));
}

static void check_gradients(enum activation activation, double step, double kinks)
{
    struct resnet *net = network_before(BATCH);
    net->config.activation = activation;
    float *weights = allocate_floats(net->parameters), *gradients = allocate_floats(net->parameters);
    float *direction = allocate_floats(net->parameters);
    memcpy(weights, net->weights, net->parameters * sizeof *weights);
    step_loss(net, 0);
    memcpy(gradients, net->gradients, net->parameters * sizeof *gradients);
    for (int i = 0; i < net->parameter_tensors; i++) {
        struct random random = random_of(1, (uint64_t)i);
        double slope = 0;
        choose_direction(net, &net->tensor[i], gradients, &random, direction);
        for (size_t p = 0; p < net->parameters; p++)
            slope += (double)gradients[p] * (double)direction[p];
        /* losses good to 1e-7 give slopes to 1e-7 / step */
        if (!CHECK_NEAR(measured_slope(net, weights, direction, step), slope, kinks * fabs(slope) + 1e-7 / step))
            fprintf(stderr, "  in %s\n", net->tensor[i].name);
    }
    free(weights);
    free(gradients);
    free(direction);
    resnet_free(net);
}

static void gradients_are_finite_differences(void)
{
    check_gradients(ACTIVATION_RELU, 3e-4, 0.02); /* kinks on the way add up to 1.4 % */
    check_gradients(ACTIVATION_CELU, 1e-3, 2e-3); /* none: a longer step, so that rounding counts less */
}

/* A network made for more images than come, and more threads, computes the same bits. */
static void check_room_and_threads(enum activation activation)
{
    struct resnet *tight = network_before(BATCH);
    tight->config.activation = activation;
    double loss = step_loss(tight, 0);
    for (int threads = 1; threads <= 3; threads++) {
        threads_start(threads);
        struct resnet *roomy = network_before(BATCH + threads);
        roomy->config.activation = activation;
        double same = step_loss(roomy, 0);
        CHECK_BYTES(&same, &loss, sizeof loss);
        CHECK_BYTES(roomy->gradients, tight->gradients, tight->parameters * sizeof(float));
        CHECK_BYTES(roomy->running, tight->running, tight->statistics * sizeof(float));
        resnet_free(roomy);
    }
    threads_start(2);
    resnet_free(tight);
}

static void neither_room_nor_threads_change_the_result(void)
{
    check_room_and_threads(ACTIVATION_RELU);
    check_room_and_threads(ACTIVATION_CELU);
}

/* Outputs of one image do not depend on those beside it. */
static void inference_is_image_by_image(void)
{
    struct resnet *net = network_after();
    struct inference all = inference_new(net, BATCH), one = inference_new(net, 1);
    size_t image = conv_input_floats(&net->unit[0].conv);
    load_step(0, BATCH, all.input);
    inference_run(&all, BATCH);
    for (int i = 0; i < BATCH; i++) {
        memcpy(one.input, all.input + (size_t)i * image, image * sizeof(float));
        inference_run(&one, 1);
        CHECK_BYTES(one.logit, all.logit + i * net->config.classes, (size_t)net->config.classes * sizeof(float));
    }
    inference_free(&all);
    inference_free(&one);
    resnet_free(net);
}

/* He et al.: deviation sqrt(2 / (outputs kernel^2)); the classifier within 1 / sqrt(features); a seed gives its
 * bits. */
static void initial_weights(void)
{
    struct resnet_config config = { .stages = 2, .widths = { 32, 64 }, .blocks = { 1, 1 }, .classes = 10,
                                    .height = 8, .width = 8 };
    struct resnet *net = resnet_new(&config, 0), *same = resnet_new(&config, 0), *other = resnet_new(&config, 0);
    resnet_initialize(net, 1);
    resnet_initialize(same, 1);
    resnet_initialize(other, 2);
    CHECK_BYTES(net->weights, same->weights, net->parameters * sizeof(float));
    CHECK(memcmp(net->weights, other->weights, net->parameters * sizeof(float)) != 0);
    for (int i = 0; i < net->parameter_tensors; i++) {
        const struct resnet_tensor *t = &net->tensor[i];
        size_t count = outside_floats(t);
        float *values = allocate_floats(count);
        double squares = 0, largest = 0;
        resnet_export(t, resnet_values(net, t), values);
        for (size_t v = 0; v < count; v++) {
            squares += (double)values[v] * (double)values[v];
            largest = fmax(largest, fabs((double)values[v]));
        }
        if (t->rank == 4) /* 5 standard errors of a mean of squares */
            CHECK_NEAR(squares / (double)count * t->outputs * t->kernel * t->kernel / 2, 1,
                       5 * sqrt(2 / (double)count));
        else if (strncmp(t->name, "fc.", 3) == 0)
            CHECK(largest <= 1 / sqrt(64) && largest > 0);
        else
            CHECK_NEAR(squares / (double)count, strstr(t->name, ".weight") ? 1 : 0, 0);
        free(values);
    }
    resnet_free(net);
    resnet_free(same);
    resnet_free(other);
}

/* A network for large images computes for small ones what one made for them does. */
static void other_sizes(void)
{
    struct resnet *net = network_before(BATCH);
    struct resnet_config config = net->config;
    int64_t label[BATCH] = { 0, 1, 2, 0, 1, 2 }, right = 0;
    for (int height = 1; height <= net->config.height; height += 3)
        for (int width = 2; width <= net->config.width; width += 4) {
            struct random random = random_of(7, (uint64_t)(height * 100 + width));
            double loss = 0, want = 0;
            config.height = height;
            config.width = width;
            struct resnet *small = resnet_new(&config, BATCH);
            memcpy(small->weights, net->weights, net->parameters * sizeof(float));
            memcpy(small->running, net->running, net->statistics * sizeof(float));
            resnet_resize(net, height, width);
            for (int i = 0; i < 4 * BATCH * height * width; i++)
                small->input[i] = net->input[i] = i % 4 < 3 ? random_normal(&random) : 0;
            resnet_train_step(net, BATCH, label, 0.1, &loss, &right);
            resnet_train_step(small, BATCH, label, 0.1, &want, &right);
            CHECK_BYTES(&loss, &want, sizeof loss);
            CHECK_BYTES(net->gradients, small->gradients, net->parameters * sizeof(float));
            CHECK_BYTES(net->running, small->running, net->statistics * sizeof(float));
            resnet_free(small);
        }
    resnet_free(net);
}

/* Image in, image out: a filter that is the identity finds its channel's pixel in the middle of its patch. */
static void dirac_filters_pass_channels_on(void)
{
    struct resnet_config config = { .stages = 2, .widths = { 3, 5 }, .blocks = { 1, 1 }, .classes = 2, .height = 4,
                                    .width = 4 };
    struct resnet *net = resnet_new(&config, 0), *plain = resnet_new(&config, 0);
    resnet_initialize(net, 1);
    resnet_initialize(plain, 1);
    resnet_initialize_dirac(net);
    for (int i = 0; i < net->parameter_tensors; i++) {
        const struct resnet_tensor *t = &net->tensor[i];
        size_t count = outside_floats(t), filter = count / (size_t)t->outputs;
        bool hidden = t->rank == 4 && t->kernel == 3 && i > 0;
        float *got = allocate_floats(count), *want = allocate_floats(count);
        resnet_export(t, resnet_values(net, t), got);
        resnet_export(&plain->tensor[i], resnet_values(plain, &plain->tensor[i]), want);
        for (size_t v = 0; hidden && v < filter * (size_t)t->inputs && v < count; v++)
            want[v] = v % filter / 9 == v / filter && v % 9 == 4 ? 1 : 0;
        CHECK_FLOATS(got, want, count, 0);
        free(got);
        free(want);
    }
    resnet_free(net);
    resnet_free(plain);
}

/* Frozen tensors stay, biases of batch norms go as many times as far. */
static void frozen_scales_and_fast_biases(void)
{
    struct resnet *net = network_before(BATCH), *plain = network_before(BATCH);
    struct sgd sgd = { 0.9, 0, 1, false }, fast = { 0.9, 0, 64, false };
    float *velocity = allocate_floats(net->parameters), *before = allocate_floats(net->parameters);
    memcpy(before, net->weights, net->parameters * sizeof *before);
    resnet_freeze(net, ROLE_NORM_SCALE);
    step_loss(net, 0);
    step_loss(plain, 0);
    sgd_update(&fast, 1e-3, net, velocity);
    memset(velocity, 0, net->parameters * sizeof *velocity);
    sgd_update(&sgd, 1e-3, plain, velocity);
    for (int i = 0; i < net->parameter_tensors; i++) {
        const struct resnet_tensor *t = &net->tensor[i];
        double factor = t->role == ROLE_NORM_SCALE ? 0 : t->role == ROLE_NORM_BIAS ? 64 : 1;
        CHECK_INTEGER(t->role == ROLE_NORM_BIAS, strstr(t->name, ".bias") && t->name[0] != 'f');
        for (size_t p = t->offset; p < t->offset + outside_floats(t) / (size_t)(t->rank > 1 ? 9 : 1); p++)
            CHECK_NEAR(net->weights[p] - before[p], factor * (double)(plain->weights[p] - before[p]), 1e-5);
    }
    free(velocity);
    free(before);
    resnet_free(net);
    resnet_free(plain);
}

static void step_of(struct resnet *net)
{
    static const int64_t label[4] = { 0, 1, 2, 3 };
    double loss = 0;
    int64_t right = 0;
    for (int i = 0; i < 4 * net->config.height * net->config.width * 4; i++)
        net->input[i] = i % 4 < 3 ? sinf((float)i) : 0;
    resnet_train_step(net, 4, label, 0, &loss, &right);
}

static struct resnet *network_for_faults(enum downsample downsample)
{
    struct resnet_config config = { .stages = 2, .widths = { 4, 8 }, .blocks = { 1, 1 }, .classes = 4, .height = 8,
                                    .width = 8, .downsample = downsample };
    struct resnet *net = resnet_new(&config, 4);
    resnet_initialize(net, 1);
    return net;
}

static void check_fault(const struct resnet *net, const char *want)
{
    char text[FAULT_TEXT_MAX];
    const char *fault = resnet_fault(net, 4, text);
    CHECK_TEXT(fault ? fault : "none", want);
}

/* Each tensor in turn is broken before a step: the layer that it belongs to is named, and not one that NaNs reach. */
static void check_broken_tensors(struct resnet *net)
{
    step_of(net);
    check_fault(net, "none");
    for (int i = 0; i < net->parameter_tensors; i++) {
        float *value = net->weights + net->tensor[i].offset, good = *value;
        bool classifier = strncmp(net->tensor[i].name, "fc.", 3) == 0;
        char want[FAULT_TEXT_MAX];
        *value = NAN;
        step_of(net);
        snprintf(want, sizeof want, "%s of %s", classifier ? "activations" : "weights", net->tensor[i].name);
        *strrchr(want, '.') = 0;
        check_fault(net, want);
        *value = good;
        for (size_t r = 0; r < net->statistics; r++)
            net->running[r] = 1;
    }
    step_of(net);
    check_fault(net, "none");
}

static void the_layer_that_breaks_is_named(void)
{
    struct resnet *net = network_for_faults(DOWNSAMPLE_POOL);
    check_broken_tensors(net);
    net->weights[net->block[1].first->weight->offset] = 3e38f;
    step_of(net);
    check_fault(net, "activations of layer2.pool.conv");
    resnet_free(net);

    net = network_for_faults(DOWNSAMPLE_STRIDE);
    check_broken_tensors(net);
    *resnet_gradients(net, net->classifier_bias) = INFINITY; /* of the backward pass, the last layer is the first */
    net->gradients[0] = NAN;
    check_fault(net, "gradients of fc");
    step_of(net);
    net->weights[net->block[1].second->weight->offset] = INFINITY; /* by the update, after a sound step */
    check_fault(net, "weights of layer2.0.conv2");
    net->weights[net->block[1].second->weight->offset] = 0;
    net->running[0] = NAN;
    check_fault(net, "running statistics of bn1");
    resnet_free(net);
}

/* Weights that are finite, but so large that what they give is not. */
static void activations_that_overflow_are_named(void)
{
    struct resnet *net = network_for_faults(DOWNSAMPLE_STRIDE);
    net->weights[net->block[1].first->weight->offset] = 3e38f;
    step_of(net);
    check_fault(net, "activations of layer2.0.conv1");
    resnet_free(net);
}

/* Values of inference that overflow, though all weights and statistics are finite, are those of a block. */
static void inference_that_overflows_is_named(void)
{
    static const struct {
        const char *weight, *want;
    } faults[] = { { "conv1.weight", "activations of conv1" },
                   { "layer2.0.conv1.weight", "activations of layer2.0" },
                   { "layer2.0.bn2.weight", "activations of layer2.0" },
                   { "fc.weight", "activations of fc" } };
    struct resnet *net = network_for_faults(DOWNSAMPLE_STRIDE);
    struct inference inference = inference_new(net, 4);
    struct random random = random_of(3, 0);
    char text[FAULT_TEXT_MAX];
    for (ptrdiff_t i = 0; i < 4 * conv_input_floats(&net->unit[0].conv); i++)
        inference.input[i] = i % 4 < 3 ? random_normal(&random) : 0;
    CHECK(inference_fault(&inference, 4, text) == NULL);
    for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
        int t = 0;
        while (strcmp(net->tensor[t].name, faults[f].weight) != 0)
            t++;
        float *weight = net->weights + net->tensor[t].offset, kept[8];
        memcpy(kept, weight, sizeof kept);
        for (int i = 0; i < 8; i++)
            weight[i] = 3e38f;
        inference_fold(&inference, net);
        const char *fault = inference_fault(&inference, 4, text);
        CHECK_TEXT(fault ? fault : "none", faults[f].want);
        memcpy(weight, kept, sizeof kept);
    }
    inference_free(&inference);
    resnet_free(net);
}

/* The sums over a layer's channels have room wherever in the network the most channels are: a stem without blocks
 * behind it is wider than all else where widths fall. The sanitizers see a step that writes past them. */
static void widths_in_any_order(void)
{
    static const int widths[][3] = { { 40, 3, 9 }, { 3, 40, 9 }, { 3, 9, 40 }, { 9, 3, 3 } };
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (int mask = 0; mask < 8; mask++) {
            struct resnet_config config = { .stages = 3, .widths = { widths[w][0], widths[w][1], widths[w][2] },
                                            .blocks = { mask & 1, mask >> 1 & 1, mask >> 2 }, .classes = 4,
                                            .height = 8, .width = 8, .downsample = DOWNSAMPLE_POOL };
            struct resnet *net = resnet_new(&config, 4);
            resnet_initialize(net, 1);
            step_of(net);
            CHECK(malloc_usable_size(net->sums) >= 3 * 40 * sizeof(double) || widths[w][0] == 9);
            for (size_t i = 0; i < net->parameters; i++)
                if (!isfinite(net->gradients[i]))
                    CHECK(isfinite(net->gradients[i]));
            resnet_free(net);
        }
}

/* All that knows a network only by its configuration. */
static void check_network(const char *file)
{
    fixture = fixture_load(file);
    RUN(one_step_is_pytorchs);
    RUN(ten_steps_are_pytorchs);
    RUN(padding_stays_zero);
    RUN(inference_is_pytorchs_evaluation);
    RUN(names_of_no_layer_are_refused);
    RUN(gradients_are_finite_differences);
    RUN(neither_room_nor_threads_change_the_result);
    RUN(inference_is_image_by_image);
    RUN(other_sizes);
    RUN(frozen_scales_and_fast_biases);
    frame_free(&fixture);
}

int main(void)
{
    threads_start(2);
    check_network("network.safetensors");
    check_network("network-pool.safetensors");
    RUN(initial_weights);
    RUN(dirac_filters_pass_channels_on);
    RUN(widths_in_any_order);
    RUN(the_layer_that_breaks_is_named);
    RUN(inference_that_overflows_is_named);
    RUN(activations_that_overflow_are_named);
    return check_verdict();
}
