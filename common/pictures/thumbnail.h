/* Thumbnails: rows of an image field as images to be laid out on a sheet.
 *
 *     U8  [N,3,H,W], [N,1,H,W]       as they are
 *     F32 [N,3,H,W]                  red, green and blue, from a range of values
 *     F32 [N,H,W], [N,1,H,W]         a map, from a range of values to a palette
 *     both with C other channels     C maps beside each other; U8 in grey
 */
#ifndef TALE_PICTURES_THUMBNAIL_H
#define TALE_PICTURES_THUMBNAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "pictures/palette.h"
#include "streams/stream.h"

struct thumbnails {
    const struct tensor *tensor; /* not owned */
    int64_t channels, height, width;
    bool colour;         /* three channels make one image */
    int zoom, gap;       /* gap: between the channels of a row */
    struct rgb background;
    enum palette palette;
    bool each;           /* F32: each row has its own range */
    struct range range;  /* F32: otherwise the range of all rows */
};

/* How the rows of a field are drawn: initially zoom 1, grey, no gap, one range for all rows. Dies with the stream's
 * name if the field has another type or rank, has an empty row, or is F32 with a value that is not finite. */
struct thumbnails thumbnails_of(const struct frame *frame, const struct tensor *tensor);

/* Pixels of a row's image. */
int64_t thumbnail_width(const struct thumbnails *thumbnails);
int64_t thumbnail_height(const struct thumbnails *thumbnails);

/* The image of a row. Caller frees. */
struct image thumbnail(const struct thumbnails *thumbnails, int64_t row);

#endif
