/* Averages of weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check.h"
#include "learning/average.h"
#include "model/initialize.h"

static struct resnet *small_network(uint64_t seed)
{
    struct resnet_config config = { .stages = 1, .widths = { 4 }, .blocks = { 1 }, .classes = 3, .height = 4,
                                    .width = 4 };
    struct resnet *net = resnet_new(&config, 0);
    resnet_initialize(net, seed);
    return net;
}

static void what_is_kept(void)
{
    struct average ema = { AVERAGE_EMA, 0.9 }, lookahead = { AVERAGE_LOOKAHEAD, 0.9 }, none = { AVERAGE_NONE, 0.9 };
    CHECK_NEAR(average_keep(&ema, 1, 0), 2.0 / 11, 1e-12);
    CHECK_NEAR(average_keep(&ema, 1000, 0), 0.9, 0);
    for (int64_t step = 1; step < 20; step++) {
        double want = step % 5 ? 1 : 0.59049 * 0.125;
        CHECK_NEAR(average_keep(&lookahead, step, 0.5), want, 1e-12);
        CHECK_NEAR(average_keep(&none, step, 0.5), 1, 0);
    }
}

/* After steps with weights w1, w2, ... the moving average is sum_i (1 - d_i) prod_{j > i} d_j w_i. */
static void a_moving_average(void)
{
    enum { STEPS = 12 };
    struct average ema = { AVERAGE_EMA, 0.5 };
    struct resnet *net = small_network(1);
    float *mean = allocate_floats(net->parameters), *running = allocate_floats(net->statistics);
    memcpy(mean, net->weights, net->parameters * sizeof *mean);
    memcpy(running, net->running, net->statistics * sizeof *running);
    double weight = net->weights[3], mean_weight = weight, variance = 1;
    for (int64_t step = 1; step <= STEPS; step++) {
        double keep = average_keep(&ema, step, 0);
        net->weights[3] = (float)(weight = 3.0 / (double)step);
        net->unit[0].norm.running_var[0] = (float)step;
        average_update(&ema, step, 0, net, mean, running);
        mean_weight = keep * mean_weight + (1 - keep) * weight;
        variance = keep * variance + (1 - keep) * (double)step;
        CHECK_NEAR(net->weights[3], weight, 1e-6); /* the training goes on as if nothing were */
    }
    CHECK_NEAR(mean[3], mean_weight, 1e-6);
    CHECK_NEAR(running[net->unit[0].norm.running_var - net->running], variance, 1e-5);
    average_exchange(net, mean, running);
    CHECK_NEAR(net->weights[3], mean_weight, 1e-6);
    CHECK_NEAR(net->unit[0].norm.running_var[0], variance, 1e-5);
    CHECK_NEAR(mean[3], weight, 1e-6);
    free(mean);
    free(running);
    resnet_free(net);
}

static void lookahead_sets_the_network_back(void)
{
    struct average lookahead = { AVERAGE_LOOKAHEAD, 0.9 };
    struct resnet *net = small_network(1), *first = small_network(1);
    float *mean = allocate_floats(net->parameters), *running = allocate_floats(net->statistics);
    memcpy(mean, net->weights, net->parameters * sizeof *mean);
    memcpy(running, net->running, net->statistics * sizeof *running);
    double keep = pow(0.9, 5) * 0.5 * 0.5 * 0.5, start = first->weights[0];
    for (int64_t step = 1; step <= 5; step++) {
        CHECK_FLOATS(mean, first->weights, net->parameters, 0);
        net->weights[0] += 1;
        average_update(&lookahead, step, 0.5, net, mean, running);
    }
    CHECK_NEAR(mean[0], start + 5 * (1 - keep), 1e-6);
    CHECK_FLOATS(net->weights, mean, net->parameters, 0);
    CHECK_FLOATS(net->running, running, net->statistics, 0);
    free(mean);
    free(running);
    resnet_free(net);
    resnet_free(first);
}

int main(void)
{
    RUN(what_is_kept);
    RUN(a_moving_average);
    RUN(lookahead_sets_the_network_back);
    return check_verdict();
}
