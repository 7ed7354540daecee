/* Averages over the steps of a run, of the weights and of the running statistics of batch norms: they average out the
 * noise that the learning rate leaves in the weights. */
#ifndef TALE_LEARNING_AVERAGE_H
#define TALE_LEARNING_AVERAGE_H

#include "model/resnet.h"

enum average_kind {
    AVERAGE_NONE,
    AVERAGE_EMA,      /* exponential moving average that does not affect training (Polyak and Juditsky 1992) */
    AVERAGE_LOOKAHEAD /* training continues from the average every few steps (Zhang et al. 2019), as in airbench94 */
};

struct average {
    enum average_kind kind;
    double decay; /* of the average, per step, in [0, 1) */
};

/* Steps between two updates of lookahead. */
enum { LOOKAHEAD_STEPS = 5 };

/* The weight of the old average at step `step` (from 1), when `progress` in [0,1] of the run is done:
 *     ema: min(decay, (1 + step) / (10 + step)), so that the first weights soon lose their influence;
 *     lookahead: decay^5 progress^3 every fifth step, else 1 (Jordan 2024, section 3.4). */
double average_keep(const struct average *average, int64_t step, double progress);

/* mean = keep mean + (1 - keep) values, over `count` floats. */
void average_mix(double keep, size_t count, const float *values, float *mean);

/* One step: moves the averages mean_weights [parameters] and mean_running [statistics] towards the network's values;
 * lookahead then sets the network to the averages. */
void average_update(const struct average *average, int64_t step, double progress, struct resnet *net,
                    float *mean_weights, float *mean_running);

/* Exchanges a network's weights and running statistics with the averages, for validation and saving; a second call
 * exchanges them back for training. */
void average_exchange(struct resnet *net, float *mean_weights, float *mean_running);

#endif
