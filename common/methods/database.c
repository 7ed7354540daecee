#include "methods/database.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "methods/features.h"
#include "streams/classes.h"
#include "streams/origin.h"

/* An array that grows: the rows that it has memory for. */
struct growing {
    int64_t *value, room;
};

/* The values of an I64 field [N], or NULL if there is none. */
static const char *whole_numbers(const struct frame *frame, const char *field)
{
    return frame_find(frame, field) ? frame_require(frame, field, DTYPE_I64, 1)->data : NULL;
}

/* Appends the values of a field to those of earlier frames; all frames must have the field, or none. */
static void append_field(const struct database *database, const struct frame *frame, const char *field, int64_t rows,
                         struct growing *array)
{
    const char *value = whole_numbers(frame, field); /* at any address */
    if (database->frames > 0 && !value != !array->value)
        die("%s: field '%s' is missing in %s frame", database->stream.path, field, value ? "an earlier" : "a later");
    if (!value)
        return;
    if (!array->value || database->rows + rows > array->room) {
        array->room = 2 * database->rows + rows + 1;
        array->value = reallocate(array->value, (size_t)array->room, sizeof *array->value);
    }
    memcpy(array->value + database->rows, value, (size_t)rows * sizeof *array->value);
}

static bool is_field(const char *name, const void *field)
{
    return strcmp(name, field) == 0;
}

/* If a part of the database is not finite, dies with its position. */
static void check_values(const struct database *database, const char *field)
{
    for (int64_t f = 0; f < database->frames; f++) {
        const struct tensor *tensor = frame_find(&database->frame[f], field);
        features_check(tensor->data, tensor->shape[0], database->dimension, database->stream.path, field, f + 1);
    }
}

void database_prepare(struct database *database, const char *field, enum knn_metric metric)
{
    struct knn_part *part = allocate((size_t)database->frames, sizeof *part);
    for (int64_t f = 0; f < database->frames; f++) {
        const struct tensor *tensor = frame_find(&database->frame[f], field);
        part[f] = (struct knn_part){ tensor->data, tensor->shape[0] };
    }
    database->knn = knn_open_parts(metric, part, database->frames, database->index, database->dimension);
    free(part);
    if (!database->knn.finite)
        check_values(database, field);
}

struct database database_open(const char *path, const char *field)
{
    struct database database = { .stream = stream_open(path) };
    struct growing index = { 0 }, label = { 0 };
    struct frame frame;
    int64_t room = 0;
    while (stream_map(&database.stream, &frame)) {
        int64_t rows = frame_rows(&frame);
        struct features features = features_layout(&frame, field);
        if (database.frames > 0 && features.dimension != database.dimension)
            die("%s: field '%s' changes its type or shape between frames", path, field);
        database.dimension = features.dimension;
        if (database.frames > 0)
            frame_check_classes(&database.frame[0], &frame);
        else
            database.classes = classes_names(&frame, "label");
        origin_check_model(&frame, "an earlier frame", database.model);
        if (database.frames == 0)
            database.model = frame_metadata(&frame, "model");
        append_field(&database, &frame, "index", rows, &index);
        append_field(&database, &frame, "label", rows, &label);
        frame_filter(&frame, is_field, field);
        if (database.frames == room) {
            room = 2 * room + 16;
            database.frame = reallocate(database.frame, (size_t)room, sizeof *database.frame);
        }
        database.frame[database.frames++] = frame;
        database.rows += rows;
    }
    database.index = index.value;
    database.label = label.value;
    return database;
}

void database_close(struct database *database)
{
    knn_close(&database->knn);
    for (int64_t f = 0; f < database->frames; f++)
        frame_free(&database->frame[f]);
    free(database->frame);
    free(database->index);
    free(database->label);
    stream_close(&database->stream);
    *database = (struct database){ 0 };
}
