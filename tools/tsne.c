/* tsne: a map in the plane in which rows with like features lie near each other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/progress.h"
#include "data/stream.h"
#include "methods/features.h"
#include "methods/tsne.h"

enum start { START_PCA, START_RANDOM };
static const char *const start_names[] = { "pca", "random", NULL };

struct choices {
    double perplexity;
    int64_t iterations, seed;
    int start;
    struct tsne_options descent;
};

static void check_perplexity(const struct stream *stream, double perplexity, int64_t rows)
{
    if (rows > 0 && 3 * perplexity >= (double)rows)
        die("%s: perplexity %g is too large for %lld row%s (3 x perplexity must be less than the number of rows)",
            stream->path, perplexity, (long long)rows, rows == 1 ? "" : "s");
}

static void descend(struct tsne *tsne, int64_t iterations)
{
    struct progress progress = progress_start("iterations", iterations);
    for (int64_t i = 0; i < iterations; i++) {
        tsne_step(tsne);
        progress_update(&progress, i + 1, NULL);
    }
    progress_end(&progress);
}

/* map [rows, 2] of the features. */
static void make_map(const struct features *features, const struct choices *choices, float *map)
{
    int64_t n = features->rows;
    if (choices->start == START_PCA)
        tsne_start_pca(features->value, n, features->dimension, (uint64_t)choices->seed, map);
    else
        tsne_start_random(n, (uint64_t)choices->seed, map);
    struct affinities p = affinities_new(features->value, n, features->dimension, choices->perplexity);
    struct tsne tsne = tsne_new(&p, map, choices->descent);
    descend(&tsne, choices->iterations);
    tsne_map(&tsne, map);
    double divergence = tsne_divergence(&tsne);
    if (!isfinite(divergence))
        die("the map has diverged (is the learning rate %g too high?)", tsne.options.learning_rate);
    say("KL divergence %.4f (%lld rows, perplexity %g, %lld iterations)", divergence, (long long)n,
        choices->perplexity, (long long)choices->iterations);
    tsne_free(&tsne);
    affinities_free(&p);
}

int main(int argc, char **argv)
{
    struct choices choices = { 30, 750, 0, START_PCA, tsne_defaults };
    const struct option_row options[] = {
        { OPTION_REAL, 'p', "perplexity", &choices.perplexity, "P", "effective number of neighbours", 1, 10000, NULL },
        { OPTION_INTEGER, 0, "iterations", &choices.iterations, "N", "in all", 0, 1000000, NULL },
        { OPTION_CHOICE, 0, "init", &choices.start, "NAME", "where the points start", 0, 0, start_names },
        { OPTION_INTEGER, 0, "seed", &choices.seed, "SEED", "of the start's random numbers", 0, 9e15, NULL },
        { OPTION_REAL, 0, "exaggeration", &choices.descent.exaggeration, "X", "attraction is larger by it at first", 1,
          1000, NULL },
        { OPTION_INTEGER, 0, "exaggeration-iterations", &choices.descent.exaggeration_iterations, "N",
          "how long it is", 0, 1000000, NULL },
        { OPTION_REAL, 0, "learning-rate", &choices.descent.learning_rate, "X", "0: rows / 12, at least 200", 0, 1e9,
          NULL },
        { OPTION_END, 0, NULL, NULL, NULL, NULL, 0, 0, NULL },
    };
    static const struct usage usage = {
        "[-p PERPLEXITY] [--iterations N] [--seed SEED] <features >features-and-map",
        "Lay the rows of a stream out in the plane by their features (t-SNE): adds the field map.",
        true, true, 0, 0
    };
    options_parse(argc, argv, &usage, options);

    struct stream stream = stream_open(NULL);
    struct frame frame;
    struct features features = features_read_all(&stream, "feature", NULL, &frame);

    if (stream.frames) {
        const int64_t shape[2] = { features.rows, 2 };
        check_perplexity(&stream, choices.perplexity, features.rows);
        float *map = frame_put(&frame, "map", DTYPE_F32, 2, shape)->data;
        if (features.rows)
            make_map(&features, &choices, map);
        stream_write(stdout, NULL, &frame);
    }

    frame_free(&frame);
    stream_close(&stream);
    close_stdout();
    return EXIT_OK;
}
