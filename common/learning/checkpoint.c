#include "learning/checkpoint.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/output.h"

static const char kind[] = "checkpoint";

void checkpoint_rule(struct checkpoint *checkpoint, const char *name, const char *value)
{
    frame_set_metadata(&checkpoint->rules, name, value);
}

void checkpoint_hold(struct checkpoint *checkpoint, const char *name, enum dtype dtype, size_t count, void *data)
{
    if (checkpoint->blocks == CHECKPOINT_BLOCKS_MAX)
        die("a checkpoint holds at most %d blocks", CHECKPOINT_BLOCKS_MAX);
    checkpoint->block[checkpoint->blocks++] = (struct tensor){
        .name = (char *)(uintptr_t)name, .dtype = dtype, .rank = 1, .shape = { (int64_t)count }, .data = data
    };
}

void checkpoint_write(struct checkpoint *checkpoint)
{
    if (!checkpoint->path)
        return;
    struct tensor *list[CHECKPOINT_BLOCKS_MAX];
    for (int i = 0; i < checkpoint->blocks; i++)
        list[i] = &checkpoint->block[i];
    frame_set_metadata(&checkpoint->rules, "architecture", kind); /* so that no program takes it for a model */
    struct frame frame = { .tensor = list, .count = checkpoint->blocks, .metadata = checkpoint->rules.metadata };
    struct output output = output_open(checkpoint->path);
    stream_write(output.file, checkpoint->path, &frame);
    output_close(&output);
}

static void check_rules(const struct checkpoint *checkpoint, const struct frame *frame)
{
    const char *name, *was = frame_metadata(frame, "architecture");
    json_t *value;
    if (!was || strcmp(was, kind) != 0)
        die("%s: this is not a checkpoint (metadata 'architecture' is not '%s')", checkpoint->resume, kind);
    json_object_foreach(checkpoint->rules.metadata, name, value)
    {
        was = frame_metadata(frame, name);
        if (!was || strcmp(was, json_string_value(value)) != 0)
            die("%s: %s is %s, but the run started with %s (everything that affects the result must be the same)",
                checkpoint->resume, name, json_string_value(value), was ? was : "none");
    }
}

static void fill(struct tensor *block, const struct frame *frame)
{
    const struct tensor *from = frame_require(frame, block->name, block->dtype, 1);
    if (from->shape[0] != block->shape[0])
        die("%s: '%s' has %lld values (%lld are needed)", frame->path, block->name, (long long)from->shape[0],
            (long long)block->shape[0]);
    const float *value = from->data;
    for (int64_t i = 0; from->dtype == DTYPE_F32 && i < from->shape[0]; i++) /* weights, and sums of weights */
        if (!isfinite(value[i]))
            die("%s: '%s' holds a value that is not finite (element %lld)", frame->path, block->name, (long long)i);
    if (from->shape[0])
        memcpy(block->data, from->data, tensor_bytes(from));
}

bool checkpoint_resume(struct checkpoint *checkpoint)
{
    if (!checkpoint->resume)
        return false;
    struct stream stream = stream_open(checkpoint->resume);
    struct frame frame;
    if (!stream_read(&stream, &frame))
        die("%s: the file is empty (a checkpoint is one frame)", stream.path);
    stream_require_end(&stream, "a checkpoint");
    check_rules(checkpoint, &frame);
    if (frame.count != checkpoint->blocks)
        die("%s: %d blocks (%d are needed)", stream.path, frame.count, checkpoint->blocks);
    for (int i = 0; i < checkpoint->blocks; i++)
        fill(&checkpoint->block[i], &frame);
    frame_free(&frame);
    stream_close(&stream);
    return true;
}

void checkpoint_free(struct checkpoint *checkpoint)
{
    frame_free(&checkpoint->rules);
}
