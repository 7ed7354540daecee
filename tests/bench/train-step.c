/* train-step: bare training steps, or bare inference, of a network on random images, for tests/bench/train-speed.
 *
 *     train-step train|infer WIDTHS BLOCKS BATCH THREADS
 *
 * It says `ready`, then for each line N on standard input it runs N steps and prints how many seconds they took: so
 * that a driver can take turns between programs. A step of training is forward, backward and optimizer; images are 32
 * x 32. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/threads.h"
#include "learning/sgd.h"
#include "model/inference.h"
#include "model/initialize.h"
#include "model/train_step.h"

enum { SIDE = 32, CLASSES = 10 };

struct bench {
    bool train;
    int batch;
    struct resnet *net;
    struct inference inference;
    struct sgd sgd;
    float *velocity;
    int64_t *label;
};

static int parse_list(const char *text, int *values)
{
    int count = 0;
    for (char *end; count < STAGES_MAX; text = end + 1) {
        values[count++] = (int)strtol(text, &end, 10);
        if (*end != ',')
            return count;
    }
    return count;
}

static void run_step(struct bench *bench)
{
    double loss = 0;
    int64_t right = 0;
    if (!bench->train) {
        inference_run(&bench->inference, bench->batch);
        return;
    }
    resnet_train_step(bench->net, bench->batch, bench->label, 0, &loss, &right);
    sgd_update(&bench->sgd, 0.01, bench->net, bench->velocity);
    if (!isfinite(loss))
        die("the loss is not finite");
}

static struct bench bench_new(char **argv)
{
    struct resnet_config config = { .classes = CLASSES, .height = SIDE, .width = SIDE };
    struct bench bench = { .train = strcmp(argv[1], "train") == 0, .batch = atoi(argv[4]),
                           .sgd = { 0.9, 5e-4, 1, false } };
    struct random random = random_of(1, 1);
    config.stages = parse_list(argv[2], config.widths);
    if (parse_list(argv[3], config.blocks) != config.stages)
        die("as many blocks as widths are needed");
    char rule[RESNET_RULE_MAX];
    if (!resnet_possible(&config, rule))
        die("%s", rule);
    threads_start(atoi(argv[5]));
    bench.net = resnet_new(&config, bench.train ? bench.batch : 0);
    resnet_initialize(bench.net, 1);
    if (!bench.train)
        bench.inference = inference_new(bench.net, bench.batch);
    float *input = bench.train ? bench.net->input : bench.inference.input;
    for (int i = 0; i < 4 * SIDE * SIDE * bench.batch; i++)
        input[i] = i % 4 < 3 ? random_normal(&random) : 0;
    bench.velocity = allocate_floats(bench.net->parameters);
    bench.label = allocate((size_t)bench.batch, sizeof *bench.label);
    for (int i = 0; i < bench.batch; i++)
        bench.label[i] = random_below(&random, CLASSES);
    return bench;
}

int main(int argc, char **argv)
{
    char line[32];
    program_name = "train-step";
    if (argc != 6)
        die("usage: train-step train|infer WIDTHS BLOCKS BATCH THREADS");
    struct bench bench = bench_new(argv);
    run_step(&bench); /* touches all memory */
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        int steps = atoi(line);
        double start = seconds_now();
        for (int i = 0; i < steps; i++)
            run_step(&bench);
        printf("%.9f\n", seconds_now() - start);
        fflush(stdout);
    }
    if (!bench.train)
        inference_free(&bench.inference);
    resnet_free(bench.net);
    free(bench.velocity);
    free(bench.label);
    return 0;
}
