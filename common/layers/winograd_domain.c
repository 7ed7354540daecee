#include "layers/winograd_domain.h"

#include <stdbool.h>

struct winograd winograd_shape(const struct conv *conv)
{
    struct winograd shape = {
        .stride = conv->stride,
        .slots = conv->stride == 1 ? 6 : 9,
        .step = TILE * conv->stride,
        .overlap = conv->stride == 1 ? 2 : 1,
        .inputs = conv->inputs,
        .outputs = conv->outputs,
        .height = conv->height,
        .width = conv->width,
        .out_height = conv_out_height(conv),
        .out_width = conv_out_width(conv),
    };
    shape.tiles_y = (shape.out_height + TILE - 1) / TILE;
    shape.tiles_x = (shape.out_width + TILE - 1) / TILE;
    return shape;
}

/* Fills in the lines of a domain whose matrices have positions: copies are one matrix row apart. */
static void place_lines(const struct winograd *shape, struct domain *domain)
{
    for (ptrdiff_t i = 0; i < shape->slots; i++) {
        ptrdiff_t p = shape->stride == 2 && i > 5 ? 5 : i; /* slots 5 to 8 are copies of frequency 5 */
        const ptrdiff_t *copies = domain->copies + p * WEIGHT_SIDE, *offset = domain->offset + p * WEIGHT_SIDE;
        ptrdiff_t copy = (i - p) * domain->pitch;
        domain->line[i] = (struct domain_line){
            .first = offset[0] + copy,
            .slot = offset[1] - offset[0],
            .tile = copies[0] * domain->pitch,
            .even = offset[5] + TILE * copy,
            .even_tile = copies[5] * domain->pitch,
        };
    }
}

struct domain domain_new(const struct winograd *shape, ptrdiff_t tiles, ptrdiff_t channels)
{
    struct domain domain = { .channels = channels };
    /* rows a multiple of 512 bytes apart would share few sets of the first cache */
    domain.pitch = channels % 128 == 0 ? channels + CHANNELS : channels;
    for (int f = 0; f < FREQUENCIES; f++) {
        bool even_y = shape->stride == 2 && f / WEIGHT_SIDE == 5, even_x = shape->stride == 2 && f % WEIGHT_SIDE == 5;
        domain.copies[f] = (even_y ? TILE : 1) * (even_x ? TILE : 1);
        domain.offset[f] = domain.floats;
        /* one more line, so that the matrices do not all start at the same offset in a page */
        domain.floats += tiles * domain.copies[f] * domain.pitch + CHANNELS;
    }
    place_lines(shape, &domain);
    return domain;
}

ptrdiff_t line_floats(const struct winograd *shape)
{
    return (shape->step * shape->tiles_x + shape->overlap) * CHANNELS;
}

ptrdiff_t transform_lines(const struct winograd *shape)
{
    return shape->slots * line_floats(shape);
}

ptrdiff_t weight_pitch(const struct winograd *shape)
{
    return shape->inputs * shape->outputs + CHANNELS;
}
