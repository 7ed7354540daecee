#include "methods/filters.h"

#include <stdlib.h>

#include "base/memory.h"

struct strength {
    int64_t number;
    double squares; /* sum of squared weights */
};

static int compare_strengths(const void *a, const void *b)
{
    const struct strength *p = a, *q = b;
    if (p->squares != q->squares)
        return p->squares > q->squares ? -1 : 1;
    return p->number < q->number ? -1 : 1;
}

/* order [count]: parts of `size` weights each, by decreasing sum of squares. */
static void order_by_strength(int64_t *order, const float *weight, int64_t count, int64_t size)
{
    struct strength *strength = allocate((size_t)count, sizeof *strength);
    for (int64_t i = 0; i < count; i++) {
        strength[i].number = i;
        for (int64_t j = 0; j < size; j++)
            strength[i].squares += (double)weight[i * size + j] * (double)weight[i * size + j];
    }
    qsort(strength, (size_t)count, sizeof *strength, compare_strengths);
    for (int64_t i = 0; i < count; i++)
        order[i] = strength[i].number;
    free(strength);
}

static int64_t kernel_size(const struct filters *filters)
{
    return filters->height * filters->width;
}

static const float *kernel_of(const struct filters *filters, int64_t k, int64_t c)
{
    return filters->weight + (k * filters->channels + c) * kernel_size(filters);
}

void filters_order(int64_t *order, const struct filters *filters, bool by_norm)
{
    if (by_norm)
        order_by_strength(order, filters->weight, filters->count, filters->channels * kernel_size(filters));
    else
        for (int64_t k = 0; k < filters->count; k++)
            order[k] = k;
}

void filter_inputs_order(int64_t *order, const struct filters *filters, int64_t k)
{
    order_by_strength(order, kernel_of(filters, k, 0), filters->channels, kernel_size(filters));
}

struct range filters_range(const struct filters *filters)
{
    int64_t all = filters->count * filters->channels * kernel_size(filters);
    return range_symmetric(range_of(filters->weight, (size_t)all));
}

struct range filter_range(const struct filters *filters, int64_t k)
{
    int64_t one = filters->channels * kernel_size(filters);
    return range_symmetric(range_of(kernel_of(filters, k, 0), (size_t)one));
}

struct image filter_rgb(const struct filters *filters, int64_t k, struct range range)
{
    return image_from_float_planes(kernel_of(filters, k, 0), filters->height, filters->width, range.low, range.high);
}

struct image filter_kernel(const struct filters *filters, int64_t k, int64_t c, struct range range,
                           enum palette palette)
{
    return image_from_map(kernel_of(filters, k, c), filters->height, filters->width, range.low, range.high, palette);
}
