/* What a model says of itself in the metadata of its frame (tensor-stream(5)), read in one place for all programs. */
#ifndef TALE_MODEL_METADATA_H
#define TALE_MODEL_METADATA_H

#include "data/stream.h"
#include "model/input.h"
#include "model/resnet.h"

struct model_metadata {
    struct resnet_config config;        /* without its classes; stages 0: the model does not say */
    struct normalization normalization;
    float logit_scale;                  /* logits are s (W f + b); 1 where the model does not say */
    const char *task;                   /* the field with the right class; NULL: it does not say */
    const char *classes;                /* their names, or NULL; owned by the frame, as is task */
};

/* Read and check each key that is there. Dies naming the path, the key and the rule that its value breaks. */
struct model_metadata model_metadata_read(const struct frame *frame, const char *path);

/* Die unless the frame has all the keys that describe a network. */
void model_metadata_require_network(const struct frame *frame, const char *path);

/* Die where the classes have names but another number of them than the classifier has rows. */
void model_metadata_check_classes(const struct frame *frame, const char *path, int64_t rows);

#endif
