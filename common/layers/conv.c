#include "layers/conv.h"

#include "layers/conv_engine.h"

static const struct conv_engine *const engines[] = { &winograd_engine, &plain_engine };

/* The first engine that covers the layer; the last engine covers every layer. */
static const struct conv_engine *engine_of(const struct conv *conv)
{
    enum { ENGINES = sizeof engines / sizeof *engines };
    for (int i = 0; i < ENGINES - 1; i++)
        if (engines[i]->covers(conv))
            return engines[i];
    return engines[ENGINES - 1];
}

size_t conv_workspace(const struct conv *conv, ptrdiff_t images)
{
    return engine_of(conv)->workspace(conv, images);
}

size_t conv_prepared_floats(const struct conv *conv)
{
    return engine_of(conv)->prepared_floats(conv);
}

const float *conv_prepare(const struct conv *conv, const float *weight, float *prepared)
{
    return engine_of(conv)->prepare(conv, weight, prepared);
}

void conv_forward(const struct conv *conv, const struct conv_forward_pass *pass)
{
    engine_of(conv)->forward(conv, pass);
}

void conv_backward(const struct conv *conv, const struct conv_backward_pass *pass)
{
    engine_of(conv)->backward(conv, pass);
}
