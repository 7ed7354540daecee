/* Any bytes as a model: loaded, written, and loaded and written again as the same. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = strdup(harness_file("model", data, size));
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
