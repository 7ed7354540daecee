#include "learning/examples.h"

#include <string.h>

#include "base/error.h"
#include "base/options.h"

static int64_t read_group(const struct frame *frame, int64_t rows)
{
    const char *text = frame_metadata(frame, "group");
    int64_t group = 1;
    if (text && !parse_integer(text, 1, INT32_MAX, &group))
        die("%s: metadata 'group' is '%s' (a whole number of at least 1)", frame->path, text);
    if (rows % group)
        die("%s: %lld rows are not a whole number of groups of %lld", frame->path, (long long)rows, (long long)group);
    return group;
}

static void check_range(const struct frame *frame, const char *name, const int64_t *values, int64_t count,
                        int64_t high)
{
    for (int64_t i = 0; i < count; i++)
        if (values[i] < 0 || values[i] > high)
            die("%s: field '%s': row %lld holds %lld (0 to %lld)", frame->path, name, (long long)i,
                (long long)values[i], (long long)high);
}

struct examples examples_read(struct stream *stream, const char *target)
{
    struct examples examples = { 0 };
    stream_read_all(stream, &examples.frame);
    const struct frame *frame = &examples.frame;
    if (frame_rows(frame) == 0)
        die("%s: no rows (at least one image is needed)", stream->path);
    const struct tensor *image = frame_require(frame, "image", DTYPE_U8, 4);
    if (image->shape[1] != 3)
        die("%s: field 'image' has %lld channels (3 are needed)", stream->path, (long long)image->shape[1]);
    if (image->shape[2] < 1 || image->shape[3] < 1 || image->shape[2] > 4096 || image->shape[3] > 4096)
        die("%s: images of %lld x %lld (1 to 4096 a side)", stream->path, (long long)image->shape[2],
            (long long)image->shape[3]);
    examples.count = image->shape[0];
    examples.height = (int)image->shape[2];
    examples.width = (int)image->shape[3];
    examples.image = image->data;
    examples.target = frame_require(frame, target, DTYPE_I64, 1)->data;
    examples.group = read_group(frame, examples.count);
    check_range(frame, target, examples.target, examples.count, strcmp(target, "rotation") == 0 ? 3 : 99999);
    if (frame_find(frame, "rotation")) {
        examples.rotation = frame_require(frame, "rotation", DTYPE_I64, 1)->data;
        check_range(frame, "rotation", examples.rotation, examples.count, 3);
        if (examples.height != examples.width)
            die("%s: turned images of %d x %d (they must be square)", stream->path, examples.height, examples.width);
    }
    return examples;
}

bool examples_one_target(const struct examples *examples)
{
    for (int64_t i = 1; i < examples->count; i++)
        if (examples->target[i] != examples->target[0])
            return false;
    return true;
}

int64_t examples_largest_target(const struct examples *examples)
{
    int64_t largest = -1;
    for (int64_t i = 0; i < examples->count; i++)
        if (examples->target[i] > largest)
            largest = examples->target[i];
    return largest;
}

/* One multiplication and one shift for every 8 bytes: fast and well mixed, but not safe against malice. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = 0;
        memcpy(&word, (const char *)bytes + i, size - i < 8 ? size - i : 8);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash;
}

uint64_t examples_fingerprint(const struct examples *examples)
{
    const int64_t shape[] = { examples->count, examples->height, examples->width, examples->group,
                              examples->rotation != NULL };
    size_t rows = (size_t)examples->count;
    uint64_t hash = mix(1, shape, sizeof shape);
    hash = mix(hash, examples->image, rows * 3 * (size_t)examples->height * (size_t)examples->width);
    hash = mix(hash, examples->target, rows * sizeof *examples->target);
    return examples->rotation ? mix(hash, examples->rotation, rows * sizeof *examples->rotation) : hash;
}

void examples_free(struct examples *examples)
{
    frame_free(&examples->frame);
}
