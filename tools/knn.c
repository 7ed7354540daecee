/* knn: the nearest rows of a database for each row of a stream, and the class that they vote for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/progress.h"
#include "data/stream.h"
#include "methods/features.h"
#include "methods/knn.h"

enum vote { VOTE_PLAIN, VOTE_WEIGHTED };
static const char *const metric_names[] = { "l2", "cosine", NULL };
static const char *const vote_names[] = { "plain", "weighted", NULL };

struct choices {
    const char *database, *field;
    int64_t k;
    int metric, vote;
    double temperature;
    bool exclude_self;
};

/* What the search needs of the database: its features, where its rows came from, and their classes. */
struct database {
    struct stream stream;
    struct frame frame;
    struct features features;
    const int64_t *index, *label; /* [rows] or NULL */
    struct knn knn;
};

/* How many queries there were, how many with a label, and how many predictions agreed with it. */
struct score {
    int64_t queries, labelled, right;
};

/* The values of an I64 field [N], or NULL where there is none. */
static int64_t *whole_numbers(const struct frame *frame, const struct stream *stream, const char *field)
{
    return frame_find(frame, field) ? frame_require(frame, stream, field, DTYPE_I64, 1)->data : NULL;
}

static void database_open(struct database *database, const struct choices *choices)
{
    /* a database may hold images and feature maps too, which must not fill the memory */
    const char *const keep[] = { choices->field, "index", "label", NULL };
    database->stream = stream_open(choices->database);
    database->features = features_read_all(&database->stream, choices->field, keep, &database->frame);
    stream_close(&database->stream);
    if (!database->frame.count)
        die("%s: holds no row (at least k = %lld are needed)", choices->database, (long long)choices->k);
    database->index = whole_numbers(&database->frame, &database->stream, "index");
    database->label = whole_numbers(&database->frame, &database->stream, "label");
    if (database->features.rows < choices->k)
        die("%s: %lld rows are too few for k = %lld (k may be at most the number of rows)", choices->database,
            (long long)database->features.rows, (long long)choices->k);
    if (choices->exclude_self && !database->index)
        die("%s: field 'index' is missing (--exclude-self tells rows by it)", choices->database);
    database->knn = knn_open((enum knn_metric)choices->metric, database->features.value, database->index,
                             database->features.rows, database->features.dimension);
}

static void database_close(struct database *database)
{
    knn_close(&database->knn);
    frame_free(&database->frame);
}

/* The neighbours of a frame's rows: position and distance [rows, k]. */
static void search(const struct database *database, const struct choices *choices, const struct frame *frame,
                   const struct stream *stream, int64_t *position, double *distance)
{
    struct features query = features_require(frame, stream, choices->field);
    const int64_t *index = choices->exclude_self ? frame_require(frame, stream, "index", DTYPE_I64, 1)->data : NULL;
    if (query.dimension != database->features.dimension)
        die("%s: field '%s' has %lld values in a row, but the database %lld (they must be as many)", stream->path,
            choices->field, (long long)query.dimension, (long long)database->features.dimension);
    int64_t failed = knn_search(&database->knn, query.value, index, query.rows, choices->k, position, distance, NULL);
    if (failed >= 0)
        die("%s: fewer than k = %lld rows of the database are left beside row %lld of frame %lld itself (index %lld)",
            stream->path, (long long)choices->k, (long long)failed, (long long)stream->frames,
            (long long)(index ? index[failed] : failed));
}

/* Add the fields of the neighbours. */
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

/* Add what the neighbours vote for, and count where it is right. */
static void put_prediction(struct frame *frame, const struct stream *stream, const struct choices *choices,
                           int64_t rows, const double *distance, struct score *score)
{
    const int64_t *voter = frame_find(frame, "neighbor_label")->data, *label = whole_numbers(frame, stream, "label");
    int64_t *prediction = frame_put(frame, "knn_prediction", DTYPE_I64, 1, &rows)->data, k = choices->k;
    for (int64_t i = 0; i < rows; i++) {
        prediction[i] = choices->vote == VOTE_PLAIN
                            ? knn_vote_plain(voter + i * k, k)
                            : knn_vote_weighted((enum knn_metric)choices->metric, voter + i * k, distance + i * k, k,
                                                choices->temperature);
        score->right += label && label[i] == prediction[i];
    }
    score->labelled += label ? rows : 0;
}

static void answer_frame(struct frame *frame, const struct stream *stream, const struct database *database,
                         const struct choices *choices, struct score *score)
{
    int64_t rows = frame_rows(frame, stream);
    size_t count = checked_multiply((size_t)rows, (size_t)choices->k);
    int64_t *position = allocate(count, sizeof *position);
    double *distance = allocate(count, sizeof *distance);
    search(database, choices, frame, stream, position, distance);
    frame_remove(frame, "neighbor_label"); /* of another database, perhaps */
    frame_remove(frame, "knn_prediction");
    put_neighbors(frame, database, rows, choices->k, position, distance);
    if (database->label)
        put_prediction(frame, stream, choices, rows, distance, score);
    score->queries += rows;
    free(position);
    free(distance);
}

int main(int argc, char **argv)
{
    struct choices choices = { NULL, "feature", 10, KNN_L2, VOTE_PLAIN, 0.1, false };
    const struct option_row options[] = {
        { OPTION_TEXT, 'd', "database", &choices.database, "FILE", "the rows to search; must be given", 0, 0, NULL },
        { OPTION_INTEGER, 'k', "neighbors", &choices.k, "N", "how many neighbours", 1, 100000, NULL },
        { OPTION_CHOICE, 0, "metric", &choices.metric, "NAME", "distance", 0, 0, metric_names },
        { OPTION_CHOICE, 0, "vote", &choices.vote, "NAME", "weight of a neighbour's label", 0, 0, vote_names },
        { OPTION_REAL, 0, "temperature", &choices.temperature, "T", "of the weighted vote, exp(similarity / T)", 1e-6,
          1e6, NULL },
        { OPTION_TEXT, 0, "field", &choices.field, "NAME", "field to compare", 0, 0, NULL },
        { OPTION_FLAG, 0, "exclude-self", &choices.exclude_self, NULL, "leave out rows of the query's own index", 0, 0,
          NULL },
        { OPTION_END, 0, NULL, NULL, NULL, NULL, 0, 0, NULL },
    };
    static const struct usage usage = {
        "-d DATABASE [-k N] [--metric l2|cosine] [--vote plain|weighted] <features >neighbours",
        "Find the exact nearest rows of a database for each row; add neighbor_index, neighbor_distance and, where the\n"
        "database has labels, neighbor_label and knn_prediction. The accuracy goes to stderr.",
        true, true, 0, 0
    };
    options_parse(argc, argv, &usage, options);
    if (!choices.database || !strcmp(choices.database, "-"))
        die_usage("-d: the database must be a file (standard input holds the rows to look up)");

    struct database database = { 0 };
    database_open(&database, &choices);
    struct stream stream = stream_open(NULL);
    struct frame frame;
    struct score score = { 0 };
    struct progress progress = progress_start("rows", 0);

    while (stream_read(&stream, &frame)) {
        answer_frame(&frame, &stream, &database, &choices, &score);
        stream_write(stdout, NULL, &frame);
        progress_update(&progress, score.queries, NULL);
        frame_free(&frame);
    }

    progress_end(&progress);
    if (score.labelled)
        say("accuracy %.4f (%lld of %lld rows; k %lld, %s, %s vote)", (double)score.right / (double)score.labelled,
            (long long)score.right, (long long)score.labelled, (long long)choices.k, metric_names[choices.metric],
            vote_names[choices.vote]);
    database_close(&database);
    stream_close(&stream);
    close_stdout();
    return EXIT_OK;
}
