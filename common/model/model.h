/* A model: a network and what its weights' names cannot say, as one frame of a tensor stream (tensor-stream(5)).
 * Weights are named and shaped as torchvision names a ResNet's, so that a PyTorch module with those names loads the
 * file with strict=True. */
#ifndef TALE_MODEL_MODEL_H
#define TALE_MODEL_MODEL_H

#include <stdio.h>

#include "data/stream.h"
#include "model/identity.h"
#include "model/input.h"
#include "model/resnet.h"

struct model {
    struct resnet *net;
    struct normalization normalization;
    struct frame about; /* metadata only: task, classes, epoch, ... */
    char identity[IDENTITY_MAX]; /* of a model that was read (identity.h); else empty */
};

/* A new model of a configuration; images as in resnet_new. */
struct model model_new(const struct resnet_config *config, int images);

/* Read a model from a file; dies naming the file and what is wrong: not a model, a tensor missing, of another shape, or
 * left over, a value that is not finite, a variance below 0. A scale of the logits goes into the classifier's weights,
 * so the model's own is 1. Nothing is allocated for the network before the tensors are what it needs. images as in
 * resnet_new. */
struct model model_load(const char *path, int images);

/* Write it as one frame. Dies on failure, naming path. */
void model_save(const struct model *model, FILE *file, const char *path);

/* Metadata of the model: NULL where there is none. */
const char *model_about(const struct model *model, const char *key);

void model_free(struct model *model);

#endif
