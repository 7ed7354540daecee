/* Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"): replaces the momentum of a
 * weight matrix by the nearest orthogonal matrix (newton_schulz.h), so that a step has the same size in all directions.
 * Used for all 3x3 convolutions except the stem, as [outputs, inputs * 9]; SGD updates the rest of a network. */
#ifndef TALE_LEARNING_MUON_H
#define TALE_LEARNING_MUON_H

#include <stdbool.h>
#include <stddef.h>

#include "model/resnet.h"

enum { MUON_STEPS = 3, MUON_MATRICES_MAX = 2 * BLOCKS_MAX };

struct muon {
    double momentum; /* Nesterov */
    int steps;       /* of Newton and Schulz's iteration; MUON_STEPS is airbench's value */
};

/* Weights of `outputs` (unpadded) channels, their gradients and their momentum, each [rows][columns]. */
struct muon_matrix {
    int rows, columns, outputs;
    float *w;
    const float *g;
    float *v;
};

/* One step for up to MUON_MATRICES_MAX matrices, with NS the orthogonal matrix:
 *     v = mu v + g;   w = w sqrt(outputs) / |w| - rate NS(g + mu v) */
void muon_step(const struct muon *muon, double rate, int count, const struct muon_matrix *matrix, float *scratch);
size_t muon_step_floats(int count, const struct muon_matrix *matrix);

/* Whether Muon updates a tensor. */
bool muon_updates_tensor(const struct resnet *net, const struct resnet_tensor *tensor);

/* One step for all tensors that Muon updates and that are not frozen. velocity: as in sgd_update; scratch: muon_floats
 * floats. */
void muon_update(const struct muon *muon, double rate, struct resnet *net, float *velocity, float *scratch);
size_t muon_floats(const struct resnet *net);

#endif
