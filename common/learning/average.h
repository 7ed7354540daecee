/* Averages of the weights over the steps of a run, running statistics of batch norms among them: the noise that the
 * learning rate leaves in the weights averages out. */
#ifndef TALE_LEARNING_AVERAGE_H
#define TALE_LEARNING_AVERAGE_H

#include "model/resnet.h"

enum average_kind {
    AVERAGE_NONE,
    AVERAGE_EMA,      /* exponential moving average beside the training (Polyak and Juditsky 1992) */
    AVERAGE_LOOKAHEAD /* training goes on from the average every few steps (Zhang et al. 2019), as airbench94 has it */
};

struct average {
    enum average_kind kind;
    double decay; /* of the average, per step, in [0, 1) */
};

/* Steps between two of lookahead's. */
enum { LOOKAHEAD_STEPS = 5 };

/* How much of the old average stays at step `step` (from 1) when `progress` in [0,1] of the run is over:
 *     ema: min(decay, (1 + step) / (10 + step)), so that the first weights do not linger;
 *     lookahead: decay^5 progress^3 every fifth step, else 1 (Jordan 2024, section 3.4). */
double average_keep(const struct average *average, int64_t step, double progress);

/* mean = keep mean + (1 - keep) values, over `count` floats. */
void average_mix(double keep, size_t count, const float *values, float *mean);

/* One step: move the averages mean_weights [parameters] and mean_running [statistics] towards the network's; lookahead
 * then sets the network to them. */
void average_update(const struct average *average, int64_t step, double progress, struct resnet *net,
                    float *mean_weights, float *mean_running);

/* Exchange a network's weights and running statistics with the averages: it is validated and saved with them, and goes
 * on training after a second exchange. */
void average_exchange(struct resnet *net, float *mean_weights, float *mean_running);

#endif
