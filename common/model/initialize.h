/* Initial weights of a residual network. */
#ifndef TALE_MODEL_INITIALIZE_H
#define TALE_MODEL_INITIALIZE_H

#include "model/resnet.h"

/* Convolutions normal with variance 2 / (K kernel^2) (He et al. 2015, fan out), gamma 1, beta 0, classifier uniform
 * within +-1/sqrt(C), as torchvision. */
void resnet_initialize(struct resnet *net, uint64_t seed);

/* Then, instead: the first filters of every 3x3 convolution but the stem, as many as it has input channels, each pass
 * one of these on as it is (Zagoruyko and Komodakis 2017, "DiracNets"). */
void resnet_initialize_dirac(struct resnet *net);

#endif
