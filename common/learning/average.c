#include "learning/average.h"

#include <math.h>
#include <string.h>

double average_keep(const struct average *average, int64_t step, double progress)
{
    double first = (1 + (double)step) / (10 + (double)step);
    if (average->kind == AVERAGE_EMA)
        return average->decay < first ? average->decay : first;
    if (average->kind == AVERAGE_LOOKAHEAD && step % LOOKAHEAD_STEPS == 0)
        return pow(average->decay, LOOKAHEAD_STEPS) * progress * progress * progress;
    return 1;
}

void average_mix(double keep, size_t count, const float *values, float *mean)
{
    float old = (float)keep, new = (float)(1 - keep);
    for (size_t i = 0; i < count; i++)
        mean[i] = old * mean[i] + new * values[i];
}

void average_update(const struct average *average, int64_t step, double progress, struct resnet *net,
                    float *mean_weights, float *mean_running)
{
    double keep = average_keep(average, step, progress);
    if (keep == 1)
        return;
    average_mix(keep, net->parameters, net->weights, mean_weights);
    average_mix(keep, net->statistics, net->running, mean_running);
    if (average->kind == AVERAGE_LOOKAHEAD) {
        memcpy(net->weights, mean_weights, net->parameters * sizeof(float));
        memcpy(net->running, mean_running, net->statistics * sizeof(float));
    }
}

static void exchange(size_t count, float *a, float *b)
{
    for (size_t i = 0; i < count; i++) {
        float value = a[i];
        a[i] = b[i];
        b[i] = value;
    }
}

void average_exchange(struct resnet *net, float *mean_weights, float *mean_running)
{
    exchange(net->parameters, net->weights, mean_weights);
    exchange(net->statistics, net->running, mean_running);
}
