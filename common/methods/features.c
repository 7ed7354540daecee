#include "methods/features.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"

struct features features_layout(const struct frame *frame, const char *field)
{
    const struct tensor *tensor = frame_require(frame, field, DTYPE_F32, 2);
    struct features features = { tensor->data, tensor->shape[0], tensor->shape[1] };
    if (features.dimension < 1)
        die("%s: field '%s' has rows without values (at least 1 is needed)", frame->path, field);
    return features;
}

void features_check(const float_anywhere *value, int64_t rows, int64_t dimension, const char *path, const char *field,
                    int64_t frame)
{
    for (int64_t i = 0; i < rows * dimension; i++)
        if (!isfinite(value[i]))
            die("%s: field '%s', row %lld of frame %lld holds %f (every value must be finite)", path, field,
                (long long)(i / dimension), (long long)frame, (double)value[i]);
}

struct features features_require(const struct frame *frame, const char *field)
{
    struct features features = features_layout(frame, field);
    features_check(features.value, features.rows, features.dimension, frame->path, field, frame->number);
    return features;
}

static bool is_listed(const char *name, const void *list)
{
    for (const char *const *item = list; *item; item++)
        if (strcmp(name, *item) == 0)
            return true;
    return false;
}

struct features features_read_all(struct stream *stream, const char *field, const char *const *keep,
                                  struct frame *frame)
{
    struct frame next;
    *frame = (struct frame){ 0 };
    while (stream_read(stream, &next)) {
        frame_rows(&next);
        features_require(&next, field);
        if (keep)
            frame_filter(&next, is_listed, keep);
        frame_append(frame, &next);
        frame_free(&next);
    }
    const struct tensor *all = frame_find(frame, field);
    return all ? (struct features){ all->data, all->shape[0], all->shape[1] } : (struct features){ NULL, 0, 0 };
}

void column_means(const float *value, int64_t rows, int64_t dimension, double *mean)
{
    for (int64_t d = 0; d < dimension; d++)
        mean[d] = 0;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t d = 0; d < dimension; d++)
            mean[d] += value[i * dimension + d];
    for (int64_t d = 0; d < dimension && rows > 0; d++)
        mean[d] /= (double)rows;
}

enum { lanes = 32 }; /* enough partial sums to hide the latency of an addition */

static double sum_of_lanes(double sum[lanes])
{
    for (int l = 0; l < 8; l++)
        sum[l] = (sum[l] + sum[l + 8]) + (sum[l + 16] + sum[l + 24]);
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

double squared_distance(const float *x, const float_anywhere *y, int64_t dimension)
{
    double sum[lanes] = { 0 };
    int64_t d = 0;
    for (; d + lanes <= dimension; d += lanes)
        for (int l = 0; l < lanes; l++) {
            double difference = (double)x[d + l] - (double)y[d + l];
            sum[l] += difference * difference;
        }
    for (int l = 0; d < dimension; d++, l++) {
        double difference = (double)x[d] - (double)y[d];
        sum[l] += difference * difference;
    }
    return sum_of_lanes(sum);
}

double dot_product(const float_anywhere *x, const float_anywhere *y, int64_t dimension)
{
    double sum[lanes] = { 0 };
    int64_t d = 0;
    for (; d + lanes <= dimension; d += lanes)
        for (int l = 0; l < lanes; l++)
            sum[l] += (double)x[d + l] * (double)y[d + l];
    for (int l = 0; d < dimension; d++, l++)
        sum[l] += (double)x[d] * (double)y[d];
    return sum_of_lanes(sum);
}
