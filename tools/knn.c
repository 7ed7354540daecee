/* knn: finds the nearest rows of a database for each row of a stream, and the class that wins their vote. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/progress.h"
#include "methods/database.h"
#include "methods/features.h"
#include "methods/knn.h"
#include "streams/classes.h"
#include "streams/origin.h"
#include "streams/stream.h"

enum vote { VOTE_PLAIN, VOTE_WEIGHTED };
static const char *const metric_names[] = { "l2", "cosine", NULL };
static const char *const vote_names[] = { "plain", "weighted", NULL };

struct settings {
    const char *database, *field;
    int64_t k;
    int metric, vote;
    double temperature;
    bool exclude_self;
};

/* A search reads the whole database, so it is done for this many rows together (or fewer, if their other fields are
 * large). */
enum { batch_rows = 4096, batch_bytes = 64 << 20 };

/* The frames that are processed together. */
struct batch {
    struct frame *frame; /* [frames] */
    int64_t frames, rows;
    float *feature;      /* [rows, dimension] for all frames */
    int64_t *index;      /* [rows], with --exclude-self */
};

/* Numbers of queries, of queries with a label, and of correct predictions. */
struct score {
    int64_t queries, labelled, right;
};

/* The values of an I64 field [N], or NULL if there is none. */
static int64_t *whole_numbers(const struct frame *frame, const char *field)
{
    return frame_find(frame, field) ? frame_require(frame, field, DTYPE_I64, 1)->data : NULL;
}

static struct database open_database(const struct settings *settings)
{
    struct database database = database_open(settings->database, settings->field);
    if (!database.rows)
        die("%s: holds no row (at least k = %lld are needed)", settings->database, (long long)settings->k);
    if (database.rows < settings->k)
        die("%s: %lld rows are too few for k = %lld (k may be at most the number of rows)", settings->database,
            (long long)database.rows, (long long)settings->k);
    if (settings->exclude_self && !database.index)
        die("%s: field 'index' is missing (--exclude-self needs it)", settings->database);
    database_prepare(&database, settings->field, (enum knn_metric)settings->metric);
    return database;
}

/* Adds a frame to the batch; returns its bytes. */
static size_t take_frame(struct batch *batch, const struct database *database, const struct settings *settings,
                         struct frame frame)
{
    int64_t rows = frame_rows(&frame), all = batch->rows + rows;
    struct features query = features_require(&frame, settings->field);
    origin_check_model(&frame, settings->database, database->model);
    size_t row = (size_t)database->dimension, bytes = 0;
    whole_numbers(&frame, "label"); /* a wrong type is reported before the search */
    if (query.dimension != database->dimension)
        die("%s: field '%s' has %lld values in a row, but the database %lld (the numbers must be equal)", frame.path,
            settings->field, (long long)query.dimension, (long long)database->dimension);
    batch->feature = reallocate(batch->feature, checked_multiply((size_t)all, row), sizeof(float));
    memcpy(batch->feature + (size_t)batch->rows * row, query.value, (size_t)rows * row * sizeof(float));
    if (settings->exclude_self) {
        const int64_t *index = frame_require(&frame, "index", DTYPE_I64, 1)->data;
        batch->index = reallocate(batch->index, (size_t)all, sizeof *batch->index);
        memcpy(batch->index + batch->rows, index, (size_t)rows * sizeof *index);
    }
    for (int i = 0; i < frame.count; i++)
        bytes += tensor_bytes(frame.tensor[i]);
    batch->frame = reallocate(batch->frame, (size_t)batch->frames + 1, sizeof *batch->frame);
    batch->frame[batch->frames++] = frame;
    batch->rows = all;
    return bytes;
}

/* Reads the frames of the next batch. Returns false at the end of the stream. */
static bool read_batch(struct batch *batch, const struct database *database, const struct settings *settings,
                       struct stream *stream)
{
    struct frame frame;
    size_t bytes = 0;
    *batch = (struct batch){ 0 };
    while (batch->rows < batch_rows && bytes < batch_bytes && stream_read(stream, &frame))
        bytes += take_frame(batch, database, settings, frame);
    return batch->frames > 0;
}

static void batch_free(struct batch *batch)
{
    for (int64_t f = 0; f < batch->frames; f++)
        frame_free(&batch->frame[f]);
    free(batch->frame);
    free(batch->feature);
    free(batch->index);
}

/* Too few rows of the database remain for a query. */
static _Noreturn void die_too_few(const struct batch *batch, const struct settings *settings, int64_t query)
{
    int64_t f = 0, row = query;
    for (; row >= frame_rows(&batch->frame[f]); f++)
        row -= frame_rows(&batch->frame[f]);
    die("%s: fewer than k = %lld rows of the database are left beside row %lld of frame %lld itself (index %lld)",
        batch->frame[f].path, (long long)settings->k, (long long)row, (long long)batch->frame[f].number,
        (long long)(batch->index ? batch->index[query] : query));
}

/* Adds the fields of the neighbours. */
static void put_neighbors(struct frame *frame, const struct database *database, int64_t rows, int64_t k,
                          const int64_t *position, const double *distance)
{
    const int64_t shape[2] = { rows, k };
    int64_t *index = frame_put(frame, "neighbor_index", DTYPE_I64, 2, shape)->data;
    float *apart = frame_put(frame, "neighbor_distance", DTYPE_F32, 2, shape)->data;
    int64_t *label = database->label ? frame_put(frame, "neighbor_label", DTYPE_I64, 2, shape)->data : NULL;
    for (int64_t i = 0; i < rows * k; i++) {
        index[i] = database->index ? database->index[position[i]] : position[i];
        apart[i] = (float)distance[i];
        if (label)
            label[i] = database->label[position[i]];
    }
}

/* Adds the winner of the vote, and counts correct predictions. */
static void put_prediction(struct frame *frame, const struct settings *settings,
                           int64_t rows, const double *distance, struct score *score)
{
    const int64_t *voter = frame_find(frame, "neighbor_label")->data, *label = whole_numbers(frame, "label");
    int64_t *prediction = frame_put(frame, "knn_prediction", DTYPE_I64, 1, &rows)->data, k = settings->k;
    for (int64_t i = 0; i < rows; i++) {
        prediction[i] = settings->vote == VOTE_PLAIN
                            ? knn_vote_plain(voter + i * k, k)
                            : knn_vote_weighted((enum knn_metric)settings->metric, voter + i * k, distance + i * k, k,
                                                settings->temperature);
        score->right += label && label[i] == prediction[i];
    }
    score->labelled += label ? rows : 0;
}

/* Adds the results to a frame; position and distance [k] begin with its row 0. */
static void answer_frame(struct frame *frame, const struct database *database,
                         const struct settings *settings, const int64_t *position, const double *distance,
                         struct score *score)
{
    static const char *const of_classes[] = { "neighbor_label", "knn_prediction" };
    int64_t rows = frame_rows(frame);
    for (int i = 0; i < 2; i++) {
        frame_remove(frame, of_classes[i]); /* these may belong to another database */
        classes_set_names(frame, of_classes[i], database->label ? database->classes : NULL);
    }
    put_neighbors(frame, database, rows, settings->k, position, distance);
    if (database->label)
        put_prediction(frame, settings, rows, distance, score);
    score->queries += rows;
}

/* Searches for all rows of the batch, and writes its frames with the results. */
static void answer_batch(struct batch *batch, const struct database *database,
                         const struct settings *settings, struct score *score)
{
    size_t count = checked_multiply((size_t)batch->rows, (size_t)settings->k);
    int64_t *position = allocate(count, sizeof *position), at = 0;
    double *distance = allocate(count, sizeof *distance);
    int64_t failed = knn_search(&database->knn, batch->feature, batch->index, batch->rows, settings->k, position,
                                distance);
    if (failed >= 0)
        die_too_few(batch, settings, failed);
    for (int64_t f = 0; f < batch->frames; f++) {
        int64_t rows = frame_rows(&batch->frame[f]);
        answer_frame(&batch->frame[f], database, settings, position + at, distance + at, score);
        stream_write(stdout, NULL, &batch->frame[f]);
        at += rows * settings->k;
    }
    free(position);
    free(distance);
}

int main(int argc, char **argv)
{
    struct settings settings = { NULL, "feature", 10, KNN_L2, VOTE_PLAIN, 0.1, false };
    const struct option_row options[] = {
        OPTION_TEXT('d', "database", &settings.database, "FILE", "the rows to search; required"),
        OPTION_INTEGER('k', "neighbors", &settings.k, "N", 1, 100000, "number of neighbours"),
        OPTION_CHOICE(0, "metric", &settings.metric, "NAME", metric_names, "distance"),
        OPTION_CHOICE(0, "vote", &settings.vote, "NAME", vote_names, "weight of a neighbour's label"),
        OPTION_REAL(0, "temperature", &settings.temperature, "T", 1e-6, 1e6,
                    "temperature of the weighted vote, exp(similarity / T)"),
        OPTION_TEXT(0, "field", &settings.field, "NAME", "field to compare"),
        OPTION_FLAG(0, "exclude-self", &settings.exclude_self, "ignore rows with the index of the query"),
        OPTION_END,
    };
    static const struct usage usage = {
        "-d DATABASE [-k N] [--metric l2|cosine] [--vote plain|weighted] <features >neighbours",
        "Find the exact nearest rows of a database for each row; add neighbor_index, neighbor_distance and, if the\n"
        "database has labels, neighbor_label and knn_prediction. The accuracy goes to stderr.",
        true, true, 0, 0
    };
    options_parse(argc, argv, &usage, options);
    if (!settings.database || !strcmp(settings.database, "-"))
        die_usage("-d: the database must be a file (standard input holds the rows to look up)");

#ifdef M_MMAP_THRESHOLD
    /* Blocks of megabytes are allocated and freed with every batch: as separate mappings they do not fragment the
     * heap. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
    struct database database = open_database(&settings);
    struct stream stream = stream_open(NULL);
    struct batch batch;
    struct score score = { 0 };
    struct progress progress = progress_start("rows", 0);

    while (read_batch(&batch, &database, &settings, &stream)) {
        answer_batch(&batch, &database, &settings, &score);
        progress_update(&progress, score.queries, NULL);
        batch_free(&batch);
    }

    progress_end(&progress);
    if (score.labelled)
        say("accuracy %.4f (%lld of %lld rows; k %lld, %s, %s vote)", (double)score.right / (double)score.labelled,
            (long long)score.right, (long long)score.labelled, (long long)settings.k, metric_names[settings.metric],
            vote_names[settings.vote]);
    database_close(&database);
    stream_close(&stream);
    close_stdout();
    return EXIT_OK;
}
