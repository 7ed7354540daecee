#include "layers/residual.h"

#include <stdbool.h>

#include "base/simd.h"
#include "base/threads.h"
#include "layers/activation_math.h"
#include "layers/workspace.h"

/* Pixels that a thread takes at a time: enough to keep it busy for some microseconds. */
enum { RUN = 256 };

struct terms {
    const float *y, *scale, *shift;
    const float *skip, *skip_scale, *skip_shift;
    float *out;
};

/* One pixel, whose channels begin at `at`. */
static inline void add_pixel(const enum activation activation, const struct terms *terms, size_t at, int channels,
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

void residual_forward(enum activation activation, size_t pixels, int channels, const float *y, const float *scale,
                      const float *shift, const float *skip, const float *skip_scale, const float *skip_shift,
                      float *out)
{
    const struct terms terms = { y, scale, shift, skip, skip_scale, skip_shift, out };
    bool stream = pixels * (size_t)channels >= STREAM_FLOATS;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (size_t run = 0; run < pixels; run += RUN) {
        for (size_t p = run; p < run + RUN && p < pixels; p++)
            if (activation == ACTIVATION_RELU) /* each compiled for itself */
                add_pixel(ACTIVATION_RELU, &terms, p * (size_t)channels, channels, stream);
            else
                add_pixel(ACTIVATION_CELU, &terms, p * (size_t)channels, channels, stream);
        vector_stream_end();
    }
}
