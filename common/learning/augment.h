/* Augmentation: a random crop, flip and cutout of each training image, drawn from a stream of random numbers of its
 * own, so that what an image becomes depends on the seed, the epoch and the image, and neither on threads nor on
 * its place in a batch. */
#ifndef TALE_LEARNING_AUGMENT_H
#define TALE_LEARNING_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"

struct augment {
    int crop;       /* shift by up to this many pixels each way (pad and crop); 0: none */
    bool flip;      /* mirror left and right, every other time */
    int cutout;     /* side of a square set to zero, its centre anywhere (DeVries and Taylor 2017); 0: none */
    bool reflect;   /* what moves in at a shift is the image mirrored at its border, and not zeros */
    bool alternate; /* with flip: see augment_alternates */
};

/* What was drawn for one image. */
struct augment_draw {
    int down, right; /* shift */
    bool mirror;
    int cut_row, cut_column; /* centre of the square */
};

struct augment_draw augment_draw(const struct augment *augment, struct random *random, int height, int width);

/* Whether item `item` is mirrored in this epoch (from 1) where flips alternate: at random in the first epoch, and
 * from then on otherwise than in the epoch before, so that two epochs always show both sides (Jordan 2024, "94 % on
 * CIFAR-10 in 3.29 Seconds on a Single GPU", section 3.6). */
bool augment_alternates(uint64_t seed, uint64_t item, int epoch);

/* to = the drawn change of `from`, both [H,W,4]. The change is made as if before the image was turned by `rotation`
 * quarter turns counter-clockwise (0 where it was not), so that a mirrored image keeps its true rotation as its
 * label. Only square images turn. */
void augment_apply(const struct augment *augment, const struct augment_draw *draw, int rotation, const float *from,
                   int height, int width, float *to);

#endif
