/* Activations; their code is in activation_math.h. The slope of each can be computed from its output, so a layer keeps
 * only one of its input and output:
 *
 *     relu   f(x) = max(x, 0)                                    f' = 1 where f > 0, else 0
 *     celu   f(x) = x where x > 0, else alpha (exp(x / alpha) - 1)     f' = 1 where f > 0, else 1 + f / alpha
 *
 * with alpha = 0.3 (Barron 2017, "Continuously differentiable exponential linear units"). Both map 0 to 0, which the
 * zeros around an image and in padded channels require, and NaN to NaN, so that divergence of a network is noticed. */
#ifndef TALE_LAYERS_ACTIVATION_H
#define TALE_LAYERS_ACTIVATION_H

enum activation { ACTIVATION_RELU, ACTIVATION_CELU, ACTIVATIONS };

/* "relu", "celu": names for a choice of options, NULL after the last. */
extern const char *const activation_names[ACTIVATIONS + 1];

static const float celu_alpha = 0.3f;

#endif
