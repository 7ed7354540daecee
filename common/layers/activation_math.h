/* The activations on vectors and on single values, for loops that are specialised for one activation. */
#ifndef TALE_LAYERS_ACTIVATION_MATH_H
#define TALE_LAYERS_ACTIVATION_MATH_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/simd.h"
#include "layers/activation.h"

static inline vector vector_celu(vector x)
{
    vector below = celu_alpha * (vector_exp_negative(x * (1 / celu_alpha)) - 1);
    vector_mask negative = x < 0;
    return (vector)((negative & (vector_mask)below) | (~negative & (vector_mask)x));
}

/* f(x) */
static inline vector vector_activate(enum activation activation, vector x)
{
    return activation == ACTIVATION_CELU ? vector_celu(x) : vector_relu(x);
}

/* g f' from the output f; for relu, f may be any value with the same sign. */
static inline vector vector_activate_backward(enum activation activation, vector g, vector f)
{
    if (activation == ACTIVATION_RELU)
        return vector_gate(g, f);
    vector slope = f * (1 / celu_alpha) + 1;
    vector_mask below = f < 0;
    return (vector)((below & (vector_mask)(g * slope)) | (~below & (vector_mask)g));
}

/* The same for single values. */
static inline float activate(enum activation activation, float x)
{
    if (activation == ACTIVATION_CELU)
        return x < 0 ? celu_alpha * (expf(x / celu_alpha) - 1) : x;
    return x < 0 ? 0 : x;
}

/* Whole pixels in place. Uses vectors if a pixel is a whole number of them, so that a value is always computed in the
 * same way. */
static inline void activate_pixels(enum activation activation, size_t pixels, size_t channels, float *x)
{
    bool vectors = channels % VECTOR_FLOATS == 0;
    for (size_t i = 0; vectors && i < pixels * channels; i += VECTOR_FLOATS)
        vector_store(x + i, vector_activate(activation, vector_load(x + i)));
    for (size_t i = 0; !vectors && i < pixels * channels; i++)
        x[i] = activate(activation, x[i]);
}

static inline float activate_backward(enum activation activation, float g, float f)
{
    if (activation == ACTIVATION_CELU)
        return f < 0 ? g * (f / celu_alpha + 1) : g;
    return f > 0 ? g : 0;
}

#endif
