#include "learning/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/threads.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "learning/schedule.h"
#include "learning/sgd.h"
#include "methods/features.h"

/* Streams of random numbers of one seed: the order of an epoch, and the weights of a layer. */
static const uint64_t order_stream = (uint64_t)1 << 62;

/* Rows that are predicted at a time. It is always a full batch (the last one is padded with stale rows), so BLIS takes
 * the same path for a row however the stream is cut. */
enum { PREDICTED = 240 };

/* ---- building ---- */

/* Returns the next part of a block of memory and moves *at past it. */
static float *next_part(float **at, size_t count)
{
    float *part = *at;
    *at += count;
    return part;
}

static size_t matrix_floats(const struct probe_layer *layer)
{
    return checked_multiply((size_t)layer->inputs, (size_t)layer->outputs);
}

/* Matrices first, then all vectors, so that the optimizer is called twice, with and without decay. */
static void place_parameters(struct probe *probe, float *block, bool gradients)
{
    for (int i = 0; i < probe->layers; i++) {
        struct probe_layer *layer = &probe->layer[i];
        *(gradients ? &layer->dw : &layer->w) = next_part(&block, matrix_floats(layer));
    }
    for (int i = 0; i < probe->layers; i++) {
        struct probe_layer *layer = &probe->layer[i];
        *(gradients ? &layer->db : &layer->b) = next_part(&block, (size_t)layer->outputs);
        *(gradients ? &layer->dgamma : &layer->gamma) = next_part(&block, (size_t)layer->norm.channels);
        *(gradients ? &layer->dbeta : &layer->beta) = next_part(&block, (size_t)layer->norm.channels);
    }
}

static void place_norms(struct probe *probe, int units)
{
    float *floats = probe->norm_floats = allocate_floats(checked_multiply(7, (size_t)units));
    double *doubles = probe->norm_doubles = allocate((size_t)units, 2 * sizeof *doubles);
    for (int i = 0; i + 1 < probe->layers; i++) {
        struct batchnorm *norm = &probe->layer[i].norm;
        size_t channels = (size_t)norm->channels;
        norm->gamma = probe->layer[i].gamma;
        norm->beta = probe->layer[i].beta;
        float **parts[] = { &norm->running_mean, &norm->running_var, &norm->scale, &norm->shift,
                            &norm->a,            &norm->b,           &norm->c };
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
            *parts[p] = next_part(&floats, channels);
        norm->mean = doubles;
        norm->inverse = doubles + channels;
        doubles += 2 * channels;
    }
}

static struct probe probe_new(const struct probe_options *options, int dimension, int classes)
{
    struct probe probe = { .options = *options, .dimension = dimension, .classes = classes,
                           .layers = options->hidden + 1 };
    int widest = dimension > classes ? dimension : classes, units = 0;
    size_t batch = (size_t)options->batch;
    for (int i = 0; i < probe.layers; i++) {
        struct probe_layer *layer = &probe.layer[i];
        bool last = i == options->hidden;
        layer->inputs = i ? options->width[i - 1] : dimension;
        layer->outputs = last ? classes : options->width[i];
        layer->norm.channels = last ? 0 : layer->outputs;
        layer->y = allocate_floats(checked_multiply(batch, (size_t)layer->outputs));
        layer->z = allocate_floats(last ? 0 : batch * (size_t)layer->outputs);
        widest = layer->outputs > widest ? layer->outputs : widest;
        units += layer->norm.channels;
        probe.matrices = checked_add(probe.matrices, matrix_floats(layer));
        probe.parameters += (size_t)(layer->outputs + 2 * layer->norm.channels);
    }
    probe.parameters = checked_add(probe.parameters, probe.matrices);
    probe.weights = allocate_floats(probe.parameters);
    probe.gradients = allocate_floats(probe.parameters);
    probe.momentum = allocate_floats(probe.parameters);
    place_parameters(&probe, probe.weights, false);
    place_parameters(&probe, probe.gradients, true);
    place_norms(&probe, units);
    probe.mean = allocate_floats((size_t)dimension);
    probe.scale = allocate_floats((size_t)dimension);
    probe.exponent = allocate((size_t)dimension, sizeof *probe.exponent);
    probe.input = allocate_floats(checked_multiply(batch, (size_t)dimension));
    probe.gradient = allocate_floats(checked_multiply(batch, (size_t)widest));
    probe.below = allocate_floats(checked_multiply(batch, (size_t)widest));
    probe.sums = allocate((size_t)widest, 2 * sizeof *probe.sums);
    return probe;
}

void probe_free(struct probe *probe)
{
    for (int i = 0; i < probe->layers; i++) {
        free(probe->layer[i].y);
        free(probe->layer[i].z);
    }
    void *rest[] = { probe->weights,  probe->gradients, probe->momentum, probe->mean,        probe->scale,
                     probe->exponent, probe->input,     probe->gradient, probe->below,       probe->norm_floats,
                     probe->norm_doubles, probe->sums };
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        free(rest[i]);
}

/* Hidden layers as He et al. 2015 (fan in), scales 1. The classifier starts at 0; softmax regression is convex. */
static void initialize(struct probe *probe)
{
    for (int i = 0; i + 1 < probe->layers; i++) {
        struct probe_layer *layer = &probe->layer[i];
        struct random random = random_of(probe->options.seed, (uint64_t)i);
        float deviation = sqrtf(2 / (float)layer->inputs);
        for (size_t p = 0; p < matrix_floats(layer); p++)
            layer->w[p] = deviation * random_normal(&random);
        for (int c = 0; c < layer->outputs; c++)
            layer->gamma[c] = 1;
    }
}

/* ---- standardised features ---- */

/* The exponent of the power of two that scales the deviation to about 1, if a float might not represent its inverse
 * or its double; else 0. */
static int exponent_of(double deviation)
{
    return deviation > 0 && (deviation < 0x1p-100 || deviation > 0x1p100) ? -ilogb(deviation) : 0;
}

/* Two passes in double, so that a large mean does not hide a small deviation. */
static void measure(struct probe *probe, const float *feature, int64_t rows)
{
    size_t dimension = (size_t)probe->dimension;
    double *mean = allocate(dimension, sizeof *mean), *squares = allocate(dimension, sizeof *squares);
    column_means(feature, rows, probe->dimension, mean);
    for (int64_t i = 0; i < rows; i++)
        for (size_t d = 0; d < dimension; d++) {
            double deviation = feature[(size_t)i * dimension + d] - mean[d];
            squares[d] += deviation * deviation;
        }
    for (size_t d = 0; d < dimension; d++) {
        double deviation = sqrt(squares[d] / (double)rows);
        bool constant = !(deviation > 1e-6 * fabs(mean[d]));
        int exponent = probe->exponent[d] = constant ? 0 : exponent_of(deviation);
        probe->rescaled = probe->rescaled || exponent != 0;
        probe->mean[d] = (float)ldexp(mean[d], exponent);
        probe->scale[d] = constant ? 0 : (float)(1 / ldexp(deviation, exponent));
    }
    free(mean);
    free(squares);
}

/* Row `to` of the input from one feature. */
static void load_row(struct probe *probe, const float *feature, int to)
{
    float *x = probe->input + (size_t)to * (size_t)probe->dimension;
    for (int d = 0; d < probe->dimension; d++)
        x[d] = (feature[d] - probe->mean[d]) * probe->scale[d];
    for (int d = 0; d < probe->dimension && probe->rescaled; d++)
        if (probe->exponent[d])
            x[d] = (ldexpf(feature[d], probe->exponent[d]) - probe->mean[d]) * probe->scale[d];
}

/* Fills the input with `count` rows of the features, with the numbers in `order`, or the first rows if that is NULL.
 * Features may be denormal, so flushing is off here; in the network it is on. */
static void load_rows(struct probe *probe, const float *feature, const int64_t *order, int count)
{
    flush_denormals(false);
    for (int n = 0; n < count; n++)
        load_row(probe, feature + (size_t)(order ? order[n] : n) * (size_t)probe->dimension, n);
    flush_denormals(true);
}

/* ---- forward and backward ---- */

static void norm_relu_forward(struct probe *probe, struct probe_layer *layer, int rows, bool training)
{
    struct batchnorm *norm = &layer->norm;
    int channels = norm->channels;
    memset(probe->sums, 0, 2 * (size_t)channels * sizeof *probe->sums);
    for (int n = 0; n < rows && training; n++)
        for (int c = 0; c < channels; c++) {
            double y = layer->y[n * channels + c];
            probe->sums[c] += y;
            probe->sums[channels + c] += y * y;
        }
    if (training)
        batchnorm_forward(norm, probe->sums, rows);
    for (int n = 0; n < rows; n++)
        for (int c = 0; c < channels; c++) {
            float z = norm->scale[c] * layer->y[n * channels + c] + norm->shift[c];
            layer->z[n * channels + c] = z < 0 ? 0 : z;
        }
}

/* From the gradient at z to that at y, in place. */
static void norm_relu_backward(struct probe *probe, struct probe_layer *layer, int rows, float *gradient)
{
    struct batchnorm *norm = &layer->norm;
    int channels = norm->channels;
    memset(probe->sums, 0, 2 * (size_t)channels * sizeof *probe->sums);
    for (int n = 0; n < rows; n++)
        for (int c = 0; c < channels; c++) {
            int at = n * channels + c;
            float g = layer->z[at] > 0 ? gradient[at] : 0;
            gradient[at] = g;
            probe->sums[c] += g;
            probe->sums[channels + c] += (double)g * layer->y[at];
        }
    batchnorm_backward(norm, probe->sums, probe->sums + channels, rows, layer->dgamma, layer->dbeta);
    for (int n = 0; n < rows; n++)
        for (int c = 0; c < channels; c++) {
            int at = n * channels + c;
            gradient[at] = norm->a[c] * gradient[at] + norm->b[c] * layer->y[at] + norm->c[c];
        }
}

static const float *layer_input(const struct probe *probe, int i)
{
    return i ? probe->layer[i - 1].z : probe->input;
}

/* Computes the logits of the rows in probe->input. */
static const float *forward(struct probe *probe, int rows, bool training)
{
    for (int i = 0; i < probe->layers; i++) {
        struct probe_layer *layer = &probe->layer[i];
        linear_forward(rows, layer->inputs, layer->outputs, layer_input(probe, i), layer->w, layer->b, layer->y);
        if (layer->norm.channels)
            norm_relu_forward(probe, layer, rows, training);
    }
    return probe->layer[probe->layers - 1].y;
}

/* Computes the gradients of all parameters from the gradient at the logits, in probe->gradient. */
static void backward(struct probe *probe, int rows)
{
    float *gradient = probe->gradient, *below = probe->below;
    for (int i = probe->layers - 1; i >= 0; i--) {
        struct probe_layer *layer = &probe->layer[i];
        if (layer->norm.channels)
            norm_relu_backward(probe, layer, rows, gradient);
        linear_backward(rows, layer->inputs, layer->outputs, layer_input(probe, i), layer->w, gradient, layer->dw,
                        layer->db, i ? below : NULL);
        float *swap = gradient;
        gradient = below;
        below = swap;
    }
}

/* ---- training ---- */

static void update(struct probe *probe, double rate)
{
    const struct sgd sgd = { .momentum = probe->options.momentum, .weight_decay = probe->options.weight_decay };
    size_t matrices = probe->matrices;
    sgd_step(&sgd, rate, 1, matrices, probe->weights, probe->gradients, probe->momentum);
    sgd_step(&sgd, rate, 0, probe->parameters - matrices, probe->weights + matrices, probe->gradients + matrices,
             probe->momentum + matrices);
}

/* The gradients of one batch, the rows order[0..batch); adds to the sums. */
static void run_batch(struct probe *probe, const float *feature, const int64_t *label, const int64_t *order,
                      struct probe_result *sum)
{
    int batch = probe->options.batch, classes = probe->classes;
    load_rows(probe, feature, order, batch);
    const float *logit = forward(probe, batch, true);
    for (int n = 0; n < batch; n++) {
        sum->loss += cross_entropy(classes, logit + n * classes, label[order[n]], 0, 1.0 / batch,
                                   probe->gradient + n * classes);
        sum->accuracy += largest_score(classes, logit + n * classes) == label[order[n]];
    }
    backward(probe, batch);
}

struct probe probe_train(const struct probe_options *options, const float *feature, const int64_t *label, int64_t rows,
                         int dimension, int classes, struct probe_result *result)
{
    struct probe_options fitting = *options;
    fitting.batch = rows < options->batch ? (int)rows : options->batch;
    struct probe probe = probe_new(&fitting, dimension, classes);
    struct schedule schedule = { SCHEDULE_COSINE, .peak = options->rate, .warmup = 0, .end = 0 };
    int64_t steps = rows / fitting.batch, done = 0, all = steps * options->epochs;
    int64_t *order = allocate((size_t)rows, sizeof *order);
    struct progress progress = progress_start("rows", all * fitting.batch);
    measure(&probe, feature, rows);
    initialize(&probe);
    threads_flush_denormals(true);
    for (int epoch = 1; epoch <= options->epochs; epoch++) {
        struct random random = random_of(options->seed, order_stream | (uint64_t)epoch);
        *result = (struct probe_result){ 0, 0 };
        for (int64_t i = 0; i < rows; i++)
            order[i] = i;
        random_shuffle(&random, order, (size_t)rows);
        for (int64_t step = 0; step < steps; step++, done++) {
            run_batch(&probe, feature, label, order + step * fitting.batch, result);
            if (!isfinite(result->loss))
                die("epoch %d, step %lld: the loss is not finite; a lower learning rate may help", epoch,
                    (long long)step + 1);
            update(&probe, schedule_rate(&schedule, (double)done / (double)all));
            progress_update(&progress, done * fitting.batch, NULL);
        }
    }
    result->loss /= (double)(steps * fitting.batch);
    result->accuracy /= (double)(steps * fitting.batch);
    for (int i = 0; i + 1 < probe.layers; i++)
        batchnorm_inference(&probe.layer[i].norm);
    threads_flush_denormals(false);
    progress_end(&progress);
    free(order);
    return probe;
}

void probe_predict(struct probe *probe, const float *feature, int64_t rows, int64_t *prediction)
{
    int batch = probe->options.batch < PREDICTED ? probe->options.batch : PREDICTED;
    for (int64_t first = 0; first < rows; first += batch) {
        int count = (int)(rows - first < batch ? rows - first : batch);
        load_rows(probe, feature + (size_t)first * (size_t)probe->dimension, NULL, count);
        const float *logit = forward(probe, batch, false);
        for (int n = 0; n < count; n++)
            prediction[first + n] = largest_score(probe->classes, logit + n * probe->classes);
    }
    flush_denormals(false);
}
