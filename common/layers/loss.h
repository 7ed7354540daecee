/* Softmax and cross-entropy, in nats. */
#ifndef TALE_LAYERS_LOSS_H
#define TALE_LAYERS_LOSS_H

#include <stdint.h>

/* The index of the largest score; the first if several are equal. */
int largest_score(int classes, const float *logit);

/* -sum_k t_k log p_k of one row, with p = softmax(logit) and t_k = (1 - smoothing) [k = label] + smoothing / classes
 * (Szegedy et al. 2016). dlogit [classes] = (p - t) times `weight`; dlogit may be NULL. */
double cross_entropy(int classes, const float *logit, int64_t label, double smoothing, double weight, float *dlogit);

#endif
