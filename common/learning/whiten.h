/* A whitening stem: the first convolution is not trained but computed from the images, so that its outputs are
 * uncorrelated and of similar variance (Page 2019, "How to train your ResNet 8: Bag of tricks"; Jordan 2024, section
 * 3.2). */
#ifndef TALE_LEARNING_WHITEN_H
#define TALE_LEARNING_WHITEN_H

#include <stdint.h>

#include "model/input.h"
#include "model/resnet.h"

/* Values of a patch, in the order of an exported filter: [3 colours][3 rows][3 columns]. */
enum { PATCH_VALUES = 27 };

/* The number of images that are used, from the first. */
enum { WHITEN_IMAGES = 5000 };

/* covariance [27][27] = the mean of p p^T over all 3x3 patches p in the normalised images, U8 [count,3,height,width];
 * their mean is assumed to be 0, because of the normalization. The covariance is 0 if images are smaller than a
 * patch. */
void patch_covariance(const struct normalization *normalization, const uint8_t *images, int64_t count, int height,
                      int width, double *covariance);

/* Sets the stem's filters 2 i and 2 i + 1 to v_i / sqrt(lambda_i + epsilon) and its negative, for the eigenvectors v_i
 * of the patches' covariance in order of decreasing lambda_i; filters past the 54th are not changed. The batch norm
 * after the stem would undo the damping by epsilon = 5e-4, so its scales become sqrt(lambda_i / (lambda_i + epsilon)).
 * The filters are then frozen. */
void whiten_stem(struct resnet *net, const struct normalization *normalization, const uint8_t *images, int64_t count,
                 int height, int width);

#endif
