#include "layers/residual.h"

#include "base/threads.h"

void residual_forward(size_t pixels, int channels, const float *y, const float *scale, const float *shift,
                      const float *skip, const float *skip_scale, const float *skip_shift, float *out)
{
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (size_t p = 0; p < pixels; p++) {
        const float *restrict from = y + p * (size_t)channels;
        const float *restrict add = skip ? skip + p * (size_t)channels : NULL;
        float *restrict to = out + p * (size_t)channels;
        if (!add)
            for (int c = 0; c < channels; c++) {
                float z = scale[c] * from[c] + shift[c];
                to[c] = z < 0 ? 0 : z;
            }
        else if (!skip_scale)
            for (int c = 0; c < channels; c++) {
                float z = scale[c] * from[c] + (shift[c] + add[c]);
                to[c] = z < 0 ? 0 : z;
            }
        else
            for (int c = 0; c < channels; c++) {
                float z = scale[c] * from[c] + (skip_scale[c] * add[c] + (shift[c] + skip_shift[c]));
                to[c] = z < 0 ? 0 : z;
            }
    }
}
