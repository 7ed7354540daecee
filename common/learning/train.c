#include "learning/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/progress.h"
#include "base/threads.h"
#include "layers/loss.h"
#include "learning/resize.h"
#include "model/fault.h"
#include "model/inference.h"
#include "model/train_step.h"

/* Images in a validation batch: enough for full speed, with little memory. */
enum { VALIDATION_BATCH = 100 };

/* Streams of random numbers of one seed: the order of an epoch, and one for each example of an epoch. */
static const uint64_t order_stream = (uint64_t)1 << 62;

/* The image size in some epochs. */
struct stage {
    int last; /* last epoch of the stage */
    struct shrink rows, columns;
};

struct trainer {
    struct model *model;
    const struct examples *training, *validation;
    const struct train_options *options;
    struct inference inference; /* for validation */
    float *velocity;            /* momentum, laid out as the parameters */
    float *muon_scratch;
    float *mean_weights, *mean_running; /* averages over the steps; NULL if none */
    float *best_weights, *best_running;
    int64_t *order;  /* groups, shuffled */
    int64_t *target; /* of a batch */
    float *plain;    /* three images per thread: before augmentation, after it, and one in between */
    struct stage stage[SIZES_MAX];
    int stages; /* 0 if images keep their size */
    int64_t at;      /* the last step done in the epoch, from 1 */
    int64_t steps;   /* in an epoch; remaining rows are used in a later epoch, after another shuffle */
    struct train_epoch now, best;
    double loss;     /* sums of the epoch so far */
    int64_t right;
    double *log;     /* [epochs][LOG_COLUMNS], for the epochs done */
    struct output written; /* the log as text, if it is wanted */
    double seconds;  /* total time of all parts of the run, when the last checkpoint was written */
    double start;
    struct progress progress;
};

static void copy_floats(float *to, const float *from, size_t count)
{
    memcpy(to, from, count * sizeof *to);
}

/* The columns of the log, in the order of struct train_epoch. */
enum { LOG_COLUMNS = 8 };

static void plan_sizes(struct trainer *trainer)
{
    const struct train_sizes *sizes = &trainer->options->sizes;
    int height = trainer->training->height, width = trainer->training->width;
    for (int i = 0, last = 0; i < sizes->count; i++) {
        struct stage *stage = &trainer->stage[trainer->stages++];
        int to = (int)lround((double)width * sizes->height[i] / height);
        stage->last = last += sizes->epochs[i];
        stage->rows = shrink_new(height, sizes->height[i]);
        stage->columns = shrink_new(width, to > 0 ? to : 1);
        resnet_resize(trainer->model->net, stage->rows.to, stage->columns.to); /* for its scratch */
    }
    resnet_resize(trainer->model->net, height, width);
}

/* NULL if images keep their size. */
static const struct stage *stage_of(const struct trainer *trainer, int epoch)
{
    int i = 0;
    while (i + 1 < trainer->stages && epoch > trainer->stage[i].last)
        i++;
    return trainer->stages ? &trainer->stage[i] : NULL;
}

static struct trainer trainer_new(struct model *model, const struct examples *training,
                                  const struct examples *validation, const struct train_options *options)
{
    const struct resnet *net = model->net;
    struct trainer trainer = { .model = model, .training = training, .validation = validation, .options = options };
    if (validation) {
        trainer.inference = inference_new(model->net, VALIDATION_BATCH);
        trainer.best_weights = allocate_floats(net->parameters);
        trainer.best_running = allocate_floats(net->statistics);
    }
    trainer.velocity = allocate_floats(net->parameters);
    trainer.muon_scratch = allocate_floats(options->sgd.skip_muon ? muon_floats(net) : 0);
    if (options->average.kind != AVERAGE_NONE) {
        trainer.mean_weights = allocate_floats(net->parameters);
        trainer.mean_running = allocate_floats(net->statistics);
        copy_floats(trainer.mean_weights, net->weights, net->parameters);
        copy_floats(trainer.mean_running, net->running, net->statistics);
    }
    trainer.order = allocate((size_t)(training->count / training->group), sizeof *trainer.order);
    trainer.target = allocate((size_t)net->images, sizeof *trainer.target);
    trainer.plain = allocate_floats((size_t)threads_count() * (size_t)(12 * training->height * training->width));
    plan_sizes(&trainer);
    trainer.log = allocate((size_t)options->epochs, LOG_COLUMNS * sizeof *trainer.log);
    trainer.steps = training->count / net->images;
    trainer.now.val_loss = trainer.now.val_accuracy = NAN;
    return trainer;
}

static void trainer_free(struct trainer *trainer)
{
    if (trainer->validation)
        inference_free(&trainer->inference);
    free(trainer->best_weights);
    free(trainer->best_running);
    free(trainer->velocity);
    free(trainer->muon_scratch);
    free(trainer->mean_weights);
    free(trainer->mean_running);
    free(trainer->order);
    free(trainer->target);
    free(trainer->plain);
    for (int i = 0; i < trainer->stages; i++) {
        shrink_free(&trainer->stage[i].rows);
        shrink_free(&trainer->stage[i].columns);
    }
    free(trainer->log);
}

/* Fills the network's input with `count` rows: groups in the shuffled order from position `first` on. */
static void load_batch(struct trainer *trainer, int epoch, int64_t first, int count)
{
    const struct examples *examples = trainer->training;
    struct resnet *net = trainer->model->net;
    int height = examples->height, width = examples->width;
    size_t pixels = (size_t)height * (size_t)width;
    const struct stage *stage = stage_of(trainer, epoch);
    size_t image = stage ? (size_t)(4 * stage->rows.to * stage->columns.to) : 4 * pixels;
#pragma omp parallel for schedule(static) num_threads(threads_count())
    for (int i = 0; i < count; i++) {
        int64_t group = trainer->order[first + i / examples->group];
        int64_t row = group * examples->group + i % examples->group;
        float *plain = trainer->plain + (size_t)threads_index() * 12 * pixels, *to = net->input + (size_t)i * image;
        struct random random = random_of(trainer->options->seed, (uint64_t)epoch << 32 | (uint64_t)group);
        struct augment_draw draw = augment_draw(&trainer->options->augment, &random, height, width);
        if (trainer->options->augment.alternate)
            draw.mirror = augment_alternates(trainer->options->seed, (uint64_t)group, epoch);
        input_normalize(&trainer->model->normalization, examples->image + (size_t)row * 3 * pixels, height, width,
                        plain);
        augment_apply(&trainer->options->augment, &draw, examples->rotation ? (int)examples->rotation[row] : 0, plain,
                      height, width, stage ? plain + 4 * pixels : to);
        if (stage)
            shrink_image(&stage->rows, &stage->columns, plain + 4 * pixels, plain + 8 * pixels, to);
        trainer->target[i] = examples->target[row];
    }
}

static void shuffle(struct trainer *trainer, int epoch)
{
    int64_t groups = trainer->training->count / trainer->training->group;
    struct random random = random_of(trainer->options->seed, order_stream | (uint64_t)epoch);
    for (int64_t i = 0; i < groups; i++)
        trainer->order[i] = i;
    random_shuffle(&random, trainer->order, (size_t)groups);
}

/* Ends the run: says what is not finite, where (if known), and which checkpoint it can continue from with other
 * options. */
static _Noreturn void die_at(const struct trainer *trainer, const char *what, const char *fault)
{
    const struct checkpoint *checkpoint = trainer->options->checkpoint;
    const char *path = checkpoint ? checkpoint->path : NULL;
    die("epoch %d, step %lld: %s, first the %s; a lower learning rate may help%s%s", trainer->now.epoch,
        (long long)trainer->at, what, fault ? fault : "loss", path ? "; the last good state is in " : "",
        path ? path : "");
}

static _Noreturn void die_diverged(const struct trainer *trainer, const char *what)
{
    char text[FAULT_TEXT_MAX];
    die_at(trainer, what, resnet_fault(trainer->model->net, trainer->model->net->images, text));
}

static void evaluate(struct trainer *trainer, struct train_epoch *result)
{
    const struct examples *examples = trainer->validation;
    struct inference *inference = &trainer->inference;
    size_t pixels = (size_t)examples->height * (size_t)examples->width;
    int classes = trainer->model->net->config.classes;
    double loss = 0;
    int64_t right = 0;
    inference_fold(inference, trainer->model->net);
    for (int64_t first = 0; first < examples->count; first += VALIDATION_BATCH) {
        int count = (int)(examples->count - first < VALIDATION_BATCH ? examples->count - first : VALIDATION_BATCH);
#pragma omp parallel for schedule(static) num_threads(threads_count())
        for (int i = 0; i < count; i++)
            input_normalize(&trainer->model->normalization, examples->image + (size_t)(first + i) * 3 * pixels,
                            examples->height, examples->width, inference->input + (size_t)i * 4 * pixels);
        inference_run(inference, count);
        for (int i = 0; i < count; i++) {
            const float *logit = inference->logit + i * classes;
            loss += cross_entropy(classes, logit, examples->target[first + i], 0, 1, NULL);
            right += largest_score(classes, logit) == examples->target[first + i];
        }
        if (!isfinite(loss)) {
            char text[FAULT_TEXT_MAX];
            die_at(trainer, "the validation loss is not finite after it", inference_fault(inference, count, text));
        }
    }
    result->val_loss = loss / (double)examples->count;
    result->val_accuracy = (double)right / (double)examples->count;
}

/* By SGD at `rate`, and by Muon, if it is used, at its own rate for this part of the run. */
static void update_weights(struct trainer *trainer, double rate, double progress)
{
    const struct train_options *options = trainer->options;
    struct schedule schedule = options->schedule;
    schedule.peak = options->muon_rate;
    sgd_update(&options->sgd, rate, trainer->model->net, trainer->velocity);
    if (options->sgd.skip_muon)
        muon_update(&options->muon, schedule_rate(&schedule, progress), trainer->model->net, trainer->velocity,
                    trainer->muon_scratch);
}

/* Exchanges the trained weights with their average, and back. */
static void exchange_average(struct trainer *trainer)
{
    if (trainer->mean_weights)
        average_exchange(trainer->model->net, trainer->mean_weights, trainer->mean_running);
}

/* The last step before a checkpoint or a validation may be the one that diverges; such weights must not be kept. */
static void check_finite(const struct trainer *trainer)
{
    const struct resnet *net = trainer->model->net;
    bool finite = true;
    for (size_t i = 0; i < net->parameters; i++)
        finite &= isfinite(net->weights[i]) != 0;
    for (size_t i = 0; i < net->statistics; i++)
        finite &= isfinite(net->running[i]) != 0;
    if (!finite)
        die_diverged(trainer, "weights are not finite after it");
}

static bool better(const struct train_epoch *a, const struct train_epoch *b)
{
    if (a->val_accuracy != b->val_accuracy)
        return a->val_accuracy > b->val_accuracy;
    return a->val_loss < b->val_loss;
}

/* Whether the last epoch is the best so far. */
static bool is_chosen(const struct trainer *trainer)
{
    return !trainer->validation || trainer->best.epoch == 0 || better(&trainer->now, &trainer->best);
}

/* ---- the log ---- */

static void write_line(FILE *file, const struct train_epoch *e)
{
    fprintf(file, "%d\t%lld\t%.6g\t%.6f\t%.6f\t%.6f\t%.6f\t%.1f\n", e->epoch, (long long)e->step, e->rate, e->loss,
            e->accuracy, e->val_loss, e->val_accuracy, e->seconds);
}

static void to_row(const struct train_epoch *e, double *row)
{
    const double values[LOG_COLUMNS] = { e->epoch, (double)e->step, e->rate,         e->loss,
                                         e->accuracy, e->val_loss,  e->val_accuracy, e->seconds };
    memcpy(row, values, sizeof values);
}

static struct train_epoch from_row(const double *row)
{
    return (struct train_epoch){ (int)row[0], (int64_t)row[1], row[2], row[3], row[4], row[5], row[6], row[7] };
}

/* Writes the names of the columns and, when the run continues, the epochs that are done. */
static void begin_log(struct trainer *trainer)
{
    if (!trainer->options->log)
        return;
    trainer->written = output_open_in_place(trainer->options->log);
    fprintf(trainer->written.file,
            "epoch\tstep\trate\ttrain_loss\ttrain_accuracy\tval_loss\tval_accuracy\tseconds\n");
    for (int64_t i = 0; i < trainer->now.step / trainer->steps; i++) {
        struct train_epoch done = from_row(trainer->log + i * LOG_COLUMNS);
        write_line(trainer->written.file, &done);
    }
    output_flush(&trainer->written);
}

/* Writes the line of the epoch that has just ended. */
static void write_log(struct trainer *trainer)
{
    to_row(&trainer->now, trainer->log + (trainer->now.epoch - 1) * LOG_COLUMNS);
    if (!trainer->options->log)
        return;
    write_line(trainer->written.file, &trainer->now);
    output_flush(&trainer->written);
}

/* ---- checkpoints ---- */

/* Everything that a run needs to continue: what a step changes and does not recompute. Random numbers are drawn anew
 * for each epoch and row, so the step determines their state. */
static void hold_state(struct trainer *trainer, struct checkpoint *checkpoint)
{
    struct resnet *net = trainer->model->net;
    checkpoint_hold(checkpoint, "step", DTYPE_I64, 1, &trainer->now.step);
    checkpoint_hold(checkpoint, "weights", DTYPE_F32, net->parameters, net->weights);
    checkpoint_hold(checkpoint, "running", DTYPE_F32, net->statistics, net->running);
    checkpoint_hold(checkpoint, "batches", DTYPE_I64, 1, &net->steps);
    checkpoint_hold(checkpoint, "momentum", DTYPE_F32, net->parameters, trainer->velocity);
    if (trainer->mean_weights) {
        checkpoint_hold(checkpoint, "mean.weights", DTYPE_F32, net->parameters, trainer->mean_weights);
        checkpoint_hold(checkpoint, "mean.running", DTYPE_F32, net->statistics, trainer->mean_running);
    }
    if (trainer->validation) {
        checkpoint_hold(checkpoint, "best.weights", DTYPE_F32, net->parameters, trainer->best_weights);
        checkpoint_hold(checkpoint, "best.running", DTYPE_F32, net->statistics, trainer->best_running);
    }
    checkpoint_hold(checkpoint, "epoch.loss", DTYPE_F64, 1, &trainer->loss);
    checkpoint_hold(checkpoint, "epoch.right", DTYPE_I64, 1, &trainer->right);
    checkpoint_hold(checkpoint, "seconds", DTYPE_F64, 1, &trainer->seconds);
    checkpoint_hold(checkpoint, "log", DTYPE_F64, (size_t)trainer->options->epochs * LOG_COLUMNS, trainer->log);
}

static void save(struct trainer *trainer)
{
    struct checkpoint *checkpoint = trainer->options->checkpoint;
    if (!checkpoint || !checkpoint->path)
        return;
    check_finite(trainer);
    trainer->seconds = seconds_now() - trainer->start;
    checkpoint_write(checkpoint);
}

/* Whether line i of the log is possible in this run. */
static bool is_sound_row(const struct trainer *trainer, const double *row, int64_t i)
{
    bool finite = isfinite(row[2]) && isfinite(row[3]) && isfinite(row[4]) && isfinite(row[7]);
    bool validated = isfinite(row[5]) && isfinite(row[6]);
    return row[0] == (double)(i + 1) && row[1] == (double)((i + 1) * trainer->steps) && finite &&
           validated == (trainer->validation != NULL);
}

/* Checks the numbers of a checkpoint that the weights do not imply. */
static void check_state(const struct trainer *trainer)
{
    const char *path = trainer->options->checkpoint->resume;
    int64_t step = trainer->now.step, all = trainer->steps * trainer->options->epochs;
    if (step < 0 || step > all)
        die("%s: step %lld (0 to %lld)", path, (long long)step, (long long)all);
    if (!isfinite(trainer->loss) || trainer->right < 0 || !(trainer->seconds >= 0 && isfinite(trainer->seconds)))
        die("%s: the figures of the current epoch are not valid (loss %g, %lld right, %g s)", path, trainer->loss,
            (long long)trainer->right, trainer->seconds);
    for (int64_t i = 0; i < step / trainer->steps; i++)
        if (!is_sound_row(trainer, trainer->log + i * LOG_COLUMNS, i))
            die("%s: 'log': line %lld is not that of epoch %lld of this run", path, (long long)i + 1, (long long)i + 1);
}

/* Continues from a checkpoint: finds the best epoch in the lines of its log. */
static void go_on(struct trainer *trainer)
{
    struct checkpoint *checkpoint = trainer->options->checkpoint;
    if (!checkpoint)
        return;
    hold_state(trainer, checkpoint);
    if (!checkpoint_resume(checkpoint))
        return;
    check_state(trainer);
    int64_t step = trainer->now.step, done = step / trainer->steps;
    for (int64_t i = 0; i < done; i++) {
        trainer->now = from_row(trainer->log + i * LOG_COLUMNS);
        if (is_chosen(trainer))
            trainer->best = trainer->now;
    }
    trainer->now.step = step;
    trainer->start -= trainer->seconds;
    trainer->progress.start -= trainer->seconds;
    say("continuing after step %lld of epoch %lld", (long long)(step % trainer->steps), (long long)done + 1);
}

/* ---- the run ---- */

static void run_epoch(struct trainer *trainer)
{
    const struct train_options *options = trainer->options;
    const struct examples *examples = trainer->training;
    struct train_epoch *now = &trainer->now;
    struct resnet *net = trainer->model->net;
    int64_t steps = trainer->steps, all = steps * options->epochs;
    int64_t every = options->checkpoint ? options->checkpoint->every : 0;
    double seen = (double)(steps * net->images);
    const struct stage *stage = stage_of(trainer, now->epoch);
    if (stage)
        resnet_resize(net, stage->rows.to, stage->columns.to);
    shuffle(trainer, now->epoch);
    if (now->step % steps == 0) {
        trainer->loss = 0;
        trainer->right = 0;
    }
    for (int64_t step = now->step % steps; step < steps; step++) {
        char note[64];
        if (every && step && now->step % every == 0)
            save(trainer);
        now->rate = schedule_rate(&options->schedule, (double)now->step / (double)all);
        load_batch(trainer, now->epoch, step * net->images / examples->group, net->images);
        trainer->at = step + 1;
        resnet_train_step(net, net->images, trainer->target, options->smoothing, &trainer->loss, &trainer->right);
        if (!isfinite(trainer->loss))
            die_diverged(trainer, "the loss is not finite");
        update_weights(trainer, now->rate, (double)now->step / (double)all);
        now->step++;
        if (trainer->mean_weights)
            average_update(&options->average, now->step, (double)now->step / (double)all, net, trainer->mean_weights,
                           trainer->mean_running);
        snprintf(note, sizeof note, "epoch %d/%d, loss %.3f", now->epoch, options->epochs,
                 trainer->loss / (double)((step + 1) * net->images));
        progress_update(&trainer->progress, now->step * net->images, note);
    }
    resnet_resize(net, examples->height, examples->width); /* for validation */
    now->loss = trainer->loss / seen;
    now->accuracy = (double)trainer->right / seen;
}

static void say_epoch(struct trainer *trainer)
{
    const struct train_epoch *e = &trainer->now;
    int all = trainer->options->epochs;
    double rate = (double)(e->step * trainer->model->net->images) / e->seconds;
    progress_end(&trainer->progress);
    if (trainer->validation)
        say("epoch %d/%d: loss %.4f, accuracy %.2f %%; validation %.4f, %.2f %%; %.0f s, %.0f images/s", e->epoch, all,
            e->loss, 100 * e->accuracy, e->val_loss, 100 * e->val_accuracy, e->seconds, rate);
    else
        say("epoch %d/%d: loss %.4f, accuracy %.2f %%; %.0f s, %.0f images/s", e->epoch, all, e->loss,
            100 * e->accuracy, e->seconds, rate);
}

/* Work after the steps of an epoch: its figures, and whether its weights are the best so far. */
static void end_epoch(struct trainer *trainer)
{
    const struct resnet *net = trainer->model->net;
    struct train_epoch *now = &trainer->now;
    check_finite(trainer);
    exchange_average(trainer);
    if (trainer->validation)
        evaluate(trainer, now);
    now->seconds = seconds_now() - trainer->start;
    write_log(trainer);
    say_epoch(trainer);
    if (is_chosen(trainer)) {
        trainer->best = *now;
        if (trainer->validation) {
            copy_floats(trainer->best_weights, net->weights, net->parameters);
            copy_floats(trainer->best_running, net->running, net->statistics);
        }
    }
    if (now->epoch < trainer->options->epochs)
        exchange_average(trainer);
}

struct train_epoch train(struct model *model, const struct examples *training, const struct examples *validation,
                         const struct train_options *options)
{
    struct resnet *net = model->net;
    struct trainer trainer = trainer_new(model, training, validation, options);
    struct train_epoch *now = &trainer.now;
    trainer.progress = progress_start("images", trainer.steps * options->epochs * net->images);
    trainer.start = seconds_now();
    go_on(&trainer);
    save(&trainer); /* before the first step, so that an error in writing is noticed at once */
    begin_log(&trainer);
    for (now->epoch = (int)(now->step / trainer.steps) + 1; now->epoch <= options->epochs; now->epoch++) {
        run_epoch(&trainer);
        end_epoch(&trainer);
        save(&trainer);
    }
    if (validation) {
        copy_floats(net->weights, trainer.best_weights, net->parameters);
        copy_floats(net->running, trainer.best_running, net->statistics);
    }
    progress_end(&trainer.progress);
    if (options->log)
        output_close(&trainer.written);
    trainer_free(&trainer);
    return trainer.best;
}
