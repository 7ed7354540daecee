/* Any bytes as a stream: read frame by frame, mapped, and as one. What is read is written, and read again the same. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "streams/listing.h"
#include "streams/stream.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    harness_start(*argv);
    return 0;
}

static void copy_stream(void *context)
{
    (void)context;
    struct stream stream = stream_open(NULL);
    struct frame frame;
    while (stream_read(&stream, &frame)) {
        stream_write(stdout, NULL, &frame);
        frame_free(&frame);
    }
}

static void copy_mapped(void *path)
{
    struct stream stream = stream_open(path);
    struct frame frame;
    while (stream_map(&stream, &frame)) {
        stream_write(stdout, NULL, &frame);
        frame_free(&frame);
    }
    stream_close(&stream);
}

static void list_all(void *context)
{
    (void)context;
    struct stream stream = stream_open(NULL);
    struct frame frame;
    struct listing listing = { .file = stdout, .values = true };
    stream_read_all(&stream, &frame);
    listing_add(&listing, &frame, 1);
    listing_end(&listing);
    frame_free(&frame);
}

struct kept {
    char *bytes;
    size_t size;
    int status;
};

static struct kept keep(struct run run)
{
    struct kept kept = { malloc(run.out_size + 1), run.out_size, run.status };
    memcpy(kept.bytes, run.out, run.out_size);
    return kept;
}

static void require_same(const struct kept *first, const struct run *run, const char *what)
{
    if (run->status != first->status || run->out_size != first->size ||
        memcmp(run->out, first->bytes, first->size) != 0)
        finding("a stream %s is not what it was (status %d and %d, %zu and %zu bytes)", what, first->status,
                run->status, first->size, run->out_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kept first = keep(harness_run(copy_stream, NULL, data, size));
    struct run mapped = harness_run(copy_mapped, (void *)(uintptr_t)harness_file("stream", data, size), NULL, 0);
    require_same(&first, &mapped, "that is mapped");
    first.status = 0; /* frames before the bad one were written whole */
    struct run again = harness_run(copy_stream, NULL, first.bytes, first.size);
    require_same(&first, &again, "read again");
    harness_run(list_all, NULL, data, size);
    free(first.bytes);
    return 0;
}
