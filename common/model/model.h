/* A model: a network and the metadata that describe it, as one frame of a tensor stream (tensor-stream(5)). Weights are
 * named and shaped as torchvision names a ResNet's, so that a PyTorch module with those names loads the file with
 * strict=True. */
#ifndef TALE_MODEL_MODEL_H
#define TALE_MODEL_MODEL_H

#include <stdio.h>

#include "model/identity.h"
#include "model/input.h"
#include "model/resnet.h"
#include "streams/stream.h"

struct model {
    struct resnet *net;
    struct normalization normalization;
    struct frame about; /* metadata only: task, classes, epoch, ... */
    char identity[IDENTITY_MAX]; /* of a model that was read (identity.h); otherwise empty */
};

/* A new model with a configuration; for `images` see resnet_new. */
struct model model_new(const struct resnet_config *config, int images);

/* Reads a model from a file. Dies with the file and the fault: not a model; a tensor missing, of another shape or
 * unexpected; a value that is not finite; a negative variance. A scale of the logits is multiplied into the
 * classifier's weights, so the model's own scale is 1. The tensors are checked before memory for the network is
 * allocated. For `images` see resnet_new. */
struct model model_load(const char *path, int images);

/* Writes the model as one frame. Dies on failure with a message that names `path`. */
void model_save(const struct model *model, FILE *file, const char *path);

/* A value of the model's metadata, or NULL. */
const char *model_about(const struct model *model, const char *key);

void model_free(struct model *model);

#endif
