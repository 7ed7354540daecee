/* Augmentation: a random crop, flip and cutout of each training image. Each image uses its own stream of random
 * numbers, so the result depends on the seed, the epoch and the image, but not on threads or its place in a batch. */
#ifndef TALE_LEARNING_AUGMENT_H
#define TALE_LEARNING_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"

struct augment {
    int crop;       /* shift by up to this many pixels each way (pad and crop); 0 for none */
    bool flip;      /* mirror left and right with probability 1/2 */
    int cutout;     /* side of a square set to zero, its centre anywhere (DeVries and Taylor 2017); 0 for none */
    bool reflect;   /* a shift fills in the image mirrored at its border instead of zeros */
    bool alternate; /* with flip: see augment_alternates */
};

/* The random draw for one image. */
struct augment_draw {
    int down, right; /* shift */
    bool mirror;
    int cut_row, cut_column; /* centre of the square */
};

struct augment_draw augment_draw(const struct augment *augment, struct random *random, int height, int width);

/* Whether item `item` is mirrored in this epoch (from 1) if flips alternate: at random in the first epoch; later always
 * unlike the epoch before, so that two consecutive epochs show both sides (Jordan 2024, "94 % on CIFAR-10 in 3.29
 * Seconds on a Single GPU", section 3.6). */
bool augment_alternates(uint64_t seed, uint64_t item, int epoch);

/* to = `from` with the drawn changes, both [H,W,4]. The changes are made as if before the image was turned by
 * `rotation` quarter turns counter-clockwise (0 if it was not), so that a mirrored image keeps its true rotation as its
 * label. Only square images can be turned. */
void augment_apply(const struct augment *augment, const struct augment_draw *draw, int rotation, const float *from,
                   int height, int width, float *to);

#endif
