/* One training step of a residual network: forward and backward pass. An optimizer turns the gradients into new weights
 * (learning/sgd.h, learning/muon.h). */
#ifndef TALE_MODEL_TRAIN_STEP_H
#define TALE_MODEL_TRAIN_STEP_H

#include "model/resnet.h"

/* One forward and backward pass over net->input [images,H,W,4] (filled by the caller: normalised RGB and a zero). Sets
 * net->gradients to those of the mean loss with label smoothing (gradients of frozen tensors are undefined), updates
 * the running statistics, and adds the summed loss and the number of right answers. */
void resnet_train_step(struct resnet *net, int images, const int64_t *label, double smoothing, double *loss,
                       int64_t *right);

#endif
