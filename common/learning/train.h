/* The training loop: epochs of shuffled, augmented batches; validation after each; the weights of the epoch with
 * the least validation error are what is left at the end. */
#ifndef TALE_LEARNING_TRAIN_H
#define TALE_LEARNING_TRAIN_H

#include <stdio.h>

#include "learning/augment.h"
#include "learning/average.h"
#include "learning/checkpoint.h"
#include "learning/examples.h"
#include "learning/muon.h"
#include "learning/schedule.h"
#include "learning/sgd.h"
#include "model/model.h"

enum { SIZES_MAX = 16 };

/* Progressive resizing: epochs[i] epochs with images of height[i], and of a width in proportion. count 0: none, all
 * images as they are. */
struct train_sizes {
    int count;
    int height[SIZES_MAX], epochs[SIZES_MAX];
};

struct train_options {
    int epochs, batch; /* batch counts rows; whole groups go into a batch */
    double smoothing;
    struct sgd sgd;
    struct muon muon; /* where sgd spares */
    double muon_rate; /* its peak; it follows the schedule */
    struct schedule schedule;
    struct augment augment;
    struct average average;
    struct train_sizes sizes; /* whose epochs are as many as `epochs` */
    uint64_t seed;
    struct checkpoint *checkpoint; /* its path, rules and where to go on from; NULL: none */
};

/* One epoch's figures. Training figures are means over the epoch as it went, with augmentation and before each
 * step; validation figures are of the weights at its end, or of their average, without label smoothing; NAN where
 * there are no validation data. */
struct train_epoch {
    int epoch; /* from 1 */
    int64_t step;
    double rate; /* learning rate of the last step */
    double loss, accuracy, val_loss, val_accuracy;
    double seconds; /* since the start; of a run that was stopped and went on, the sum of its parts */
};

/* Train, writing one line of TSV per epoch to `log` (NULL: none). Returns the chosen epoch, whose weights the model
 * then has. Without validation data that is the last one. Dies with epoch, step and layer where a loss is not finite.
 * A run that goes on from a checkpoint writes the log from its first line, and ends with the same weights and figures,
 * but for the seconds, as one that was not stopped. */
struct train_epoch train(struct model *model, const struct examples *training, const struct examples *validation,
                         const struct train_options *options, FILE *log);

#endif
