/* resnet-train: trains a residual network on a stream of images and targets; writes the model to standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/threads.h"
#include "base/version.h"
#include "learning/train.h"
#include "learning/whiten.h"
#include "model/initialize.h"
#include "streams/classes.h"

static const char *const targets[] = { "label", "rotation", NULL };
static const char *const shapes[] = { "triangle", "cosine", "constant", NULL };
static const char *const averages[] = { "none", "ema", "lookahead", NULL };
static const char *const optimizers[] = { "sgd", "muon", NULL };
enum { OPTIMIZER_SGD, OPTIMIZER_MUON };
static const char *const stems[] = { "trained", "whiten", NULL };
enum { STEM_TRAINED, STEM_WHITEN };
static const char *const starts[] = { "random", "dirac", NULL };
enum { START_RANDOM, START_DIRAC };
static const char *const scales[] = { "trained", "fixed", NULL };
enum { SCALE_TRAINED, SCALE_FIXED };
static const char *const flips[] = { "random", "alternate", "none", NULL };
enum { FLIP_RANDOM, FLIP_ALTERNATE, FLIP_NONE };
static const char rotation_classes[] = "0,90,180,270";

static struct {
    int target, schedule, flip, average, start, optimizer, stem, scale, activation, downsample;
    const char *validation, *log, *checkpoint, *resume;
    struct integer_list widths, blocks, sizes, size_epochs;
    int64_t epochs, batch, seed, crop, translate, cutout, checkpoint_every;
    double rate, momentum, decay, smoothing, warmup, first, end, average_decay, norm_bias, muon_rate, muon_momentum;
} settings = {
    .widths = { 3, { 32, 64, 256 } },
    .blocks = { 3, { 0, 1, 2 } },
    .downsample = DOWNSAMPLE_POOL,
    .activation = ACTIVATION_CELU,
    .epochs = 14,
    .batch = 256,
    .seed = 1,
    .translate = 2,
    .flip = FLIP_ALTERNATE,
    .optimizer = OPTIMIZER_MUON,
    .rate = 0.05,
    .momentum = 0.9,
    .decay = 5e-4,
    .warmup = 0.2,
    .first = 0.01,
    .smoothing = 0.2,
    .start = START_DIRAC,
    .stem = STEM_WHITEN,
    .scale = SCALE_FIXED,
    .norm_bias = 64,
    .muon_rate = 0.11,
    .muon_momentum = 0.6,
    .average = AVERAGE_EMA,
    .average_decay = 0.95,
};

static const struct option_row options[] = {
    OPTION_CHOICE('t', "target", &settings.target, "FIELD", targets, "field to predict"),
    OPTION_TEXT(0, "val", &settings.validation, "FILE", "stream of validation data"),
    OPTION_TEXT(0, "log", &settings.log, "FILE", "figures of every epoch, as it ends, as TSV"),
    OPTION_TEXT(0, "checkpoint", &settings.checkpoint, "FILE", "write the state of the run after each epoch"),
    OPTION_INTEGER(0, "checkpoint-every", &settings.checkpoint_every, "STEPS", 0, 1e9,
                   "write it also every so many steps; 0: never"),
    OPTION_TEXT(0, "resume", &settings.resume, "FILE", "continue from this checkpoint"),
    OPTION_INTEGERS(0, "widths", &settings.widths, "LIST", 1, 4096, "channels of each stage"),
    OPTION_INTEGERS(0, "blocks", &settings.blocks, "LIST", 0, 64, "blocks of each stage"),
    OPTION_CHOICE(0, "downsample", &settings.downsample, "HOW", downsample_names, "how a stage halves the image"),
    OPTION_CHOICE(0, "activation", &settings.activation, "WHICH", activation_names,
                  "after batch norms and at the end of blocks"),
    OPTION_INTEGER('e', "epochs", &settings.epochs, "N", 1, 100000, "passes over the training rows"),
    OPTION_INTEGER('b', "batch", &settings.batch, "N", 1, 65536, "rows per step"),
    OPTION_CHOICE(0, "optimizer", &settings.optimizer, "WHICH", optimizers, "optimizer of 3x3 convolutions"),
    OPTION_REAL(0, "muon-lr", &settings.muon_rate, "X", 0, 1000, "peak learning rate of Muon"),
    OPTION_REAL(0, "muon-momentum", &settings.muon_momentum, "X", 0, 0.9999, "Nesterov momentum of Muon"),
    OPTION_REAL(0, "lr", &settings.rate, "X", 0, 1000, "peak learning rate"),
    OPTION_REAL(0, "momentum", &settings.momentum, "X", 0, 0.9999, "Nesterov momentum"),
    OPTION_REAL(0, "weight-decay", &settings.decay, "X", 0, 1, "weight decay of convolutions and classifier"),
    OPTION_REAL(0, "label-smoothing", &settings.smoothing, "X", 0, 1, "share of the target spread over all classes"),
    OPTION_CHOICE(0, "schedule", &settings.schedule, "SHAPE", shapes, "learning rate after the warm-up"),
    OPTION_REAL(0, "warmup", &settings.warmup, "X", 0, 1, "share of the run in which the learning rate rises"),
    OPTION_REAL(0, "initial-lr", &settings.first, "X", 0, 1, "learning rate at the first step, as a share of the peak"),
    OPTION_REAL(0, "final-lr", &settings.end, "X", 0, 1, "learning rate at the end, as a share of the peak"),
    OPTION_INTEGER(0, "crop", &settings.crop, "PIXELS", 0, 1024, "like --translate, but fill in zeros"),
    OPTION_INTEGER(0, "translate", &settings.translate, "PIXELS", 0, 1024,
                   "shift images by up to this much, reflected"),
    OPTION_CHOICE(0, "flip", &settings.flip, "HOW", flips, "when to mirror images"),
    OPTION_INTEGER(0, "cutout", &settings.cutout, "PIXELS", 0, 4096, "side of a random square set to zero; 0: none"),
    OPTION_INTEGERS(0, "sizes", &settings.sizes, "LIST", 1, 4096,
                    "heights that images are shrunk to, one after the other"),
    OPTION_INTEGERS(0, "size-epochs", &settings.size_epochs, "LIST", 1, 100000,
                    "epochs of each size; else equal parts"),
    OPTION_CHOICE(0, "init", &settings.start, "HOW", starts, "initial filters"),
    OPTION_CHOICE(0, "stem", &settings.stem, "HOW", stems, "the first convolution"),
    OPTION_CHOICE(0, "bn-scale", &settings.scale, "HOW", scales, "the scales of batch norms"),
    OPTION_REAL(0, "bn-bias-lr", &settings.norm_bias, "X", 0, 10000,
                "factor of the learning rate for biases of batch norms"),
    OPTION_CHOICE(0, "average", &settings.average, "HOW", averages, "how to average the weights over the steps"),
    OPTION_REAL(0, "average-decay", &settings.average_decay, "X", 0, 0.999999,
                "weight of the old average at each step"),
    OPTION_INTEGER('s', "seed", &settings.seed, "SEED", 0, INT32_MAX, "random seed of weights, order and augmentation"),
    OPTION_END,
};

/* Options that may differ when a run continues; all others are settings in its checkpoint. */
static const char *const free_options[] = { "val", "log", "checkpoint", "checkpoint-every", "resume", NULL };

static const struct usage usage = {
    .synopsis = "[--target label|rotation] [--val FILE] [--log FILE] [OPTION...] < images > model",
    .description = "Train a residual network on the rows of a stream; the weights of the epoch with the least\n"
                   "validation error are written as one frame.",
    .reads_stream = true,
    .writes_binary = true,
};

static struct resnet_config choose_config(const struct examples *training)
{
    struct resnet_config config = { .stages = settings.widths.count, .height = training->height,
                                    .width = training->width,
                                    .activation = (enum activation)settings.activation,
                                    .downsample = (enum downsample)settings.downsample };
    if (settings.blocks.count != settings.widths.count)
        die_usage("--blocks: %d values, but --widths has %d", settings.blocks.count, settings.widths.count);
    if (settings.widths.count > STAGES_MAX)
        die_usage("--widths: too many stages (at most %d, %d given)", STAGES_MAX, settings.widths.count);
    for (int s = 0; s < config.stages; s++) {
        config.widths[s] = (int)settings.widths.item[s];
        config.blocks[s] = (int)settings.blocks.item[s];
    }
    config.classes = (int)examples_largest_target(training) + 1;
    return config;
}

static int count_names(const char *names)
{
    struct classes classes = classes_parse(names);
    int count = classes.count;
    classes_free(&classes);
    return count;
}

/* The number of class names in the stream, if it has any: a smaller data set may lack the last classes. */
static const char *choose_classes(const struct examples *training, struct resnet_config *config)
{
    bool turned = settings.target == 1;
    const char *names = turned ? rotation_classes : frame_metadata(&training->frame, "classes");
    int count = count_names(names);
    if (count && count < config->classes)
        die("%s: field '%s' goes up to %d, but there are %d classes (%s)", training->frame.path,
            targets[settings.target], config->classes - 1, count, names);
    if (count)
        config->classes = count;
    return names;
}

static void check_network(const struct resnet_config *config, const struct examples *training)
{
    char rule[RESNET_RULE_MAX];
    if (examples_one_target(training))
        die("%s: field '%s' holds one class only (at least 2 are needed)", training->frame.path,
            targets[settings.target]);
    if (!resnet_possible(config, rule))
        die_usage("there is no such network: %s", rule);
}

static void check_validation(const struct examples *validation, const struct resnet_config *config)
{
    if (validation->height != config->height || validation->width != config->width)
        die("%s: images of %d x %d, but those to train on are %d x %d", settings.validation, validation->height,
            validation->width, config->height, config->width);
    if (examples_largest_target(validation) >= config->classes)
        die("%s: field '%s' goes up to %lld, but there are %d classes", settings.validation, targets[settings.target],
            (long long)examples_largest_target(validation), config->classes);
}

static int choose_batch(const struct examples *training)
{
    int64_t batch = settings.batch < training->count ? settings.batch : training->count;
    batch -= batch % training->group;
    if (batch == 0)
        die_usage("--batch: %lld rows hold no whole group of %lld", (long long)settings.batch,
                  (long long)training->group);
    return (int)batch;
}

static struct augment choose_augment(void)
{
    bool reflect = !option_given(&settings.crop);
    if (!reflect && option_given(&settings.translate))
        die_usage("--crop: it replaces --translate (only one of the two can be given)");
    return (struct augment){ .crop = (int)(reflect ? settings.translate : settings.crop),
                             .flip = settings.flip != FLIP_NONE,
                             .cutout = (int)settings.cutout,
                             .reflect = reflect,
                             .alternate = settings.flip == FLIP_ALTERNATE };
}

static struct train_sizes choose_sizes(const struct examples *training)
{
    const struct integer_list *given = &settings.size_epochs;
    struct train_sizes sizes = { .count = settings.sizes.count };
    int64_t sum = 0;
    if (given->count && given->count != sizes.count)
        die_usage("--size-epochs: %d values, but --sizes has %d", given->count, sizes.count);
    if (sizes.count > settings.epochs)
        die_usage("--sizes: %d values for %lld epochs", sizes.count, (long long)settings.epochs);
    for (int i = 0; i < sizes.count; i++) {
        if (settings.sizes.item[i] > training->height)
            die_usage("--sizes: %lld, but images are %d high", (long long)settings.sizes.item[i], training->height);
        sizes.height[i] = (int)settings.sizes.item[i];
        sizes.epochs[i] = (int)((i + 1) * settings.epochs / sizes.count - i * settings.epochs / sizes.count);
        if (given->count)
            sizes.epochs[i] = (int)given->item[i];
        sum += sizes.epochs[i];
    }
    if (sizes.count && sum != settings.epochs)
        die_usage("--size-epochs: %lld epochs in all, but --epochs is %lld", (long long)sum,
                  (long long)settings.epochs);
    return sizes;
}

static struct train_options train_options(const struct examples *training, int batch)
{
    struct train_options train = { .epochs = (int)settings.epochs, .batch = batch, .smoothing = settings.smoothing,
                                   .log = settings.log };
    train.sgd = (struct sgd){ settings.momentum, settings.decay, settings.norm_bias,
                               settings.optimizer == OPTIMIZER_MUON };
    train.muon = (struct muon){ settings.muon_momentum, MUON_STEPS };
    train.muon_rate = settings.muon_rate;
    train.schedule.shape = (enum schedule_shape)settings.schedule;
    train.schedule.peak = settings.rate;
    train.schedule.warmup = settings.warmup;
    train.schedule.start = settings.first;
    train.schedule.end = settings.end;
    train.augment = choose_augment();
    train.sizes = choose_sizes(training);
    train.average = (struct average){ (enum average_kind)settings.average, settings.average_decay };
    train.seed = (uint64_t)settings.seed;
    return train;
}

/* The network before its first step. */
static void start(struct model *model, const struct examples *training)
{
    struct resnet *net = model->net;
    resnet_initialize(net, (uint64_t)settings.seed);
    if (settings.start == START_DIRAC)
        resnet_initialize_dirac(net);
    if (settings.stem == STEM_WHITEN)
        whiten_stem(net, &model->normalization, training->image, training->count, training->height, training->width);
    if (settings.scale == SCALE_FIXED)
        resnet_freeze(net, ROLE_NORM_SCALE);
}

static void describe(struct model *model, const char *name, char *value)
{
    frame_set_metadata(&model->about, name, value);
    free(value);
}

static void describe_model(struct model *model, const struct examples *training, const char *classes,
                           const struct train_epoch *chosen)
{
    const char *source = frame_metadata(&training->frame, "source");
    frame_set_metadata(&model->about, "task", targets[settings.target]);
    if (classes)
        frame_set_metadata(&model->about, "classes", classes);
    if (source)
        frame_set_metadata(&model->about, "source", source);
    describe(model, "epoch", format_string("%d", chosen->epoch));
    describe(model, "epochs", format_string("%lld", (long long)settings.epochs));
    describe(model, "seed", format_string("%lld", (long long)settings.seed));
    describe(model, "train_loss", format_string("%.6f", chosen->loss));
    describe(model, "train_accuracy", format_string("%.6f", chosen->accuracy));
    if (settings.validation) {
        describe(model, "val_loss", format_string("%.6f", chosen->val_loss));
        describe(model, "val_accuracy", format_string("%.6f", chosen->val_accuracy));
    }
}

static bool is_listed(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

static void add_rule(struct checkpoint *checkpoint, char *name, char *value)
{
    checkpoint_rule(checkpoint, name, value);
    free(name);
    free(value);
}

static char *data_text(const struct examples *examples)
{
    return format_string("%lld rows %016llx", (long long)examples->count,
                         (unsigned long long)examples_fingerprint(examples));
}

/* The checkpoint of this run: its result depends on the program, the options and the data. */
static struct checkpoint checkpoint_of(const struct examples *training, const struct examples *validation,
                                       const char *classes)
{
    struct checkpoint checkpoint = { .path = settings.checkpoint, .resume = settings.resume,
                                     .every = settings.checkpoint_every };
    const char *source = frame_metadata(&training->frame, "source");
    if (!settings.checkpoint && !settings.resume)
        return checkpoint;
    checkpoint_rule(&checkpoint, "version", TALE_VERSION);
    for (const struct option_row *row = options; row->type != TYPE_END; row++)
        if (!is_listed(row->name, free_options))
            add_rule(&checkpoint, format_string("--%s", row->name), option_text(row));
    add_rule(&checkpoint, copy_string("training data"), data_text(training));
    add_rule(&checkpoint, copy_string("validation data"),
             settings.validation ? data_text(validation) : copy_string("none"));
    checkpoint_rule(&checkpoint, "classes", classes ? classes : "none");
    checkpoint_rule(&checkpoint, "source", source ? source : "none");
    return checkpoint;
}

/* Output files must be different files; only a checkpoint may replace the one that the run continues from. */
static void check_apart(const char *option, const char *path, const char *other_option, const char *other)
{
    if (path && other && files_same(path, other))
        die_usage("%s: '%s' is the file of %s", option, path, other_option);
}

static void check_paths(void)
{
    check_apart("--log", settings.log, "--checkpoint", settings.checkpoint);
    check_apart("--log", settings.log, "--val", settings.validation);
    check_apart("--log", settings.log, "--resume", settings.resume);
    check_apart("--log", settings.log, "standard input", "/dev/stdin");
    check_apart("--log", settings.log, "standard output", "/dev/stdout");
    check_apart("--checkpoint", settings.checkpoint, "--val", settings.validation);
    check_apart("--checkpoint", settings.checkpoint, "standard input", "/dev/stdin");
    check_apart("--checkpoint", settings.checkpoint, "standard output", "/dev/stdout");
    if (settings.log && strcmp(settings.log, "-") == 0)
        die_usage("--log: '-' is standard output, where the model goes");
    if (settings.checkpoint && strcmp(settings.checkpoint, "-") == 0)
        die_usage("--checkpoint: '-' is standard output, where the model goes");
    if (settings.resume && strcmp(settings.resume, "-") == 0)
        die_usage("--resume: '-' is standard input, where the images come from");
    if (settings.validation && strcmp(settings.validation, "-") == 0)
        die_usage("--val: '-' is standard input, where the images to train on come from");
    if (settings.checkpoint_every && !settings.checkpoint)
        die_usage("--checkpoint-every: %lld steps, but no --checkpoint says where",
                  (long long)settings.checkpoint_every);
    if (settings.log)
        output_check(settings.log);
}

static void report(const struct train_epoch *chosen)
{
    if (settings.validation)
        say("epoch %d of %lld chosen: validation loss %.4f, accuracy %.2f %%", chosen->epoch,
            (long long)settings.epochs, chosen->val_loss, 100 * chosen->val_accuracy);
}

int main(int argc, char **argv)
{
    options_parse(argc, argv, &usage, options);
    threads_flush_denormals(true);
    const char *target = targets[settings.target];
    check_paths();
    struct stream stream = stream_open(NULL);
    struct examples training = examples_read(&stream, target), validation = { 0 };
    struct resnet_config config = choose_config(&training);
    const char *classes = choose_classes(&training, &config);
    check_network(&config, &training);
    if (settings.validation) {
        struct stream held_out = stream_open(settings.validation);
        validation = examples_read(&held_out, target);
        check_validation(&validation, &config);
        stream_close(&held_out);
    }
    int batch = choose_batch(&training);
    struct train_options train_with = train_options(&training, batch);
    struct model model = model_new(&config, batch);
    model.normalization = normalization_measure(training.image, training.count, training.height, training.width);
    start(&model, &training);
    struct checkpoint checkpoint = checkpoint_of(&training, &validation, classes);
    train_with.checkpoint = &checkpoint;

    struct train_epoch chosen = train(&model, &training, settings.validation ? &validation : NULL, &train_with);

    describe_model(&model, &training, classes, &chosen);
    report(&chosen);
    model_save(&model, stdout, "standard output");
    checkpoint_free(&checkpoint);
    model_free(&model);
    examples_free(&training);
    examples_free(&validation);
    close_stdout();
    return EXIT_OK;
}
