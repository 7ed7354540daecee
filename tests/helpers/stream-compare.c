/* stream-compare: whether two streams hold the same rows, however they are cut into frames; for tests.
 *
 *     stream-compare [-t TOLERANCE] A B
 *
 * Fields, types, shapes and metadata must agree and values to the bit; with -t, floats within |a - b| <= TOLERANCE, so
 * that NaN never does; infinity equals only the same infinity. Exit 0 when they agree; otherwise 1 and a line for each
 * field that differs. */
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "streams/stream.h"

static double value(const struct tensor *tensor, size_t i)
{
    return tensor->dtype == DTYPE_F32 ? (double)((float *)tensor->data)[i] : ((double *)tensor->data)[i];
}

static bool is_near(double a, double b, double tolerance)
{
    return isinf(a) || isinf(b) ? a == b : fabs(a - b) <= tolerance;
}

static bool same_values(const struct tensor *a, const struct tensor *b, double tolerance)
{
    bool floats = a->dtype == DTYPE_F32 || a->dtype == DTYPE_F64;
    if (!floats || tolerance < 0) {
        bool same = memcmp(a->data, b->data, tensor_bytes(a)) == 0;
        if (!same)
            warn("%s: the values differ", a->name);
        return same;
    }
    size_t bad = 0, first = 0;
    for (size_t i = tensor_elements(a); i-- > 0;)
        if (!is_near(value(a, i), value(b, i), tolerance)) {
            bad++;
            first = i;
        }
    if (bad)
        warn("%s: %zu values differ, first [%zu]: %.9g and %.9g", a->name, bad, first, value(a, first),
             value(b, first));
    return bad == 0;
}

static bool same_shape(const struct tensor *a, const struct tensor *b)
{
    bool same = a->dtype == b->dtype && a->rank == b->rank;
    for (int d = 0; same && d < a->rank; d++)
        same = a->shape[d] == b->shape[d];
    if (!same)
        warn("%s: the types or shapes differ", a->name);
    return same;
}

static void read_joined(struct frame *frame, const char *path)
{
    struct stream stream = stream_open(path);
    struct frame next;
    if (!stream_read(&stream, frame))
        return;
    while (stream_read(&stream, &next)) {
        frame_append(frame, &next);
        frame_free(&next);
    }
    stream_close(&stream);
}

int main(int argc, char **argv)
{
    struct frame a, b;
    double tolerance = -1; /* to the bit */
    program_name = "stream-compare";
    if (argc == 5 && !strcmp(argv[1], "-t")) {
        tolerance = strtod(argv[2], NULL);
        argv += 2;
    } else if (argc != 3) {
        die("usage: stream-compare [-t TOLERANCE] A B");
    }
    read_joined(&a, argv[1]);
    read_joined(&b, argv[2]);
    bool same = a.count == b.count;
    if (!same)
        warn("%d and %d fields", a.count, b.count);
    if (a.metadata ? !json_equal(a.metadata, b.metadata) : b.metadata != NULL) {
        warn("the metadata differ");
        same = false;
    }
    for (int i = 0; i < a.count; i++) {
        const struct tensor *other = frame_find(&b, a.tensor[i]->name);
        if (!other)
            warn("%s: only in the first", a.tensor[i]->name);
        same &= other && same_shape(a.tensor[i], other) && same_values(a.tensor[i], other, tolerance);
    }
    frame_free(&a);
    frame_free(&b);
    return same ? 0 : 1;
}
