/* Any bytes as a file named to cifar_open(): a batch of any layout or an archive; and all of its rows. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/cifar.h"
#include "datasets/cifar_choice.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    harness_start(*argv);
    return 0;
}

struct given {
    char *path;
    enum cifar_part part;
};

static void read_set(void *context)
{
    struct given *given = context;
    struct cifar set = cifar_open(&given->path, 1, given->part);
    int64_t count, sum = 0;
    struct cifar_choice choice = { .split = given->part == CIFAR_TEST ? SPLIT_TEST : SPLIT_TRAIN, .val = "10%" };
    int64_t *rows = cifar_choose(&set, &choice, &count);
    for (int64_t i = 0; i < count; i++) {
        int64_t within;
        const struct cifar_batch *batch = cifar_find_row(&set, rows[i], &within);
        const unsigned char *image = batch->images + (size_t)within * batch->stride;
        for (int p = 0; p < CIFAR_IMAGE; p++)
            sum += image[p];
        if (batch->label[CIFAR_FINE][within] >= set.names[CIFAR_FINE].count)
            finding("a label that no name has");
    }
    printf("%lld\n", (long long)sum);
    free(rows);
    free(class_names_join(&set.names[CIFAR_FINE]));
    cifar_close(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = strdup(harness_file("batch", data, size));
    for (int part = CIFAR_TRAIN; part <= CIFAR_TEST; part++)
        harness_run(read_set, &(struct given){ path, (enum cifar_part)part }, "", 0);
    free(path);
    return 0;
}
