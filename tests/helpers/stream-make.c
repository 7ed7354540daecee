/* stream-make: a small stream from words, for tests.
 *
 *     stream-make label:I64:3=0,1,2 image:U8:3,3,2,2=iota @classes=cat,dog / label:I64:1=7 ... > x.st
 *
 * NAME:DTYPE:SHAPE=VALUES with commas between sizes and values; VALUES may also be `zero`, `iota` (0, 1, 2, ...) or
 * `randomSEED` (normal for floats, all bits for whole numbers). NAME:DTYPE:=VALUE is a scalar of shape []. @KEY=VALUE
 * is metadata. A word `/` ends a frame. Without a word: an empty stream. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/output.h"
#include "base/random.h"
#include "streams/stream.h"

static void set_value(struct tensor *tensor, size_t i, double real, long long whole)
{
    switch (tensor->dtype) {
    case DTYPE_F64: ((double *)tensor->data)[i] = real; break;
    case DTYPE_F32: ((float *)tensor->data)[i] = (float)real; break;
    case DTYPE_I64: case DTYPE_U64: ((int64_t *)tensor->data)[i] = whole; break;
    case DTYPE_I32: case DTYPE_U32: ((int32_t *)tensor->data)[i] = (int32_t)whole; break;
    case DTYPE_I16: case DTYPE_U16: case DTYPE_F16: case DTYPE_BF16: /* half floats by their bits */
        ((int16_t *)tensor->data)[i] = (int16_t)whole;
        break;
    default: ((int8_t *)tensor->data)[i] = (int8_t)whole; break;
    }
}

static void fill(struct tensor *tensor, const char *values)
{
    size_t count = tensor_elements(tensor);
    struct random r = random_new(strncmp(values, "random", 6) ? 0 : strtoull(values + 6, NULL, 10), 0);
    for (size_t i = 0; i < count; i++) {
        if (!strncmp(values, "random", 6)) {
            set_value(tensor, i, (double)random_normal(&r), (long long)random_bits(&r));
        } else if (!strcmp(values, "iota")) {
            set_value(tensor, i, (double)i, (long long)i);
        } else if (strcmp(values, "zero")) {
            char *end;
            double real = strtod(values, &end);
            long long whole = strtoll(values, NULL, 10);
            if (end == values || (*end != ',' && *end))
                die("%s: not a value, or too few of them (%zu wanted)", values, count);
            set_value(tensor, i, real, whole);
            values = *end ? end + 1 : end;
        }
    }
}

static void add_tensor(struct frame *frame, char *word)
{
    char *dtype = strchr(word, ':'), *shape = dtype ? strchr(dtype + 1, ':') : NULL;
    char *values = shape ? strchr(shape, '=') : NULL;
    struct tensor like = { 0 };
    if (!values)
        die("%s: not NAME:DTYPE:SHAPE=VALUES", word);
    *dtype++ = *shape++ = *values++ = 0;
    if (!dtype_parse(dtype, &like.dtype))
        die("%s: no such dtype", dtype);
    for (char *size = strtok(shape, ","); size; size = strtok(NULL, ","))
        like.shape[like.rank++] = strtoll(size, NULL, 10);
    fill(frame_put(frame, word, like.dtype, like.rank, like.shape), values);
}

int main(int argc, char **argv)
{
    struct frame frame = { 0 };
    program_name = "stream-make";
    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (argv[i][0] == '@' && equals) {
            *equals = 0;
            frame_set_metadata(&frame, argv[i] + 1, equals + 1);
        } else if (strcmp(argv[i], "/")) {
            add_tensor(&frame, argv[i]);
        }
        if (i == argc - 1 || !strcmp(argv[i], "/")) {
            stream_write(stdout, NULL, &frame);
            frame_free(&frame);
        }
    }
    close_stdout();
    return 0;
}
