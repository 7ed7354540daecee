/* A database: the row stream that knn searches, ready to be searched. */
#ifndef TALE_METHODS_DATABASE_H
#define TALE_METHODS_DATABASE_H

#include <stdint.h>

#include "data/stream.h"
#include "methods/knn.h"

struct database {
    struct stream stream;
    struct frame *frame;    /* [frames]: with the features alone */
    int64_t frames, rows, dimension;
    int64_t *index, *label; /* [rows]: where rows come from, and their classes; or NULL */
    const char *classes;    /* what these are called, of the first frame; or NULL */
    const char *model;      /* that the features are of, by the first frame; or NULL */
    struct knn knn;
};

/* Open a row stream with a field F32 [N, D]. A file is mapped: 16 bytes of a row, index and label, are kept in memory,
 * and features stay where they are, read when they are needed (stream_map). Of a pipe the features are kept too; all
 * other fields are let go. Dies, naming the path and the rule, where a frame is not sound, or has other fields, shapes
 * or names of classes than the first. A stream without rows has dimension 0 and must not be searched. */
struct database database_open(const char *path, const char *field);

/* Make it ready to be searched: reads all features of the field, and dies where one is not finite. */
void database_prepare(struct database *database, const char *field, enum knn_metric metric);

void database_close(struct database *database);

#endif
