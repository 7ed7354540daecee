/* Batch normalisation (Ioffe and Szegedy 2015) as coefficients: the neighbouring convolutions apply them while they
 * load and store, so batch normalisation needs no pass of its own over the data.
 *
 *     z = gamma (y - mu) / sqrt(var + eps) + beta = scale y + shift,
 *
 * mu and var over all pixels of a batch, per channel. */
#ifndef TALE_LAYERS_BATCHNORM_H
#define TALE_LAYERS_BATCHNORM_H

/* As in PyTorch: added to the variance wherever it is used, forward and backward. */
extern const double batchnorm_epsilon;
/* Weight of the newest batch in the running mean and variance, by PyTorch's definition. */
extern const double batchnorm_momentum;

struct batchnorm {
    int channels;              /* padded */
    const float *gamma, *beta; /* [C], parameters */
    float *running_mean, *running_var; /* [C] */
    double *mean, *inverse;    /* [C]: mean of the batch, and 1 / sqrt(var + eps) */
    float *scale, *shift;      /* [C]: z = scale y + shift */
    float *a, *b, *c;          /* [C]: dy = a g + b y + c */
};

/* Computes scale and shift from the sums [2][C] of y and y^2 over `pixels` values per channel, and updates the running
 * statistics (the variance with its unbiased estimate, as PyTorch). */
void batchnorm_forward(struct batchnorm *norm, const double *sums, double pixels);

/* Scale and shift from the running statistics. */
void batchnorm_inference(struct batchnorm *norm);

/* With g the gradient at z, and the sums over all pixels sum_g = sum g, sum_gy = sum g y [C]:
 *     dgamma = (sum_gy - mu sum_g) / sqrt(var + eps),   dbeta = sum_g,
 *     dy = gamma / sqrt(var + eps) (g - dbeta / m - xhat dgamma / m) = a g + b y + c. */
void batchnorm_backward(struct batchnorm *norm, const double *sum_g, const double *sum_gy, double pixels,
                        float *dgamma, float *dbeta);

#endif
