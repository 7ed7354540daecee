#include "layers/loss.h"

#include <math.h>
#include <stddef.h>

int largest_score(int classes, const float *logit)
{
    int best = 0;
    for (int k = 1; k < classes; k++)
        if (logit[k] > logit[best])
            best = k;
    return best;
}

double cross_entropy(int classes, const float *logit, int64_t label, double smoothing, double weight, float *dlogit)
{
    double largest = logit[largest_score(classes, logit)], sum = 0, loss = 0;
    for (int k = 0; k < classes; k++)
        sum += exp(logit[k] - largest);
    /* cppcheck-suppress invalidFunctionArg ; there is a class, and the largest score's term is 1 */
    double log_sum = largest + log(sum);
    for (int k = 0; k < classes; k++) {
        double target = (k == label ? 1 - smoothing : 0) + smoothing / classes;
        if (target != 0)
            loss += target * (log_sum - logit[k]);
        if (dlogit)
            dlogit[k] = (float)((exp(logit[k] - log_sum) - target) * weight);
    }
    return loss;
}
