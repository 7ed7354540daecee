#include "learning/sgd.h"

#include "base/threads.h"
#include "learning/muon.h"

void sgd_step(const struct sgd *sgd, double rate, int decay, size_t count, float *w, const float *g, float *v)
{
    float mu = (float)sgd->momentum, lambda = decay ? (float)sgd->weight_decay : 0, step = (float)rate;
#pragma omp parallel for simd schedule(static) num_threads(threads_count())
    for (size_t i = 0; i < count; i++) {
        float d = g[i] + lambda * w[i];
        v[i] = mu * v[i] + d;
        w[i] -= step * (d + mu * v[i]);
    }
}

void sgd_update(const struct sgd *sgd, double rate, struct resnet *net, float *velocity)
{
    for (int i = 0; i < net->parameter_tensors; i++) {
        double factor = net->tensor[i].role == ROLE_NORM_BIAS ? sgd->norm_bias : 1;
        if (net->tensor[i].frozen || (sgd->skip_muon && muon_updates_tensor(net, &net->tensor[i])))
            continue;
        size_t begin = net->tensor[i].offset;
        size_t end = i + 1 < net->parameter_tensors ? net->tensor[i + 1].offset : net->parameters;
        sgd_step(sgd, factor * rate, net->tensor[i].rank > 1, end - begin, net->weights + begin, net->gradients + begin,
                 velocity + begin);
    }
}
