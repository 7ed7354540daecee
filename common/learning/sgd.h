/* Stochastic gradient descent with Nesterov momentum and weight decay, as PyTorch defines them (Sutskever et al.
 * 2013). */
#ifndef TALE_LEARNING_SGD_H
#define TALE_LEARNING_SGD_H

#include <stdbool.h>
#include <stddef.h>

#include "model/resnet.h"

struct sgd {
    double momentum;     /* mu */
    double weight_decay; /* lambda */
    double norm_bias;    /* factor of the learning rate for the biases of batch norms; 1 for the same rate */
    bool skip_muon;      /* skip the tensors that Muon updates */
};

/* d = g + lambda w;  v = mu v + d;  w = w - rate (d + mu v), over `count` values. If decay is false, lambda is 0
 * (biases and batch norms). */
void sgd_step(const struct sgd *sgd, double rate, int decay, size_t count, float *w, const float *g, float *v);

/* The same for a whole network from its gradients: convolutions and the classifier's matrix decay, vectors do not;
 * frozen tensors do not change. velocity: [parameters], in the same layout; 0 at the start. */
void sgd_update(const struct sgd *sgd, double rate, struct resnet *net, float *velocity);

#endif
