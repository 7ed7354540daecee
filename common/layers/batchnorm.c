#include "layers/batchnorm.h"

#include <math.h>

const double batchnorm_epsilon = 1e-5;
const double batchnorm_momentum = 0.1;

static void set_scale(struct batchnorm *norm, int c, double mean, double inverse)
{
    norm->mean[c] = mean;
    norm->inverse[c] = inverse;
    norm->scale[c] = (float)(norm->gamma[c] * inverse);
    norm->shift[c] = (float)(norm->beta[c] - mean * norm->gamma[c] * inverse);
}

void batchnorm_forward(struct batchnorm *norm, const double *sums, double pixels)
{
    double unbiased = pixels > 1 ? pixels / (pixels - 1) : 1;
    for (int c = 0; c < norm->channels; c++) {
        double mean = sums[c] / pixels;
        double var = sums[norm->channels + c] / pixels - mean * mean;
        if (var < 0) /* rounding, in a constant channel */
            var = 0;
        set_scale(norm, c, mean, 1 / sqrt(var + batchnorm_epsilon));
        norm->running_mean[c] += (float)(batchnorm_momentum * (mean - norm->running_mean[c]));
        norm->running_var[c] += (float)(batchnorm_momentum * (var * unbiased - norm->running_var[c]));
    }
}

void batchnorm_inference(struct batchnorm *norm)
{
    for (int c = 0; c < norm->channels; c++)
        set_scale(norm, c, norm->running_mean[c], 1 / sqrt(norm->running_var[c] + batchnorm_epsilon));
}

void batchnorm_backward(struct batchnorm *norm, const double *sum_g, const double *sum_gy, double pixels,
                        float *dgamma, float *dbeta)
{
    for (int c = 0; c < norm->channels; c++) {
        double inverse = norm->inverse[c], mean = norm->mean[c];
        double slope = inverse * (sum_gy[c] - mean * sum_g[c]);
        double a = norm->gamma[c] * inverse, b = -a * inverse * slope / pixels;
        dgamma[c] = (float)slope;
        dbeta[c] = (float)sum_g[c];
        norm->a[c] = (float)a;
        norm->b[c] = (float)b;
        norm->c[c] = (float)(-a * sum_g[c] / pixels - b * mean);
    }
}
