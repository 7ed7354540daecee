/* Initial weights of a residual network. */
#ifndef TALE_MODEL_INITIALIZE_H
#define TALE_MODEL_INITIALIZE_H

#include "model/resnet.h"

/* Convolutions: normal with variance 2 / (K kernel^2) (He et al. 2015, fan out). Gamma 1, beta 0. Classifier: uniform
 * within +-1/sqrt(C), as torchvision. */
void resnet_initialize(struct resnet *net, uint64_t seed);

/* Called after resnet_initialize: in every 3x3 convolution except the stem, the first C filters, for C input channels,
 * each pass one channel on unchanged (Zagoruyko and Komodakis 2017, "DiracNets"). */
void resnet_initialize_dirac(struct resnet *net);

#endif
