/* What a model's metadata say about the model (tensor-stream(5)), read in one place for all programs. */
#ifndef TALE_MODEL_METADATA_H
#define TALE_MODEL_METADATA_H

#include "model/input.h"
#include "model/resnet.h"
#include "streams/stream.h"

struct model_metadata {
    struct resnet_config config;        /* without the number of classes; stages is 0 if the model does not say */
    struct normalization normalization;
    float logit_scale;                  /* logits are s (W f + b); 1 if the model does not say */
    const char *task;                   /* the field with the right class; NULL if the model does not say */
    const char *classes;                /* names of the classes, or NULL; owned by the frame, as is task */
};

/* Reads and checks each key that is present. Dies with the path, the key and the rule that its value breaks. */
struct model_metadata model_metadata_read(const struct frame *frame, const char *path);

/* Dies unless the frame has all the keys that describe a network. */
void model_metadata_require_network(const struct frame *frame, const char *path);

/* Dies if the number of class names differs from the classifier's number of rows. */
void model_metadata_check_classes(const struct frame *frame, const char *path, int64_t rows);

#endif
