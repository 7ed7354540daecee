/* Files made of a fuzzer's bytes: streams of rows, models and data sets that are mostly as they should be. */
#ifndef TALE_FUZZ_MADE_H
#define TALE_FUZZ_MADE_H

#include "harness.h"

#include "bytes.h"

/* What is made; freed by the next made_start(). */
struct blob {
    uint8_t *bytes;
    size_t size, room;
};

/* How large things are, so that a model and the rows that it is given fit each other. */
struct sizes {
    int64_t rows, side, channels, classes, values, neighbors;
};

void blob_add(struct blob *blob, const void *bytes, size_t size);
void blob_format(struct blob *blob, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct sizes made_sizes(struct bytes *bytes);

/* A stream with these fields, by their usual names, NULL after the last. */
void made_rows(struct bytes *bytes, const struct sizes *sizes, const char *const *fields, struct blob *blob);

/* A model for images and feature maps of those sizes. */
void made_model(struct bytes *bytes, const struct sizes *sizes, struct blob *blob);

/* A CIFAR data set: a folder, an archive or a file; its path is good until the next call. */
const char *made_cifar(struct bytes *bytes);

/* Change some bytes of what was made, or cut it short. */
void made_poke(struct bytes *bytes, struct blob *blob);

/* One of the names (NULL after the last), a list of some, a word that some option takes, or any pieces of these, as a
 * text that ends with 0. */
void made_text(struct bytes *bytes, const char *const *names, struct blob *blob);

#endif
