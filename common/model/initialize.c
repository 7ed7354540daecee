#include "model/initialize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

static void initialize_tensor(struct resnet *net, const struct resnet_tensor *t, struct random *r)
{
    size_t count = (size_t)t->outputs * (size_t)(t->rank > 1 ? t->inputs : 1) *
                   (size_t)(t->rank == 4 ? t->kernel * t->kernel : 1);
    float *values = allocate_floats(count);
    float deviation = t->rank == 4 ? (float)sqrt(2.0 / ((double)t->outputs * t->kernel * t->kernel)) : 0;
    float bound = 1 / sqrtf((float)resnet_features(&net->config));
    bool classifier = t->role == ROLE_CLASSIFIER || t->role == ROLE_CLASSIFIER_BIAS;
    for (size_t i = 0; i < count; i++) {
        if (t->rank == 4)
            values[i] = deviation * random_normal(r);
        else if (classifier)
            values[i] = bound * (2 * random_uniform(r) - 1);
        else
            values[i] = t->role == ROLE_NORM_SCALE ? 1 : 0;
    }
    resnet_import(net, t, values);
    free(values);
}

void resnet_initialize(struct resnet *net, uint64_t seed)
{
    for (int i = 0; i < net->parameter_tensors; i++) {
        struct random r = random_of(seed, (uint64_t)i); /* a generator for each tensor: the first layers are the same
                                                         * for any depth */
        initialize_tensor(net, &net->tensor[i], &r);
    }
}

static void set_dirac(struct resnet *net, const struct resnet_tensor *t)
{
    size_t taps = (size_t)t->kernel * (size_t)t->kernel, filter = taps * (size_t)t->inputs;
    float *values = allocate_floats(filter * (size_t)t->outputs);
    resnet_export(t, resnet_values(net, t), values);
    for (int k = 0; k < t->outputs && k < t->inputs; k++) {
        memset(values + (size_t)k * filter, 0, filter * sizeof *values);
        values[(size_t)k * filter + (size_t)k * taps + taps / 2] = 1;
    }
    resnet_import(net, t, values);
    free(values);
}

void resnet_initialize_dirac(struct resnet *net)
{
    for (int i = 1; i < net->parameter_tensors; i++) /* 0 is the stem */
        if (net->tensor[i].role == ROLE_CONVOLUTION && net->tensor[i].kernel == 3)
            set_dirac(net, &net->tensor[i]);
}
