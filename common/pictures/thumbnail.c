#include "pictures/thumbnail.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "pictures/image.h"

static struct range finite_range(const struct frame *frame, const struct tensor *tensor)
{
    struct range range = range_of(tensor->data, tensor_elements(tensor));
    if (!isfinite(range.low) || !isfinite(range.high))
        die("%s: field '%s' holds a value that is not finite", frame->path, tensor->name);
    return range;
}

struct thumbnails thumbnails_of(const struct frame *frame, const struct tensor *tensor)
{
    const int64_t *shape = tensor->shape;
    struct thumbnails thumbnails = { .tensor = tensor, .channels = 1, .zoom = 1, .background = { 255, 255, 255 } };
    bool whole = tensor->dtype == DTYPE_U8 && tensor->rank == 4;
    if (!whole && (tensor->dtype != DTYPE_F32 || (tensor->rank != 3 && tensor->rank != 4)))
        die("%s: field '%s' is %s of rank %d (U8 [N,C,H,W], F32 [N,H,W] or F32 [N,C,H,W] is needed)", frame->path,
            tensor->name, dtype_name(tensor->dtype), tensor->rank);
    if (tensor_row_elements(tensor) == 0)
        die("%s: field '%s' has rows without a pixel", frame->path, tensor->name);
    if (tensor->rank == 4)
        thumbnails.channels = shape[1];
    thumbnails.height = shape[tensor->rank - 2];
    thumbnails.width = shape[tensor->rank - 1];
    thumbnails.colour = thumbnails.channels == 3;
    if (!whole)
        thumbnails.range = finite_range(frame, tensor);
    return thumbnails;
}

static int64_t panels_of(const struct thumbnails *thumbnails)
{
    return thumbnails->colour ? 1 : thumbnails->channels;
}

int64_t thumbnail_width(const struct thumbnails *thumbnails)
{
    return panels_of(thumbnails) * (thumbnails->width * thumbnails->zoom + thumbnails->gap) - thumbnails->gap;
}

int64_t thumbnail_height(const struct thumbnails *thumbnails)
{
    return thumbnails->height * thumbnails->zoom;
}

static struct image whole_panel(const struct thumbnails *t, int64_t row, int64_t panel)
{
    const uint8_t *planes = (const uint8_t *)t->tensor->data + (row * t->channels + panel) * t->height * t->width;
    return image_from_planes(planes, t->colour ? 3 : 1, t->height, t->width);
}

static struct image real_panel(const struct thumbnails *t, int64_t row, int64_t panel)
{
    int64_t plane = t->height * t->width;
    const float *values = (const float *)t->tensor->data + row * t->channels * plane;
    struct range range = t->each ? range_of(values, (size_t)(t->channels * plane)) : t->range;
    if (t->colour)
        return image_from_float_planes(values, t->height, t->width, range.low, range.high);
    return image_from_map(values + panel * plane, t->height, t->width, range.low, range.high, t->palette);
}

struct image thumbnail(const struct thumbnails *thumbnails, int64_t row)
{
    int64_t panels = panels_of(thumbnails);
    struct image *panel = allocate((size_t)panels, sizeof *panel);
    for (int64_t i = 0; i < panels; i++)
        panel[i] = thumbnails->tensor->dtype == DTYPE_U8 ? whole_panel(thumbnails, row, i)
                                                         : real_panel(thumbnails, row, i);
    struct image image = image_row(panel, panels, thumbnails->zoom, thumbnails->gap, thumbnails->background);
    free(panel);
    return image;
}
