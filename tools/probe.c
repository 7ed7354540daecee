/* probe: trains a small classifier on frozen features and predicts the rows of a stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "learning/probe.h"
#include "methods/features.h"
#include "streams/classes.h"
#include "streams/origin.h"
#include "streams/stream.h"

enum { LABEL_MAX = 99999 };

struct settings {
    const char *training, *feature, *label, *hidden;
    int64_t epochs, batch, seed;
    double rate, momentum, decay;
};

/* A classifier, and its class names: NULL if the training rows have none. */
struct trained {
    struct probe probe;
    char *classes, *model; /* class names, and the model of the features; or NULL */
    struct probe_result result;
};

/* Numbers of rows with a label and of correct predictions. */
struct score {
    int64_t labelled, right;
};

/* "none", or numbers of units, comma-separated. */
static void parse_hidden(const char *text, struct probe_options *options)
{
    if (strcmp(text, "none") == 0)
        return;
    for (char *item; (item = list_take(&text)); free(item)) {
        int64_t units;
        if (options->hidden == PROBE_HIDDEN_MAX)
            die_usage("--hidden: too many layers (at most %d)", PROBE_HIDDEN_MAX);
        if (!parse_integer(item, 1, 65536, &units))
            die_usage("--hidden: '%s' is neither none nor a whole number from 1 to 65536", item);
        options->width[options->hidden++] = (int)units;
    }
}

static struct probe_options probe_options(const struct settings *settings)
{
    struct probe_options options = { .epochs = (int)settings->epochs, .batch = (int)settings->batch,
                                     .rate = settings->rate, .momentum = settings->momentum,
                                     .weight_decay = settings->decay, .seed = (uint64_t)settings->seed };
    parse_hidden(settings->hidden, &options);
    if (options.hidden && options.batch == 1)
        die_usage("--batch: 1 row has no deviation, by which --hidden layers are normalised (2 to 65536)");
    return options;
}

/* One more than the largest label; dies if a label is out of range. */
static int count_classes(const char *path, const char *field, const int64_t *label, int64_t rows)
{
    int64_t largest = 0;
    bool same = true;
    for (int64_t i = 0; i < rows; i++) {
        if (label[i] < 0 || label[i] > LABEL_MAX)
            die("%s: field '%s': row %lld holds %lld (0 to %d)", path, field, (long long)i, (long long)label[i],
                LABEL_MAX);
        largest = label[i] > largest ? label[i] : largest;
        same &= label[i] == label[0];
    }
    if (same)
        die("%s: field '%s' is %lld in all rows (at least two classes are needed)", path, field, (long long)label[0]);
    return (int)largest + 1;
}

/* The default: a step changes a score in proportion to the sum of the squared features, so with more (standardised)
 * values the stable learning rate is smaller. */
static double choose_rate(double given, int64_t dimension)
{
    double rate = 8.0 / (double)dimension;
    return given > 0 ? given : rate < 0.1 ? rate : 0.1;
}

/* The rows to train on. */
struct training {
    struct frame frame;
    struct features features;
    const int64_t *label;
    int classes;
    const char *model; /* the model of their features, or NULL if unknown */
};

static struct training read_training(const struct settings *settings)
{
    const char *const keep[] = { settings->feature, settings->label, NULL };
    struct stream stream = stream_open(settings->training);
    struct training training;
    training.features = features_read_all(&stream, settings->feature, keep, &training.frame);
    stream_close(&stream);
    if (training.features.rows < 2)
        die("%s: %lld rows (at least 2 are needed)", settings->training, (long long)training.features.rows);
    if (training.features.dimension > INT32_MAX / 65536)
        die("%s: field '%s' has %lld values in a row (at most %d)", settings->training, settings->feature,
            (long long)training.features.dimension, INT32_MAX / 65536);
    training.label = frame_require(&training.frame, settings->label, DTYPE_I64, 1)->data;
    training.classes = count_classes(settings->training, settings->label, training.label, training.features.rows);
    training.model = frame_metadata(&training.frame, "model");
    return training;
}

static struct trained train(const struct settings *settings, const struct training *training,
                            struct probe_options *options)
{
    const char *names = classes_names(&training->frame, settings->label);
    struct trained trained = { .classes = names ? copy_string(names) : NULL,
                               .model = training->model ? copy_string(training->model) : NULL };
    options->rate = choose_rate(options->rate, training->features.dimension);
    trained.probe = probe_train(options, training->features.value, training->label, training->features.rows,
                                (int)training->features.dimension, training->classes, &trained.result);
    return trained;
}

/* The features of a frame, and in `label` the labels, or NULL. Dies if they do not match the training rows. */
static struct features require_fields(const struct frame *frame, const struct settings *settings, int64_t dimension,
                                      const char *model, const int64_t **label)
{
    struct features features = features_require(frame, settings->feature);
    origin_check_model(frame, settings->training, model);
    if (features.dimension != dimension)
        die("%s: field '%s' has %lld values in a row, but those to train on %lld (the numbers must be equal)",
            frame->path, settings->feature, (long long)features.dimension, (long long)dimension);
    bool labelled = frame_find(frame, settings->label) != NULL;
    *label = labelled ? frame_require(frame, settings->label, DTYPE_I64, 1)->data : NULL;
    return features;
}

/* Adds the probe's predictions to a frame, and counts correct ones. */
static void answer_frame(struct frame *frame, const struct settings *settings,
                         struct trained *trained, struct score *score)
{
    int64_t rows = frame_rows(frame);
    const int64_t *label;
    struct features features = require_fields(frame, settings, trained->probe.dimension, trained->model, &label);
    int64_t *prediction = allocate((size_t)rows, sizeof *prediction);
    probe_predict(&trained->probe, features.value, rows, prediction);
    for (int64_t i = 0; i < rows; i++)
        score->right += label && label[i] == prediction[i];
    score->labelled += label ? rows : 0;
    if (rows)
        memcpy(frame_put(frame, "probe_prediction", DTYPE_I64, 1, &rows)->data, prediction,
               (size_t)rows * sizeof *prediction);
    else
        frame_put(frame, "probe_prediction", DTYPE_I64, 1, &rows);
    classes_set_names(frame, "probe_prediction", trained->classes);
    free(prediction);
}

int main(int argc, char **argv)
{
    struct settings settings = { NULL, "feature", "label", "none", 100, 256, 1, 0, 0.9, 0 };
    const struct option_row options[] = {
        OPTION_TEXT('t', "train", &settings.training, "FILE", "the rows to train on; required"),
        OPTION_TEXT(0, "hidden", &settings.hidden, "LIST", "units of each hidden layer, or none"),
        OPTION_TEXT(0, "feature", &settings.feature, "NAME", "field to predict from"),
        OPTION_TEXT(0, "label", &settings.label, "NAME", "field to predict"),
        OPTION_INTEGER('e', "epochs", &settings.epochs, "N", 1, 100000, "passes over the training rows"),
        OPTION_INTEGER('b', "batch", &settings.batch, "N", 1, 65536, "rows per step"),
        OPTION_REAL(0, "lr", &settings.rate, "X", 0, 1000,
                    "learning rate of the first step; 0: 8 / values, at most 0.1"),
        OPTION_REAL(0, "momentum", &settings.momentum, "X", 0, 0.9999, "Nesterov momentum"),
        OPTION_REAL(0, "weight-decay", &settings.decay, "X", 0, 1, "weight decay of the matrices"),
        OPTION_INTEGER('s', "seed", &settings.seed, "SEED", 0, INT32_MAX, "random seed of weights and order"),
        OPTION_END,
    };
    static const struct usage usage = {
        "-t FILE [--hidden LIST] [OPTION...] <features >predictions",
        "Train a linear classifier, or one with hidden layers, on the features of one stream, and add what it\n"
        "predicts for the rows of another as probe_prediction. The accuracy goes to stderr.",
        true, true, 0, 0
    };
    options_parse(argc, argv, &usage, options);
    if (!settings.training || !strcmp(settings.training, "-"))
        die_usage("-t: the rows to train on must be a file (standard input holds those to predict)");

    struct probe_options recipe = probe_options(&settings);
    struct training training = read_training(&settings);
    struct stream stream = stream_open(NULL);
    struct frame frame;
    struct score score = { 0, 0 };
    const int64_t *label;

    bool more = stream_read(&stream, &frame);
    if (more) /* errors in the fields are reported before training */
        require_fields(&frame, &settings, training.features.dimension, training.model, &label);
    struct trained trained = train(&settings, &training, &recipe);
    frame_free(&training.frame);
    for (; more; more = stream_read(&stream, &frame)) {
        answer_frame(&frame, &settings, &trained, &score);
        stream_write(stdout, NULL, &frame);
        frame_free(&frame);
    }

    if (score.labelled)
        say("accuracy %.4f (%lld of %lld rows; hidden %s; of the training rows %.4f, loss %.4f)",
            (double)score.right / (double)score.labelled, (long long)score.right, (long long)score.labelled,
            settings.hidden, trained.result.accuracy, trained.result.loss);
    probe_free(&trained.probe);
    free(trained.classes);
    free(trained.model);
    stream_close(&stream);
    close_stdout();
    return EXIT_OK;
}
