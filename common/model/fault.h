/* Finds where a diverging network has its first value that is not finite. A training step checks only its loss, which
 * costs nothing; this search through the whole network runs only if that check fails. */
#ifndef TALE_MODEL_FAULT_H
#define TALE_MODEL_FAULT_H

#include "model/inference.h"
#include "model/resnet.h"

enum { FAULT_TEXT_MAX = NAME_MAX_LENGTH + 32 };

/* Finds the first NaN or infinity after a training step on `images` images and names its layer. The search goes through
 * the activations in the order of the computation: "activations of layer2.0.conv1", or "weights of layer2.0.conv1" if
 * the weights caused it. Then come the gradients, from the last layer to the first ("gradients of fc"), then "weights
 * of" and "running statistics of". Returns text, or NULL if all values are finite. */
const char *resnet_fault(const struct resnet *net, int images, char text[static FAULT_TEXT_MAX]);

/* The same for inference on the first `images` images of its input, by block: "activations of layer2.0". It runs the
 * network once for each layer and leaves the tap at one of them. */
const char *inference_fault(struct inference *inference, int images, char text[static FAULT_TEXT_MAX]);

#endif
