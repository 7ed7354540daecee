/* tsne: a map in the plane in which rows with like features lie near each other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/progress.h"
#include "base/threads.h"
#include "methods/features.h"
#include "methods/map_quality.h"
#include "methods/tsne.h"
#include "streams/stream.h"

enum start { START_PCA, START_RANDOM, START_MAP };
static const char *const start_names[] = { "pca", "random", "map", NULL };
static const char *const method_names[] = { "auto", "exact", "fft", NULL }; /* as enum tsne_method */

struct settings {
    double perplexity;
    int64_t iterations, seed, starts;
    int start, method;
    bool quality;
    struct tsne_options descent;
};

static void check_perplexity(const struct frame *frame, double perplexity, int64_t rows)
{
    if (rows > 0 && 3 * perplexity >= (double)rows)
        die("%s: perplexity %g is too large for %lld row%s (3 x perplexity must be less than the number of rows)",
            frame->path, perplexity, (long long)rows, rows == 1 ? "" : "s");
}

/* How many descents are made. */
static int64_t count_starts(const struct settings *settings, int64_t rows)
{
    if (settings->start == START_MAP)
        return 1;
    return settings->starts > 0 ? settings->starts : rows < TSNE_FEW ? TSNE_STARTS : 1;
}

/* The map [rows, 2] to start from, or NULL: none is asked for. */
static const float *find_map(const struct settings *settings, const struct frame *frame)
{
    if (settings->start != START_MAP)
        return NULL;
    struct features given = features_require(frame, "map");
    if (given.dimension != 2)
        die("%s: field 'map' has %lld values in a row (2 are needed)", frame->path, (long long)given.dimension);
    return given.value;
}

/* The start, map [rows, 2], of one of the descents. */
static void place(const struct features *features, const struct settings *settings, const float *given, int64_t start,
                  float *map)
{
    uint64_t seed = (uint64_t)settings->seed | (uint64_t)start << 53; /* seeds end below */
    if (given)
        tsne_start_given(given, features->rows, map);
    else if (settings->start == START_PCA)
        tsne_start_pca(features->value, features->rows, features->dimension, seed, map);
    else
        tsne_start_random(features->rows, seed, map);
}

/* Go down from map [rows, 2], which becomes where that ends. Returns the divergence there. */
static double descend(const struct affinities *p, const struct settings *settings, struct progress *progress,
                      int64_t done, float *map)
{
    struct tsne tsne = tsne_new(p, map, settings->descent);
    for (int64_t i = 0; i < settings->iterations; i++) {
        tsne_step(&tsne);
        progress_update(progress, done + i + 1, NULL);
    }
    tsne_map(&tsne, map);
    double divergence = tsne_divergence(&tsne);
    tsne_free(&tsne);
    return divergence;
}

static void tell_divergence(const struct settings *settings, int64_t rows, double divergence, int64_t starts)
{
    bool by_grid = settings->method == TSNE_FFT || (settings->method == TSNE_AUTO && rows >= TSNE_CROSSOVER);
    char *best = starts > 1 ? format_string(", best of %lld", (long long)starts) : copy_string("");
    say("KL divergence %.4f (%lld rows, perplexity %g, %lld iterations, %s%s)", divergence, (long long)rows,
        settings->perplexity, (long long)settings->iterations, method_names[by_grid ? TSNE_FFT : TSNE_EXACT], best);
    free(best);
}

/* map [rows, 2] of the features: where the best of the descents ends. */
static void make_map(const struct features *features, const struct settings *settings, const float *given, float *map)
{
    size_t bytes = 2 * (size_t)features->rows * sizeof *map;
    int64_t starts = count_starts(settings, features->rows);
    float *end = allocate_floats(2 * (size_t)features->rows);
    double least = NAN;
    struct affinities p = affinities_new(features->value, features->rows, features->dimension, settings->perplexity);
    struct progress progress = progress_start("iterations", starts * settings->iterations);
    for (int64_t s = 0; s < starts; s++) {
        place(features, settings, given, s, end);
        threads_flush_denormals(true); /* of probabilities they say nothing, and cost time */
        double divergence = descend(&p, settings, &progress, s * settings->iterations, end);
        threads_flush_denormals(false);
        if (!isfinite(divergence) || divergence >= least)
            continue;
        memcpy(map, end, bytes);
        least = divergence;
    }
    progress_end(&progress);
    if (isnan(least))
        die("the map has diverged (is the learning rate too high?)");
    tell_divergence(settings, features->rows, least, starts);
    free(end);
    affinities_free(&p);
}

/* NULL: the stream has none. */
static const int64_t *find_labels(const struct frame *frame)
{
    return frame_find(frame, "label") ? frame_require(frame, "label", DTYPE_I64, 1)->data : NULL;
}

static void tell_quality(const struct features *features, const float *map, const int64_t *label)
{
    struct map_quality quality = map_quality(features->value, features->rows, features->dimension, map, label);
    const char *of = quality.rows < features->rows ? "evenly chosen rows" : "rows";
    say("neighbour recall %.4f (%d nearest, %lld %s)", quality.recall, quality.k, (long long)quality.rows, of);
    say("trustworthiness %.4f (%d nearest, %lld %s)", quality.trustworthiness, quality.k, (long long)quality.rows, of);
    if (label)
        say("label accuracy %.4f (1 nearest, %lld %s)", quality.label_accuracy, (long long)quality.rows, of);
}

int main(int argc, char **argv)
{
    struct settings settings = { 30, 750, 0, 0, START_PCA, TSNE_AUTO, false, tsne_defaults };
    const struct option_row options[] = {
        OPTION_REAL('p', "perplexity", &settings.perplexity, "P", 1, 10000, "effective number of neighbours"),
        OPTION_INTEGER(0, "iterations", &settings.iterations, "N", 0, 1000000, "total number of iterations"),
        OPTION_CHOICE(0, "method", &settings.method, "NAME", method_names, "how to compute the repulsion"),
        OPTION_CHOICE(0, "init", &settings.start, "NAME", start_names, "where the points start"),
        OPTION_INTEGER(0, "seed", &settings.seed, "SEED", 0, 9e15, "random seed of the start"),
        OPTION_INTEGER(0, "starts", &settings.starts, "N", 0, 1000,
                       "number of descents; the best is kept; 0: 8 below 400 rows, else 1"),
        OPTION_REAL(0, "exaggeration", &settings.descent.exaggeration, "X", 1, 1000,
                    "factor of the attraction at first"),
        OPTION_INTEGER(0, "exaggeration-iterations", &settings.descent.exaggeration_iterations, "N", 0, 1000000,
                       "iterations with that factor"),
        OPTION_REAL(0, "learning-rate", &settings.descent.learning_rate, "X", 0, 1e9,
                    "0: rows / exaggeration, at least 200; below 400 rows 1.5 times as much, no minimum"),
        OPTION_FLAG(0, "quality", &settings.quality, "print how well the map preserves neighbours and classes"),
        OPTION_END,
    };
    static const struct usage usage = {
        "[-p PERPLEXITY] [--iterations N] [--seed SEED] <features >features-and-map",
        "Place the rows of a stream in the plane by their features (t-SNE); add the field map.",
        true, true, 0, 0
    };
    options_parse(argc, argv, &usage, options);
    settings.descent.method = (enum tsne_method)settings.method;
    if (settings.start == START_MAP && settings.starts > 1)
        die_usage("--starts: %lld are requested, but --init map is a single start", (long long)settings.starts);

    struct stream stream = stream_open(NULL);
    struct frame frame;
    struct features features = features_read_all(&stream, "feature", NULL, &frame);

    if (stream.frames) {
        const int64_t shape[2] = { features.rows, 2 };
        check_perplexity(&frame, settings.perplexity, features.rows);
        const int64_t *label = settings.quality ? find_labels(&frame) : NULL; /* before the descent */
        const float *given = find_map(&settings, &frame);
        float *map = allocate_floats(checked_multiply((size_t)features.rows, 2));
        if (features.rows) {
            make_map(&features, &settings, given, map);
            if (settings.quality)
                tell_quality(&features, map, label);
        }
        memcpy(frame_put(&frame, "map", DTYPE_F32, 2, shape)->data, map, (size_t)features.rows * 2 * sizeof *map);
        free(map);
        stream_write(stdout, NULL, &frame);
    }

    frame_free(&frame);
    stream_close(&stream);
    close_stdout();
    return EXIT_OK;
}
