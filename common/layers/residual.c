#include "layers/residual.h"

#include <stdbool.h>

#include "base/simd.h"
#include "base/threads.h"
#include "layers/activation_math.h"
#include "layers/workspace.h"

/* Pixels that a thread processes at a time: some microseconds of work. */
enum { RUN = 256 };

/* One pixel; its channels begin at `at`. */
static inline void add_pixel(const enum activation activation, const struct residual *terms, size_t at, int channels,
                             bool stream)
{
    int c = 0;
    for (; c + VECTOR_FLOATS <= channels; c += VECTOR_FLOATS) {
        vector shift = vector_load(terms->shift + c);
        if (terms->skip_scale)
            shift = vector_load(terms->skip_scale + c) * vector_load(terms->skip + at + (size_t)c) +
                    (shift + vector_load(terms->skip_shift + c));
        else if (terms->skip)
            shift += vector_load(terms->skip + at + (size_t)c);
        vector z = vector_load(terms->scale + c) * vector_load(terms->y + at + (size_t)c) + shift;
        z = vector_activate(activation, z);
        if (stream)
            vector_stream(terms->out + at + (size_t)c, z);
        else
            vector_store(terms->out + at + (size_t)c, z);
    }
    for (; c < channels; c++) { /* up to 4 channels are stored as 4 */
        float shift = terms->shift[c];
        if (terms->skip_scale)
            shift = terms->skip_scale[c] * terms->skip[at + (size_t)c] + (shift + terms->skip_shift[c]);
        else if (terms->skip)
            shift += terms->skip[at + (size_t)c];
        float z = terms->scale[c] * terms->y[at + (size_t)c] + shift;
        terms->out[at + (size_t)c] = activate(activation, z);
    }
}

void residual_forward(const struct residual *residual)
{
    const struct residual terms = *residual;
    size_t channels = (size_t)terms.channels;
    bool stream = terms.pixels * channels >= STREAM_FLOATS;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (size_t run = 0; run < terms.pixels; run += RUN) {
        for (size_t p = run; p < run + RUN && p < terms.pixels; p++)
            if (terms.activation == ACTIVATION_RELU) /* separate branches, so that each is specialised */
                add_pixel(ACTIVATION_RELU, &terms, p * channels, terms.channels, stream);
            else
                add_pixel(ACTIVATION_CELU, &terms, p * channels, terms.channels, stream);
        vector_stream_end();
    }
}
