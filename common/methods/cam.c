#include "methods/cam.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

void cam_head_free(struct cam_head *head)
{
    frame_free(&head->model);
}

void class_activation_map(float *map, const struct cam_head *head, int64_t class, const float *fmap, int64_t pixels)
{
    const float *weight = head->weight + class * head->channels;
    memset(map, 0, (size_t)pixels * sizeof *map);
    for (int64_t k = 0; k < head->channels; k++)
        for (int64_t i = 0; i < pixels; i++)
            map[i] += head->scale * weight[k] * fmap[k * pixels + i];
}

double cam_logit(const struct cam_head *head, int64_t class, const float *map, int64_t pixels)
{
    double sum = 0;
    for (int64_t i = 0; i < pixels; i++)
        sum += (double)map[i];
    double bias = head->bias ? (double)head->scale * (double)head->bias[class] : 0;
    return sum / (double)pixels + bias;
}

int64_t cam_predict(const struct cam_head *head, const float *fmap, int64_t pixels, float *map)
{
    int64_t best = 0;
    double best_logit = -INFINITY;
    for (int64_t c = 0; c < head->classes; c++) {
        class_activation_map(map, head, c, fmap, pixels);
        double logit = cam_logit(head, c, map, pixels);
        if (logit > best_logit) {
            best_logit = logit;
            best = c;
        }
    }
    return best;
}

static const struct tensor *require_fmap(const struct cam_head *head, const struct frame *frame)
{
    const struct tensor *fmap = frame_require(frame, "fmap", DTYPE_F32, 4);
    if (fmap->shape[1] != head->channels)
        die("%s: field 'fmap' has %lld channels and the model's fc.weight %lld (the numbers must be equal)",
            frame->path, (long long)fmap->shape[1], (long long)head->channels);
    if (fmap->shape[2] * fmap->shape[3] == 0)
        die("%s: field 'fmap' has maps without a pixel", frame->path);
    return fmap;
}

static void predict_rows(int64_t *class, const struct cam_head *head, const struct tensor *fmap)
{
    int64_t pixels = fmap->shape[2] * fmap->shape[3];
    size_t row = tensor_row_elements(fmap);
#pragma omp parallel
    {
        float *map = allocate_floats((size_t)pixels);
#pragma omp for
        for (int64_t i = 0; i < fmap->shape[0]; i++)
            class[i] = cam_predict(head, (const float *)fmap->data + (size_t)i * row, pixels, map);
        free(map);
    }
}

static void copy_classes(int64_t *class, const struct cam_head *head, const struct frame *frame,
                         const struct tensor *field)
{
    const int64_t *value = field->data;
    for (int64_t i = 0; i < field->shape[0]; i++) {
        if (value[i] < 0 || value[i] >= head->classes)
            die("%s: field '%s' is %lld in row %lld of frame %lld (0 to %lld are the model's classes)", frame->path,
                field->name, (long long)value[i], (long long)i, (long long)frame->number,
                (long long)head->classes - 1);
        class[i] = value[i];
    }
}

void cam_add_class(struct frame *frame, const struct cam_head *head, const char *field, int64_t which)
{
    const struct tensor *fmap = require_fmap(head, frame);
    int64_t rows = frame_rows(frame);
    int64_t *class = allocate((size_t)rows, sizeof *class);
    if (which == CAM_PREDICTED && !frame_find(frame, "prediction"))
        predict_rows(class, head, fmap);
    else if (which == CAM_PREDICTED)
        copy_classes(class, head, frame, frame_require(frame, "prediction", DTYPE_I64, 1));
    else if (which == CAM_TARGET)
        copy_classes(class, head, frame, frame_require(frame, head->target, DTYPE_I64, 1));
    else
        for (int64_t i = 0; i < rows; i++)
            class[i] = which;
    /* added last, because it may replace the field that was read */
    struct tensor *added = frame_put(frame, field, DTYPE_I64, 1, &rows);
    memcpy(added->data, class, tensor_bytes(added));
    free(class);
    const char *names = frame_metadata(&head->model, "classes");
    char *key = format_string("%s_classes", field);
    frame_set_metadata(frame, key, names); /* sets or removes the names: those of an earlier field do not apply */
    free(key);
}

void cam_add_map(struct frame *frame, const struct cam_head *head, const char *field)
{
    const struct tensor *fmap = require_fmap(head, frame);
    const int64_t *class = frame_require(frame, field, DTYPE_I64, 1)->data;
    int64_t shape[] = { fmap->shape[0], fmap->shape[2], fmap->shape[3] };
    struct tensor *cam = frame_put(frame, "cam", DTYPE_F32, 3, shape);
    size_t row = tensor_row_elements(fmap), pixels = tensor_row_elements(cam);
#pragma omp parallel for
    for (int64_t i = 0; i < shape[0]; i++)
        class_activation_map((float *)cam->data + (size_t)i * pixels, head, class[i],
                             (const float *)fmap->data + (size_t)i * row, (int64_t)pixels);
    for (int64_t i = 0; i < shape[0]; i++)
        if (!floats_finite((float *)cam->data + (size_t)i * pixels, pixels))
            die("%s: field 'fmap', row %lld of frame %lld: its map holds a value that is not finite", frame->path,
                (long long)i, (long long)frame->number);
}
