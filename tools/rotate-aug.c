/* rotate-aug: writes each image in its four quarter turns, or in one at random. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "pictures/rotate.h"
#include "streams/filter.h"
#include "streams/stream.h"

/* Images turned at a time: the output takes four times their memory. */
static const int64_t step = 256;

struct turning {
    bool random;
    int64_t seed;
    int64_t rows; /* of the stream so far */
};

/* The rows [begin, end) of a frame, turned, with all other fields and with `rotation`. */
static struct frame turn_rows(const struct frame *frame, int64_t begin, int64_t end, const struct turning *turning)
{
    int64_t copies = turning->random ? 1 : QUARTER_TURNS, count = (end - begin) * copies;
    int64_t *from = allocate((size_t)count, sizeof *from);
    for (int64_t i = 0; i < count; i++)
        from[i] = begin + i / copies;
    struct frame turned = frame_select(frame, from, count);
    const struct tensor *in = frame_find(frame, "image");
    struct tensor *out = frame_find(&turned, "image");
    int64_t *rotation = frame_put(&turned, "rotation", DTYPE_I64, 1, &count)->data;
    size_t bytes = tensor_row_bytes(in);
    for (int64_t i = 0; i < count; i++) {
        rotation[i] = turning->random ? rotate_random_turn((uint64_t)turning->seed, turning->rows + i) : i % copies;
        rotate_quarter((uint8_t *)out->data + (size_t)i * bytes, (const uint8_t *)in->data + (size_t)from[i] * bytes,
                       (size_t)in->shape[1], (size_t)in->shape[2], (int)rotation[i]);
    }
    frame_set_metadata(&turned, "group", turning->random ? NULL : "4");
    free(from);
    return turned;
}

static void check_images(const struct frame *frame)
{
    const struct tensor *image = frame_require(frame, "image", DTYPE_U8, 4);
    if (image->shape[2] != image->shape[3])
        die("%s: frame %lld: images of %lld x %lld pixels (a quarter turn needs square ones)", frame->path,
            (long long)frame->number, (long long)image->shape[2], (long long)image->shape[3]);
}

/* Writes the rows of a frame, turned, a few at a time. */
static void turn_frame(struct frame *frame, void *context)
{
    struct turning *turning = context;
    check_images(frame);
    int64_t rows = frame_rows(frame), begin = 0;
    do { /* at least once: a frame of no rows stays one */
        int64_t end = rows - begin < step ? rows : begin + step;
        struct frame turned = turn_rows(frame, begin, end, turning);
        stream_write(stdout, NULL, &turned);
        frame_free(&turned);
        turning->rows += end - begin;
        begin = end;
    } while (begin < rows);
}

int main(int argc, char **argv)
{
    struct turning turning = { false, 0, 0 };
    const struct option_row options[] = {
        OPTION_INTEGER(0, "random", &turning.seed, "SEED", 0, 9e15, "one random turn by this seed instead of all four"),
        OPTION_END,
    };
    static const struct usage usage = {
        "[--random SEED] <images >turned",
        "Turn each image counter-clockwise by 0, 1, 2 and 3 quarters; the field rotation is their number.",
        true, true, 0, 0
    };
    options_parse(argc, argv, &usage, options);

    turning.random = option_given(&turning.seed);

    filter_frames(&(struct filter){ .frame = turn_frame, .context = &turning });

    close_stdout();
    return EXIT_OK;
}
