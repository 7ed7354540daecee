/* Code that the transforms of activations share: iteration along a line of a domain, and the one-dimensional transforms
 * by stride. Internal to winograd_input.c and winograd_output.c. */
#ifndef TALE_LAYERS_WINOGRAD_LINES_H
#define TALE_LAYERS_WINOGRAD_LINES_H

#include "layers/winograd_transform.h"

/* A position on a line of a domain, for one vector of a block of channels, in floats from the domain's start. */
struct walk {
    ptrdiff_t at, even;
    ptrdiff_t slot, pitch, tile, even_tile;
};

/* The start of row r on line i of the domain, for the channels from `h` on in the block. */
WINOGRAD_INLINE struct walk walk_line(const struct tile_rows *rows, ptrdiff_t r, int i, int h)
{
    const struct domain_line *line = &rows->domain->line[i];
    ptrdiff_t tile = (r - rows->first) * rows->shape->tiles_x, channel = rows->domain_channel + h;
    return (struct walk){
        .at = line->first + tile * line->tile + channel,
        .even = line->even + tile * line->even_tile + channel,
        .slot = line->slot,
        .pitch = rows->domain->pitch,
        .tile = line->tile,
        .even_tile = line->even_tile,
    };
}

/* Slot j of the tile. */
WINOGRAD_INLINE ptrdiff_t walk_slot(const int stride, const struct walk *walk, int j)
{
    return stride == 2 && j >= 5 ? walk->even + (j - 5) * walk->pitch : walk->at + j * walk->slot;
}

/* Moves to the next tile. */
WINOGRAD_INLINE void walk_on(const int stride, struct walk *walk)
{
    walk->at += walk->tile;
    if (stride == 2)
        walk->even += walk->even_tile;
}

WINOGRAD_INLINE void input_1d(int stride, const vector *x, vector *v)
{
    if (stride == 1)
        input_stride1(x, v);
    else
        input_stride2(x, v);
}

WINOGRAD_INLINE void input_adjoint_1d(int stride, const vector *v, vector *x)
{
    if (stride == 1)
        input_adjoint_stride1(v, x);
    else
        input_adjoint_stride2(v, x);
}

WINOGRAD_INLINE void output_1d(int stride, const vector *m, vector *y)
{
    if (stride == 1)
        output_stride1(m, y);
    else
        output_stride2(m, y);
}

WINOGRAD_INLINE void output_adjoint_1d(int stride, const vector *y, vector *z)
{
    if (stride == 1)
        output_adjoint_stride1(y, z);
    else
        output_adjoint_stride2(y, z);
}

#endif
