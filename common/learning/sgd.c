#include "learning/sgd.h"

#include "base/threads.h"

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
