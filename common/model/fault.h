/* Where a network that diverges holds its first value that is not finite. A step looks only at its loss, which costs
 * nothing; this search, through all that the network holds, follows once that has gone wrong. */
#ifndef TALE_MODEL_FAULT_H
#define TALE_MODEL_FAULT_H

#include "model/inference.h"
#include "model/resnet.h"

enum { FAULT_TEXT_MAX = NAME_MAX_LENGTH + 32 };

/* The first layer, in the order of the computation, with a NaN or an infinity after a training step on `images`
 * images: "activations of layer2.0.conv1", or "weights of" it where those were the cause; then, from the last layer to
 * the first, "gradients of fc"; then "weights of", and "running statistics of". Returns text; NULL: all is finite. */
const char *resnet_fault(const struct resnet *net, int images, char text[static FAULT_TEXT_MAX]);

/* The same for inference on the first `images` images of its input, to the block: "activations of layer2.0". It runs
 * once for each layer, and leaves its tap at one of them. */
const char *inference_fault(struct inference *inference, int images, char text[static FAULT_TEXT_MAX]);

#endif
