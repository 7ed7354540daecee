/* What tells one trained network from another, so that rows made with two are not taken for those of one. */
#ifndef TALE_MODEL_IDENTITY_H
#define TALE_MODEL_IDENTITY_H

#include "data/stream.h"

#define IDENTITY_MAX 64

/* A model's task, where it says one, and a checksum of its classifier, which no two trainings share: as text into
 * identity [IDENTITY_MAX]. The frame has fc.weight. */
void identity_of_model(const struct frame *model, char *identity);

#endif
