/* An implementation of convolutions. conv.c uses the first engine that covers a layer and knows nothing else about
 * engines, so a new engine is one file and one row there. */
#ifndef TALE_LAYERS_CONV_ENGINE_H
#define TALE_LAYERS_CONV_ENGINE_H

#include "layers/conv_pass.h"

struct conv_engine {
    bool (*covers)(const struct conv *conv);
    /* Floats of scratch memory for both passes over `images` images with the current number of threads. */
    size_t (*workspace)(const struct conv *conv, ptrdiff_t images);
    /* The weights in the form that `forward` uses: `prepared`, of prepared_floats() floats, is filled and returned; or
     * `weight` itself is returned. */
    size_t (*prepared_floats)(const struct conv *conv);
    const float *(*prepare)(const struct conv *conv, const float *weight, float *prepared);
    void (*forward)(const struct conv *conv, const struct conv_forward_pass *pass);
    void (*backward)(const struct conv *conv, const struct conv_backward_pass *pass);
};

/* Winograd's minimal filtering: 3x3, stride 1 or 2, channels in multiples of 16 (winograd.c). */
extern const struct conv_engine winograd_engine;
/* Matrix products over patches: every layer (plain.c). */
extern const struct conv_engine plain_engine;

#endif
