/* Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"): the momentum of a matrix of
 * weights, replaced by the orthogonal matrix nearest to it, so that a step moves all directions alike. For the 3x3
 * convolutions but the stem, as [outputs, inputs * 9]; the rest of a network is left to SGD. */
#ifndef TALE_LEARNING_MUON_H
#define TALE_LEARNING_MUON_H

#include <stdbool.h>
#include <stddef.h>

#include "model/resnet.h"

enum { MUON_STEPS = 3 };

struct muon {
    double momentum; /* Nesterov */
    int steps;       /* of Newton and Schulz; MUON_STEPS is what airbench takes */
};

/* X = U V^T, roughly, for X = U S V^T: X [rows][columns], in place. After X = X / |X|, `steps` times
 *     X = a X + X (b A + c A A),   A = X^T X,   a = 3.4445, b = -4.7750, c = 2.0315
 * (where columns > rows, with X^T for X), which takes singular values of 0.01 to 1 into 0.7 to 1.2 in 5 steps. The
 * products are BLIS's, in blocks that the threads share out: the same bits for any number of them.
 * `scratch`: newton_schulz_floats(rows, columns) floats. */
void newton_schulz(int rows, int columns, int steps, float *x, float *scratch);
size_t newton_schulz_floats(int rows, int columns);

/* One step for the weights w [count = rows * columns] of `outputs` (unpadded) channels, from their gradients g:
 *     v = mu v + g;   w = w sqrt(outputs) / |w|;   w = w - rate newton_schulz(g + mu v) */
void muon_step(const struct muon *muon, double rate, int rows, int columns, int outputs, float *w, const float *g,
               float *v, float *scratch);

/* Whether a tensor is Muon's. */
bool muon_takes(const struct resnet *net, const struct resnet_tensor *tensor);

/* The step for all of a network's tensors that are Muon's and not frozen. velocity: as in sgd_update; scratch:
 * muon_floats floats. */
void muon_update(const struct muon *muon, double rate, struct resnet *net, float *velocity, float *scratch);
size_t muon_floats(const struct resnet *net);

#endif
