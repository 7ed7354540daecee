/* Any bytes as a model, or as choices of which one is made: loaded, written, and loaded and written again the same. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"
#include "model/head.h"
#include "model/model.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    harness_start(*argv);
    return 0;
}

static void copy_model(void *path)
{
    struct model model = model_load(path, 0);
    model_save(&model, stdout, "standard output");
    model_free(&model);
}

static void read_head(void *path)
{
    struct cam_head head = head_read(path);
    cam_head_free(&head);
}

/* The first byte says what the others are. */
static char *write_model(const uint8_t *data, size_t size)
{
    struct bytes bytes = { data, data + size };
    struct blob blob = { 0 };
    if (take(&bytes) < 64) {
        blob_add(&blob, bytes.at, (size_t)(bytes.end - bytes.at));
    } else {
        struct sizes sizes = made_sizes(&bytes);
        made_model(&bytes, &sizes, &blob);
    }
    char *path = strdup(harness_file("model", blob.bytes, blob.size));
    free(blob.bytes);
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = write_model(data, size);
    harness_run(read_head, path, "", 0);
    struct run run = harness_run(copy_model, path, "", 0);
    if (run.status == 0) {
        size_t first_size = run.out_size;
        char *first = malloc(first_size + 1);
        memcpy(first, run.out, first_size);
        harness_file("model", first, first_size);
        run = harness_run(copy_model, path, "", 0);
        if (run.status != 0 || run.out_size != first_size || memcmp(run.out, first, first_size) != 0)
            finding("a model that was written is not read as the same");
        free(first);
    }
    free(path);
    return 0;
}
