/* Probes: the gradient by what a small step does to the loss, and problems of which the answer is known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "check.h"
#include "learning/probe.h"

enum { ROWS = 96, DIMENSION = 5 };

static float feature[ROWS * DIMENSION];
static int64_t label[ROWS];

/* The class is the sign of the first value times that of the second (an exclusive or), or of the first alone. */
static void make_rows(bool exclusive)
{
    struct random random = random_of(7, exclusive);
    for (int i = 0; i < ROWS; i++) {
        float *x = feature + i * DIMENSION;
        for (int d = 0; d < DIMENSION; d++)
            x[d] = random_normal(&random);
        x[0] += x[0] < 0 ? -1 : 1;
        x[1] += x[1] < 0 ? -1 : 1;
        x[4] = 3; /* constant */
        label[i] = exclusive ? (x[0] > 0) == (x[1] > 0) : x[0] > 0;
    }
}

static struct probe fit(int hidden, int epochs, int batch, double rate, double momentum, struct probe_result *result)
{
    struct probe_options options = { .hidden = hidden, .width = { 20, 12 }, .epochs = epochs, .batch = batch,
                                     .rate = rate, .momentum = momentum, .seed = 1 };
    return probe_train(&options, feature, label, ROWS, DIMENSION, 2, result);
}

static double predicted_right(struct probe *probe)
{
    int64_t prediction[ROWS], right = 0;
    probe_predict(probe, feature, ROWS, prediction);
    for (int i = 0; i < ROWS; i++)
        right += prediction[i] == label[i];
    return (double)right / ROWS;
}

/* A step of w by -rate g lowers the loss by rate |g|^2, to first order: so the step tells |g|, and the loss after it
 * whether g points down as steeply as that. Only the whole gradient, with every part right, does. */
static void the_gradient_is_the_slope_of_the_loss(void)
{
    const double rate = 1e-3;
    make_rows(true);
    for (int hidden = 0; hidden <= 2; hidden++) {
        struct probe_result before, one, two;
        struct probe still = fit(hidden, 1, ROWS, 0, 0, &before);
        struct probe stepped = fit(hidden, 1, ROWS, rate, 0, &one);
        struct probe twice = fit(hidden, 2, ROWS, rate, 0, &two);
        double squares = 0;
        for (size_t i = 0; i < still.parameters; i++)
            squares += pow(((double)stepped.weights[i] - still.weights[i]) / rate, 2);
        CHECK(squares > 0);
        /* single precision of the weights leaves 1e-7 / 1e-3 of a step; second order is rate times the curvature */
        CHECK_NEAR((before.loss - two.loss) / rate / squares, 1, 0.02);
        CHECK_NEAR(before.loss, log(2), 1e-6); /* the classifier begins at 0 */
        probe_free(&still);
        probe_free(&stepped);
        probe_free(&twice);
    }
}

static void a_line_is_learned_and_an_exclusive_or_needs_hidden_units(void)
{
    struct probe_result result;
    make_rows(false);
    struct probe probe = fit(0, 60, 16, 0.05, 0.9, &result);
    CHECK_NEAR(predicted_right(&probe), 1, 0);
    CHECK_NEAR(result.accuracy, 1, 0.02);
    probe_free(&probe);
    make_rows(true);
    probe = fit(0, 60, 16, 0.05, 0.9, &result);
    CHECK(predicted_right(&probe) < 0.75);
    probe_free(&probe);
    probe = fit(2, 60, 16, 0.05, 0.9, &result);
    CHECK(predicted_right(&probe) > 0.98);
    probe_free(&probe);
}

/* Standardised features do not know of scale and offset. */
static void scale_and_offset_do_not_matter(void)
{
    int64_t before[ROWS], after[ROWS];
    struct probe_result result;
    make_rows(true);
    struct probe probe = fit(1, 20, 16, 0.05, 0.9, &result);
    probe_predict(&probe, feature, ROWS, before);
    probe_free(&probe);
    for (int i = 0; i < ROWS * DIMENSION; i++)
        feature[i] = 64 * feature[i] + 1024; /* powers of two: hardly any rounding */
    probe = fit(1, 20, 16, 0.05, 0.9, &result);
    probe_predict(&probe, feature, ROWS, after);
    probe_free(&probe);
    int differ = 0;
    for (int i = 0; i < ROWS; i++)
        differ += before[i] != after[i];
    CHECK_INTEGER(differ, 0);
}

static void rows_are_predicted_one_by_one(void)
{
    int64_t all[ROWS], one;
    struct probe_result result;
    make_rows(true);
    struct probe probe = fit(1, 5, 16, 0.05, 0.9, &result);
    probe_predict(&probe, feature, ROWS, all);
    for (int i = 0; i < ROWS; i++) {
        probe_predict(&probe, feature + i * DIMENSION, 1, &one);
        CHECK_INTEGER(one, all[i]);
    }
    probe_free(&probe);
}

/* z = relu(gamma (y - mean) / sqrt(var + eps) + beta), with the running statistics where rows are predicted. */
static void hidden_units_are_normalised(void)
{
    struct probe_result result;
    int64_t prediction[ROWS];
    make_rows(true);
    struct probe probe = fit(2, 20, ROWS, 0.05, 0.9, &result);
    probe_predict(&probe, feature, ROWS, prediction);
    for (int i = 0; i < 2; i++) {
        const struct probe_layer *layer = &probe.layer[i];
        const struct batchnorm *norm = &layer->norm;
        for (int at = 0; at < ROWS * layer->outputs; at++) {
            int c = at % layer->outputs;
            double z = (double)norm->gamma[c] * ((double)layer->y[at] - (double)norm->running_mean[c]) /
                           sqrt((double)norm->running_var[c] + batchnorm_epsilon) + (double)norm->beta[c];
            CHECK_NEAR(layer->z[at], z > 0 ? z : 0, 1e-5);
        }
    }
    probe_free(&probe);
}

/* Of constant features matrices have no gradient, so decay alone moves them: by the rates of half a cosine, and not the
 * vectors. They begin as He et al. 2015. */
static void decay_is_of_matrices_by_the_rates_of_a_cosine(void)
{
    enum { EPOCHS = 4, UNITS = 400 };
    const double rate[EPOCHS] = { 0.5, 0.4267766953, 0.25, 0.0732233047 };
    double kept = 1, squares = 0;
    struct probe_result result;
    make_rows(true);
    for (int i = 0; i < ROWS * DIMENSION; i++)
        feature[i] = 3;
    struct probe_options options = { .hidden = 1, .width = { UNITS }, .epochs = 1, .batch = ROWS, .seed = 1 };
    struct probe before = probe_train(&options, feature, label, ROWS, DIMENSION, 2, &result);
    options.epochs = EPOCHS;
    options.rate = 0.5;
    options.weight_decay = 0.9;
    struct probe after = probe_train(&options, feature, label, ROWS, DIMENSION, 2, &result);
    for (int i = 0; i < EPOCHS; i++)
        kept *= 1 - 0.9 * rate[i];
    for (int i = 0; i < UNITS * DIMENSION; i++) {
        CHECK_NEAR((double)after.layer[0].w[i], kept * (double)before.layer[0].w[i], 1e-5);
        squares += pow((double)before.layer[0].w[i], 2) / (UNITS * DIMENSION);
    }
    for (int i = 0; i < UNITS; i++)
        CHECK_NEAR((double)after.layer[0].gamma[i], 1, 0);
    CHECK_NEAR(squares / (2.0 / DIMENSION), 1, 0.1);
    probe_free(&before);
    probe_free(&after);
}

static void diverge(void *unused)
{
    struct probe_result result;
    (void)unused;
    for (int i = 0; i < ROWS; i++)
        feature[i * DIMENSION] *= 1e30f;
    fit(2, 20, 16, 1e30, 0.9, &result);
}

static void divergence_is_an_error(void)
{
    make_rows(true);
    CHECK_DIES(diverge, NULL, 1, "the loss is not finite; a lower learning rate may help");
}

int main(void)
{
    RUN(the_gradient_is_the_slope_of_the_loss);
    RUN(a_line_is_learned_and_an_exclusive_or_needs_hidden_units);
    RUN(scale_and_offset_do_not_matter);
    RUN(rows_are_predicted_one_by_one);
    RUN(hidden_units_are_normalised);
    RUN(decay_is_of_matrices_by_the_rates_of_a_cosine);
    RUN(divergence_is_an_error);
    return check_verdict();
}
