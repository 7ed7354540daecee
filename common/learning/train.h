/* The training loop: epochs of shuffled, augmented batches, with validation after each; the result is the weights of
 * the epoch with the least validation error. */
#ifndef TALE_LEARNING_TRAIN_H
#define TALE_LEARNING_TRAIN_H

#include "learning/augment.h"
#include "learning/average.h"
#include "learning/checkpoint.h"
#include "learning/examples.h"
#include "learning/muon.h"
#include "learning/schedule.h"
#include "learning/sgd.h"
#include "model/model.h"

enum { SIZES_MAX = 16 };

/* Progressive resizing: epochs[i] epochs with images of height[i], and a width in proportion. count 0: all images keep
 * their size. */
struct train_sizes {
    int count;
    int height[SIZES_MAX], epochs[SIZES_MAX];
};

struct train_options {
    int epochs, batch; /* batch counts rows; a batch has whole groups */
    double smoothing;
    struct sgd sgd;
    struct muon muon; /* used if sgd.skip_muon */
    double muon_rate; /* peak rate of Muon; it follows the schedule */
    struct schedule schedule;
    struct augment augment;
    struct average average;
    struct train_sizes sizes; /* their epochs sum to `epochs` */
    uint64_t seed;
    struct checkpoint *checkpoint; /* its path, settings and the file to continue from; NULL for none */
    const char *log;               /* the file for the figures of each epoch, as TSV; NULL for none */
};

/* The figures of one epoch. Training figures are means over its batches, with augmentation, each before its step;
 * validation figures are those of the weights at its end, or of their average, without label smoothing; NAN without
 * validation data. */
struct train_epoch {
    int epoch; /* from 1 */
    int64_t step;
    double rate; /* learning rate of the last step */
    double loss, accuracy, val_loss, val_accuracy;
    double seconds; /* since the start; for a run that was continued, the sum over its parts */
};

/* Trains, and writes a line of the log as each epoch ends, to be read at once. Returns the chosen epoch, whose weights
 * the model then has; without validation data that is the last one. Dies with epoch, step and layer if a loss is not
 * finite. A run that continues from a checkpoint writes the log anew from its first line and ends with the same weights
 * and figures, except for the seconds, as a run without a stop. An old log is replaced only when the checkpoint has
 * been read and the first one written. */
struct train_epoch train(struct model *model, const struct examples *training, const struct examples *validation,
                         const struct train_options *options);

#endif
