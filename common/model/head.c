#include "model/head.h"

#include <math.h>

#include "base/error.h"
#include "model/metadata.h"

static const float *finite_values(const struct frame *model, const struct tensor *tensor)
{
    const float *value = tensor->data;
    for (size_t i = 0; i < tensor_elements(tensor); i++)
        if (!isfinite(value[i]))
            die("%s: tensor '%s' holds a value that is not finite (element %zu)", model->path, tensor->name, i);
    return value;
}

static void read_bias(struct cam_head *head)
{
    if (!frame_find(&head->model, "fc.bias"))
        return;
    const struct tensor *bias = frame_require(&head->model, "fc.bias", DTYPE_F32, 1);
    if (bias->shape[0] != head->classes)
        die("%s: fc.bias has %lld values and fc.weight %lld rows (the numbers must be equal)", head->model.path,
            (long long)bias->shape[0], (long long)head->classes);
    head->bias = finite_values(&head->model, bias);
}

struct cam_head head_read(const char *path)
{
    struct cam_head head = { .target = "label" };
    struct stream stream = stream_open(path);
    if (!stream_read(&stream, &head.model))
        die("%s: is empty (a model is needed)", stream.path);
    stream_require_end(&stream, "a model");
    struct model_metadata metadata = model_metadata_read(&head.model, stream.path);
    const struct tensor *weight = frame_require(&head.model, "fc.weight", DTYPE_F32, 2);
    head.classes = weight->shape[0];
    head.channels = weight->shape[1];
    if (head.classes < 1)
        die("%s: fc.weight has no rows (one for each class is needed)", stream.path);
    model_metadata_check_classes(&head.model, stream.path, head.classes);
    head.weight = finite_values(&head.model, weight);
    read_bias(&head);
    head.scale = metadata.logit_scale;
    if (metadata.task)
        head.target = metadata.task;
    stream_close(&stream);
    return head;
}
