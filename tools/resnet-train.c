/* resnet-train: train a residual network on a stream of images and targets; the model goes to standard output. */
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
} options = {
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

static const struct option_row rows[] = {
    { OPTION_CHOICE, 't', "target", &options.target, "FIELD", "what to predict", 0, 0, targets },
    { OPTION_TEXT, 0, "val", &options.validation, "FILE", "stream of validation data", 0, 0, NULL },
    { OPTION_TEXT, 0, "log", &options.log, "FILE", "figures of every epoch, as TSV", 0, 0, NULL },
    { OPTION_TEXT, 0, "checkpoint", &options.checkpoint, "FILE", "write the state of the run there after each epoch", 0,
      0, NULL },
    { OPTION_INTEGER, 0, "checkpoint-every", &options.checkpoint_every, "STEPS", "and within epochs; 0: not", 0, 1e9,
      NULL },
    { OPTION_TEXT, 0, "resume", &options.resume, "FILE", "go on from that state", 0, 0, NULL },
    { OPTION_INTEGERS, 0, "widths", &options.widths, "LIST", "channels of each stage", 1, 4096, NULL },
    { OPTION_INTEGERS, 0, "blocks", &options.blocks, "LIST", "blocks of each stage", 0, 64, NULL },
    { OPTION_CHOICE, 0, "downsample", &options.downsample, "HOW", "how a stage halves the image", 0, 0,
      downsample_names },
    { OPTION_CHOICE, 0, "activation", &options.activation, "WHICH", "after batch norms and at the end of blocks", 0, 0,
      activation_names },
    { OPTION_INTEGER, 'e', "epochs", &options.epochs, "N", "times through the training data", 1, 100000, NULL },
    { OPTION_INTEGER, 'b', "batch", &options.batch, "N", "rows per step", 1, 65536, NULL },
    { OPTION_CHOICE, 0, "optimizer", &options.optimizer, "WHICH", "for 3x3 convolutions; the rest is SGD's", 0, 0,
      optimizers },
    { OPTION_REAL, 0, "muon-lr", &options.muon_rate, "X", "its peak learning rate", 0, 1000, NULL },
    { OPTION_REAL, 0, "muon-momentum", &options.muon_momentum, "X", "its Nesterov momentum", 0, 0.9999, NULL },
    { OPTION_REAL, 0, "lr", &options.rate, "X", "peak learning rate", 0, 1000, NULL },
    { OPTION_REAL, 0, "momentum", &options.momentum, "X", "Nesterov momentum", 0, 0.9999, NULL },
    { OPTION_REAL, 0, "weight-decay", &options.decay, "X", "of convolutions and classifier", 0, 1, NULL },
    { OPTION_REAL, 0, "label-smoothing", &options.smoothing, "X", "share of the target spread over all classes", 0, 1,
      NULL },
    { OPTION_CHOICE, 0, "schedule", &options.schedule, "SHAPE", "of the learning rate after the warm-up", 0, 0,
      shapes },
    { OPTION_REAL, 0, "warmup", &options.warmup, "X", "share of the run in which the rate rises", 0, 1, NULL },
    { OPTION_REAL, 0, "initial-lr", &options.first, "X", "rate at the first step, as a share of the peak", 0, 1, NULL },
    { OPTION_REAL, 0, "final-lr", &options.end, "X", "rate at the end, as a share of the peak", 0, 1, NULL },
    { OPTION_INTEGER, 0, "crop", &options.crop, "PIXELS", "as --translate, with zeros coming in", 0, 1024, NULL },
    { OPTION_INTEGER, 0, "translate", &options.translate, "PIXELS", "shift images by up to this much, reflected", 0,
      1024, NULL },
    { OPTION_CHOICE, 0, "flip", &options.flip, "HOW", "when to mirror images", 0, 0, flips },
    { OPTION_INTEGER, 0, "cutout", &options.cutout, "PIXELS", "side of a square to blank; 0: none", 0, 4096, NULL },
    { OPTION_INTEGERS, 0, "sizes", &options.sizes, "LIST", "heights that images are shrunk to, one after the other", 1,
      4096, NULL },
    { OPTION_INTEGERS, 0, "size-epochs", &options.size_epochs, "LIST", "epochs of each size; else equal parts", 1,
      100000, NULL },
    { OPTION_CHOICE, 0, "init", &options.start, "HOW", "initial filters", 0, 0, starts },
    { OPTION_CHOICE, 0, "stem", &options.stem, "HOW", "the first convolution", 0, 0, stems },
    { OPTION_CHOICE, 0, "bn-scale", &options.scale, "HOW", "the scales of batch norms", 0, 0, scales },
    { OPTION_REAL, 0, "bn-bias-lr", &options.norm_bias, "X", "factor of the rate for biases of batch norms", 0, 10000,
      NULL },
    { OPTION_CHOICE, 0, "average", &options.average, "HOW", "weights over the steps", 0, 0, averages },
    { OPTION_REAL, 0, "average-decay", &options.average_decay, "X", "of the average, per step", 0, 0.999999, NULL },
    { OPTION_INTEGER, 's', "seed", &options.seed, "SEED", "of weights, order and augmentation", 0, INT32_MAX, NULL },
    { OPTION_END, 0, NULL, NULL, NULL, NULL, 0, 0, NULL },
};

/* Options that a run may change when it goes on; all others are rules of its checkpoint. */
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
    struct resnet_config config = { .stages = options.widths.count, .height = training->height,
                                    .width = training->width,
                                    .activation = (enum activation)options.activation,
                                    .downsample = (enum downsample)options.downsample };
    if (options.blocks.count != options.widths.count)
        die_usage("--blocks: %d values, but --widths has %d", options.blocks.count, options.widths.count);
    if (options.widths.count > STAGES_MAX)
        die_usage("--widths: too many stages (at most %d, %d given)", STAGES_MAX, options.widths.count);
    for (int s = 0; s < config.stages; s++) {
        config.widths[s] = (int)options.widths.item[s];
        config.blocks[s] = (int)options.blocks.item[s];
    }
    config.classes = (int)examples_largest_target(training) + 1;
    return config;
}

static int count_names(const char *names)
{
    int count = names && *names;
    for (; names && *names; names++)
        count += *names == ',';
    return count;
}

/* As many classes as the stream names, where it does; a smaller data set may lack the last ones. */
static const char *choose_classes(const struct examples *training, struct resnet_config *config)
{
    bool turned = options.target == 1;
    const char *names = turned ? rotation_classes : frame_metadata(&training->frame, "classes");
    int count = count_names(names);
    if (count && count < config->classes)
        die("%s: field '%s' goes up to %d, but there are %d classes (%s)", training->frame.path,
            targets[options.target], config->classes - 1, count, names);
    if (count)
        config->classes = count;
    return names;
}

static void check_network(const struct resnet_config *config, const struct examples *training)
{
    char rule[RESNET_RULE_MAX];
    if (examples_one_target(training))
        die("%s: field '%s' holds one class only (at least 2 are needed)", training->frame.path,
            targets[options.target]);
    if (!resnet_possible(config, rule))
        die_usage("there is no such network: %s", rule);
}

static void check_validation(const struct examples *validation, const struct resnet_config *config)
{
    if (validation->height != config->height || validation->width != config->width)
        die("%s: images of %d x %d, but those to train on are %d x %d", options.validation, validation->height,
            validation->width, config->height, config->width);
    if (examples_largest_target(validation) >= config->classes)
        die("%s: field '%s' goes up to %lld, but there are %d classes", options.validation, targets[options.target],
            (long long)examples_largest_target(validation), config->classes);
}

static int choose_batch(const struct examples *training)
{
    int64_t batch = options.batch < training->count ? options.batch : training->count;
    batch -= batch % training->group;
    if (batch == 0)
        die_usage("--batch: %lld rows hold no whole group of %lld", (long long)options.batch,
                  (long long)training->group);
    return (int)batch;
}

static struct augment choose_augment(void)
{
    bool reflect = !option_given(&options.crop);
    if (!reflect && option_given(&options.translate))
        die_usage("--crop: it takes the place of --translate (one of the two, both given)");
    return (struct augment){ .crop = (int)(reflect ? options.translate : options.crop),
                             .flip = options.flip != FLIP_NONE,
                             .cutout = (int)options.cutout,
                             .reflect = reflect,
                             .alternate = options.flip == FLIP_ALTERNATE };
}

static struct train_sizes choose_sizes(const struct examples *training)
{
    const struct integer_list *given = &options.size_epochs;
    struct train_sizes sizes = { .count = options.sizes.count };
    int64_t sum = 0;
    if (given->count && given->count != sizes.count)
        die_usage("--size-epochs: %d values, but --sizes has %d", given->count, sizes.count);
    if (sizes.count > options.epochs)
        die_usage("--sizes: %d values for %lld epochs", sizes.count, (long long)options.epochs);
    for (int i = 0; i < sizes.count; i++) {
        if (options.sizes.item[i] > training->height)
            die_usage("--sizes: %lld, but images are %d high", (long long)options.sizes.item[i], training->height);
        sizes.height[i] = (int)options.sizes.item[i];
        sizes.epochs[i] = (int)((i + 1) * options.epochs / sizes.count - i * options.epochs / sizes.count);
        if (given->count)
            sizes.epochs[i] = (int)given->item[i];
        sum += sizes.epochs[i];
    }
    if (sizes.count && sum != options.epochs)
        die_usage("--size-epochs: %lld epochs in all, but --epochs is %lld", (long long)sum,
                  (long long)options.epochs);
    return sizes;
}

static struct train_options train_options(const struct examples *training, int batch)
{
    struct train_options train = { .epochs = (int)options.epochs, .batch = batch, .smoothing = options.smoothing };
    train.sgd = (struct sgd){ options.momentum, options.decay, options.norm_bias, options.optimizer == OPTIMIZER_MUON };
    train.muon = (struct muon){ options.muon_momentum, MUON_STEPS };
    train.muon_rate = options.muon_rate;
    train.schedule.shape = (enum schedule_shape)options.schedule;
    train.schedule.peak = options.rate;
    train.schedule.warmup = options.warmup;
    train.schedule.start = options.first;
    train.schedule.end = options.end;
    train.augment = choose_augment();
    train.sizes = choose_sizes(training);
    train.average = (struct average){ (enum average_kind)options.average, options.average_decay };
    train.seed = (uint64_t)options.seed;
    return train;
}

/* The network before its first step. */
static void start(struct model *model, const struct examples *training)
{
    struct resnet *net = model->net;
    resnet_initialize(net, (uint64_t)options.seed);
    if (options.start == START_DIRAC)
        resnet_initialize_dirac(net);
    if (options.stem == STEM_WHITEN)
        whiten_stem(net, &model->normalization, training->image, training->count, training->height, training->width);
    if (options.scale == SCALE_FIXED)
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
    frame_set_metadata(&model->about, "task", targets[options.target]);
    if (classes)
        frame_set_metadata(&model->about, "classes", classes);
    if (source)
        frame_set_metadata(&model->about, "source", source);
    describe(model, "epoch", format_string("%d", chosen->epoch));
    describe(model, "epochs", format_string("%lld", (long long)options.epochs));
    describe(model, "seed", format_string("%lld", (long long)options.seed));
    describe(model, "train_loss", format_string("%.6f", chosen->loss));
    describe(model, "train_accuracy", format_string("%.6f", chosen->accuracy));
    if (options.validation) {
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

/* The checkpoint of this run: what its result depends on are the program, the options and the data. */
static struct checkpoint checkpoint_of(const struct examples *training, const struct examples *validation,
                                       const char *classes)
{
    struct checkpoint checkpoint = { .path = options.checkpoint, .resume = options.resume,
                                     .every = options.checkpoint_every };
    const char *source = frame_metadata(&training->frame, "source");
    if (!options.checkpoint && !options.resume)
        return checkpoint;
    checkpoint_rule(&checkpoint, "version", TALE_VERSION);
    for (const struct option_row *row = rows; row->type != OPTION_END; row++)
        if (!is_listed(row->name, free_options))
            add_rule(&checkpoint, format_string("--%s", row->name), option_text(row));
    add_rule(&checkpoint, copy_string("training data"), data_text(training));
    add_rule(&checkpoint, copy_string("validation data"),
             options.validation ? data_text(validation) : copy_string("none"));
    checkpoint_rule(&checkpoint, "classes", classes ? classes : "none");
    checkpoint_rule(&checkpoint, "source", source ? source : "none");
    return checkpoint;
}

/* What is written must be a file of its own; only a checkpoint may replace the one that the run went on from. */
static void check_apart(const char *option, const char *path, const char *other_option, const char *other)
{
    if (path && other && files_same(path, other))
        die_usage("%s: '%s' is the file of %s", option, path, other_option);
}

static void check_paths(void)
{
    check_apart("--log", options.log, "--checkpoint", options.checkpoint);
    check_apart("--log", options.log, "--val", options.validation);
    check_apart("--log", options.log, "--resume", options.resume);
    check_apart("--checkpoint", options.checkpoint, "--val", options.validation);
    if (options.log && strcmp(options.log, "-") == 0)
        die_usage("--log: '-' is standard output, where the model goes");
    if (options.checkpoint && strcmp(options.checkpoint, "-") == 0)
        die_usage("--checkpoint: '-' is standard output, where the model goes");
    if (options.resume && strcmp(options.resume, "-") == 0)
        die_usage("--resume: '-' is standard input, where the images come from");
    if (options.validation && strcmp(options.validation, "-") == 0)
        die_usage("--val: '-' is standard input, where the images to train on come from");
    if (options.checkpoint_every && !options.checkpoint)
        die_usage("--checkpoint-every: %lld steps, but no --checkpoint says where",
                  (long long)options.checkpoint_every);
}

static void report(const struct train_epoch *chosen)
{
    if (options.validation)
        say("epoch %d of %lld chosen: validation loss %.4f, accuracy %.2f %%", chosen->epoch,
            (long long)options.epochs, chosen->val_loss, 100 * chosen->val_accuracy);
}

int main(int argc, char **argv)
{
    options_parse(argc, argv, &usage, rows);
    threads_flush_denormals(true);
    const char *target = targets[options.target];
    check_paths();
    struct stream stream = stream_open(NULL);
    struct examples training = examples_read(&stream, target), validation = { 0 };
    struct resnet_config config = choose_config(&training);
    const char *classes = choose_classes(&training, &config);
    check_network(&config, &training);
    if (options.validation) {
        struct stream held_out = stream_open(options.validation);
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
    struct output log = { 0 };
    if (options.log)
        log = output_open(options.log);

    struct train_epoch chosen =
        train(&model, &training, options.validation ? &validation : NULL, &train_with, log.file);

    describe_model(&model, &training, classes, &chosen);
    report(&chosen);
    if (options.log)
        output_close(&log);
    model_save(&model, stdout, "standard output");
    checkpoint_free(&checkpoint);
    model_free(&model);
    examples_free(&training);
    examples_free(&validation);
    close_stdout();
    return EXIT_OK;
}
