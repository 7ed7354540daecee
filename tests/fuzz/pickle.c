/* Any bytes as a pickle, and all of it looked at. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/pickle.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    harness_start(*argv);
    return 0;
}

struct given {
    const uint8_t *data;
    size_t size;
};

static int looks; /* left: lists may hold themselves */

static void look_at_text(const struct pickle_value *value)
{
    size_t length;
    char *text = pickle_text(value, &length);
    if (text && text[length])
        finding("a text without a 0 behind it");
    free(text);
}

static void look(const struct pickle_value *value, int depth)
{
    int64_t number, count = pickle_count(value);
    if (!looks || depth > 50)
        return;
    looks--;
    free(pickle_describe(value));
    look_at_text(value);
    if (value->type == PICKLE_DICT)
        pickle_get(value, "data");
    for (int64_t i = 0; i < count && i < 1000; i++)
        pickle_integer(value, i, &number);
    if (count > 0)
        pickle_integer(value, count - 1, &number);
    if (value->type == PICKLE_LIST || value->type == PICKLE_DICT)
        for (size_t i = 0; i < value->count; i++)
            look(value->item[i], depth + 1);
}

static void read_pickle(void *context)
{
    const struct given *given = context;
    pickle_begins(given->data, given->size);
    struct pickle *pickle = pickle_read(given->data, given->size, "pickle");
    looks = 2000;
    look(pickle_root(pickle), 0);
    pickle_free(pickle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct given given = { data, size };
    harness_run(read_pickle, &given, "", 0);
    return 0;
}
