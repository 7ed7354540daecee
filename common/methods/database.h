/* A database: the row stream that knn searches, prepared for searching. */
#ifndef TALE_METHODS_DATABASE_H
#define TALE_METHODS_DATABASE_H

#include <stdint.h>

#include "methods/knn.h"
#include "streams/stream.h"

struct database {
    struct stream stream;
    struct frame *frame;    /* [frames]: only the features */
    int64_t frames, rows, dimension;
    int64_t *index, *label; /* [rows]: row numbers in the source, and classes; or NULL */
    const char *classes;    /* class names in the first frame; or NULL */
    const char *model;      /* the model that computed the features, in the first frame; or NULL */
    struct knn knn;
};

/* Opens a row stream with a field F32 [N, D]. A file is mapped: index and label, 16 bytes for each row, are kept in
 * memory, and features are read from the file when needed (stream_map). For a pipe the features are kept in memory too;
 * all other fields are dropped. Dies with the path and the rule if a frame is not valid, or has other fields, shapes or
 * class names than the first. A stream without rows has dimension 0 and must not be searched. */
struct database database_open(const char *path, const char *field);

/* Prepares it for searching: reads all features of the field, and dies if one is not finite. */
void database_prepare(struct database *database, const char *field, enum knn_metric metric);

void database_close(struct database *database);

#endif
