/* Probes: how much a frozen feature tells of a class, as the accuracy of a small classifier trained on it (Alain and
 * Bengio 2016): softmax regression, or layers of linear, batch norm and ReLU below it. */
#ifndef TALE_LEARNING_PROBE_H
#define TALE_LEARNING_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layers/batchnorm.h"

enum { PROBE_HIDDEN_MAX = 8 };

struct probe_options {
    int hidden, width[PROBE_HIDDEN_MAX]; /* hidden layers and their units; hidden 0: a linear probe */
    int epochs, batch;                   /* rows that do not fill a batch come in another epoch */
    double rate, momentum, weight_decay; /* SGD with Nesterov momentum; the rate falls to 0 by half a cosine */
    uint64_t seed;                       /* of weights and order */
};

/* y = w x + b, and below the classifier z = relu(norm(y)). */
struct probe_layer {
    int inputs, outputs;
    float *w, *b;           /* [outputs][inputs], [outputs] */
    float *dw, *db;
    struct batchnorm norm;  /* channels 0: none, this is the classifier */
    float *gamma, *beta, *dgamma, *dbeta;
    float *y, *z;           /* [batch][outputs] */
};

struct probe {
    struct probe_options options;
    int dimension, classes, layers;
    struct probe_layer layer[PROBE_HIDDEN_MAX + 1];
    size_t parameters, matrices;            /* floats in all; the first of them are the matrices, which decay */
    float *weights, *gradients, *momentum;  /* [parameters] */
    float *mean, *scale;                    /* [dimension]: x = (feature - mean) scale, scale 0 where it is constant */
    int *exponent;                          /* [dimension]: ... = (feature 2^exponent - mean) scale */
    bool rescaled;                          /* an exponent is not 0 */
    float *input, *gradient, *below;        /* [batch][widest] */
    float *norm_floats;
    double *norm_doubles, *sums;
};

/* What a probe learned on its training rows, as it went through the last epoch. */
struct probe_result {
    double loss, accuracy;
};

/* Train on `rows` features [rows, dimension] with labels [rows], each from 0 to classes - 1. Features are standardised
 * by their mean and deviation over these rows. One thread, so the result is the same for any number. Dies where the
 * loss is not finite. Caller frees with probe_free. */
struct probe probe_train(const struct probe_options *options, const float *feature, const int64_t *label, int64_t rows,
                         int dimension, int classes, struct probe_result *result);

/* The likeliest class of each of `rows` features [rows, dimension]. */
void probe_predict(struct probe *probe, const float *feature, int64_t rows, int64_t *prediction);

void probe_free(struct probe *probe);

#endif
