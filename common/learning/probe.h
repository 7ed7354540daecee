/* Probes: they measure how well a class can be predicted from a frozen feature, as the accuracy of a small classifier
 * trained on it (Alain and Bengio 2016): softmax regression, optionally after hidden layers of linear map, batch norm
 * and ReLU. */
#ifndef TALE_LEARNING_PROBE_H
#define TALE_LEARNING_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layers/batchnorm.h"

enum { PROBE_HIDDEN_MAX = 8 };

struct probe_options {
    int hidden, width[PROBE_HIDDEN_MAX]; /* hidden layers and their units; hidden 0: a linear probe */
    int epochs, batch;                   /* rows that do not fill a batch are used in another epoch */
    double rate, momentum, weight_decay; /* SGD with Nesterov momentum; the learning rate falls to 0 by half a cosine */
    uint64_t seed;                       /* of weights and order */
};

/* y = w x + b, and in hidden layers z = relu(norm(y)). */
struct probe_layer {
    int inputs, outputs;
    float *w, *b;           /* [outputs][inputs], [outputs] */
    float *dw, *db;
    struct batchnorm norm;  /* 0 channels in the classifier, which has none */
    float *gamma, *beta, *dgamma, *dbeta;
    float *y, *z;           /* [batch][outputs] */
};

struct probe {
    struct probe_options options;
    int dimension, classes, layers;
    struct probe_layer layer[PROBE_HIDDEN_MAX + 1];
    size_t parameters, matrices;            /* floats in all; the matrices, which decay, come first */
    float *weights, *gradients, *momentum;  /* [parameters] */
    float *mean, *scale;                    /* [dimension]: x = (feature - mean) scale; scale is 0 for a constant
                                             * value */
    int *exponent;                          /* [dimension]: if rescaled, x = (feature 2^exponent - mean) scale */
    bool rescaled;                          /* whether any exponent is not 0 */
    float *input, *gradient, *below;        /* [batch][widest] */
    float *norm_floats;
    double *norm_doubles, *sums;
};

/* A probe's results on its training rows, over the course of the last epoch. */
struct probe_result {
    double loss, accuracy;
};

/* Trains on `rows` features [rows, dimension] with labels [rows], each from 0 to classes - 1. Features are standardised
 * by their mean and deviation over these rows. Uses one thread, so the result is the same for any number. Dies if the
 * loss is not finite. Caller frees with probe_free. */
struct probe probe_train(const struct probe_options *options, const float *feature, const int64_t *label, int64_t rows,
                         int dimension, int classes, struct probe_result *result);

/* The most likely class of each of `rows` features [rows, dimension]. */
void probe_predict(struct probe *probe, const float *feature, int64_t rows, int64_t *prediction);

void probe_free(struct probe *probe);

#endif
