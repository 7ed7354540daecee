/* stream-poke: a stream with single values changed, for tests.
 *
 *     stream-poke FIELD ELEMENT VALUE <in >out
 *
 * sets one element of a field, counted through the first frame; VALUE as strtod reads it, also nan and inf. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/output.h"
#include "streams/stream.h"

static void poke(struct tensor *tensor, size_t element, double value)
{
    if (element >= tensor_elements(tensor))
        die("%s has no element %zu", tensor->name, element);
    switch (tensor->dtype) {
    case DTYPE_F64: ((double *)tensor->data)[element] = value; break;
    case DTYPE_F32: ((float *)tensor->data)[element] = (float)value; break;
    case DTYPE_I64: ((int64_t *)tensor->data)[element] = (int64_t)value; break;
    case DTYPE_U8: ((uint8_t *)tensor->data)[element] = (uint8_t)value; break;
    default: die("%s is %s", tensor->name, dtype_name(tensor->dtype));
    }
}

int main(int argc, char **argv)
{
    program_name = "stream-poke";
    if (argc != 4)
        die("FIELD ELEMENT VALUE are needed");
    struct stream stream = stream_open(NULL);
    struct frame frame;
    while (stream_read(&stream, &frame)) {
        struct tensor *tensor = frame_find(&frame, argv[1]);
        if (!tensor)
            die("there is no field %s", argv[1]);
        if (stream.frames == 1)
            poke(tensor, strtoull(argv[2], NULL, 10), strtod(argv[3], NULL));
        stream_write(stdout, NULL, &frame);
        frame_free(&frame);
    }
    close_stdout();
    return 0;
}
