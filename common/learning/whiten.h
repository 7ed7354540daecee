/* A stem that whitens: the first convolution is not trained but set from the images, so that what it gives is
 * uncorrelated and of like size (Page 2019, "How to train your ResNet 8: Bag of tricks"; Jordan 2024, section 3.2). */
#ifndef TALE_LEARNING_WHITEN_H
#define TALE_LEARNING_WHITEN_H

#include <stdint.h>

#include "model/input.h"
#include "model/resnet.h"

/* Values of a patch, ordered as a filter of the outside world: [3 colours][3 rows][3 columns]. */
enum { PATCH_VALUES = 27 };

/* Images that are looked at, the first ones. */
enum { WHITEN_IMAGES = 5000 };

/* covariance [27][27] = the mean of p p^T over all 3x3 patches p within the normalised images, U8
 * [count,3,height,width]; their mean is taken for 0, as the normalization makes it. 0 where images are smaller than a
 * patch. */
void patch_covariance(const struct normalization *normalization, const uint8_t *images, int64_t count, int height,
                      int width, double *covariance);

/* Set the stem's filters 2 i and 2 i + 1 to v_i / sqrt(lambda_i + epsilon) and its negative, for the eigenvectors v_i
 * of the patches' covariance by falling lambda_i, as many as there are filters; those past the 54th stay. The batch
 * norm after it would blow up again what epsilon = 5e-4 holds down, so its scales become
 * sqrt(lambda_i / (lambda_i + epsilon)). The filters are then frozen. */
void whiten_stem(struct resnet *net, const struct normalization *normalization, const uint8_t *images, int64_t count,
                 int height, int width);

#endif
