#include "fixture.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "layers/conv.h"

struct frame fixture_load(const char *file)
{
    char *path = format_string("tests/fixtures/%s", file);
    struct stream stream = stream_open(path);
    struct frame frame;
    if (!stream_read(&stream, &frame))
        die("%s: the file is empty", path);
    stream_close(&stream);
    free(path);
    return frame;
}

const struct tensor *fixture_tensor(const struct frame *frame, const char *prefix, const char *name)
{
    char *whole = format_string("%s.%s", prefix, name);
    const struct tensor *tensor = frame_find(frame, whole);
    if (!tensor)
        die("the fixture has no tensor '%s'", whole);
    free(whole);
    return tensor;
}

static const struct tensor *find_floats(const struct frame *frame, const char *prefix, const char *name, int rank)
{
    const struct tensor *tensor = fixture_tensor(frame, prefix, name);
    if (tensor->dtype != DTYPE_F32 || (rank && tensor->rank != rank))
        die("the fixture's tensor '%s' is not F32 of rank %d", tensor->name, rank);
    return tensor;
}

float *fixture_maps(const struct frame *frame, const char *prefix, const char *name)
{
    const struct tensor *tensor = find_floats(frame, prefix, name, 4);
    int64_t images = tensor->shape[0], channels = tensor->shape[1], pixels = tensor->shape[2] * tensor->shape[3];
    int64_t stored = channels_padded((int)channels);
    const float *from = tensor->data;
    float *maps = allocate_floats((size_t)(images * pixels * stored));
    for (int64_t n = 0; n < images; n++)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t p = 0; p < pixels; p++)
                maps[(n * pixels + p) * stored + c] = *from++;
    return maps;
}

float *fixture_weight(const struct frame *frame, const char *prefix, const char *name)
{
    const struct tensor *tensor = find_floats(frame, prefix, name, 4);
    int64_t outputs = tensor->shape[0], inputs = tensor->shape[1], taps = tensor->shape[2] * tensor->shape[3];
    int64_t stored_outputs = channels_padded((int)outputs), stored_inputs = channels_padded((int)inputs);
    const float *from = tensor->data;
    float *weight = allocate_floats((size_t)(taps * stored_inputs * stored_outputs));
    for (int64_t k = 0; k < outputs; k++)
        for (int64_t c = 0; c < inputs; c++)
            for (int64_t tap = 0; tap < taps; tap++)
                weight[(tap * stored_inputs + c) * stored_outputs + k] = *from++;
    return weight;
}

float *fixture_vectors(const struct frame *frame, const char *prefix, const char *name)
{
    const struct tensor *tensor = find_floats(frame, prefix, name, 0);
    int64_t channels = tensor->shape[tensor->rank - 1], stored = channels_padded((int)channels);
    size_t rows = tensor_elements(tensor) / (size_t)channels;
    const float *from = tensor->data;
    float *vectors = allocate_floats(rows * (size_t)stored);
    for (size_t row = 0; row < rows; row++)
        for (int64_t c = 0; c < channels; c++)
            vectors[row * (size_t)stored + (size_t)c] = *from++;
    return vectors;
}
