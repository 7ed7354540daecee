/* Identifies a trained network, so that rows computed with two networks are not mixed up. */
#ifndef TALE_MODEL_IDENTITY_H
#define TALE_MODEL_IDENTITY_H

#include "streams/stream.h"

#define IDENTITY_MAX 64

/* Writes a model's task, if it has one, and a checksum of its classifier, which differs between any two trainings, as
 * text into identity [IDENTITY_MAX]. The frame must have fc.weight. */
void identity_of_model(const struct frame *model, char *identity);

#endif
