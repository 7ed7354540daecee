/* Fixtures: tensors that PyTorch computed (tests/fixtures/gen-torch.py), brought into the layout of the code under
 * test: NHWC with channels padded by zeros (layers/conv.h). Names are PREFIX.NAME; a missing tensor ends the
 * program. */
#ifndef TALE_TESTS_FIXTURE_H
#define TALE_TESTS_FIXTURE_H

#include "streams/stream.h"

/* The one frame of tests/fixtures/FILE. Caller frees with frame_free. */
struct frame fixture_load(const char *file);

/* The tensor itself. */
const struct tensor *fixture_tensor(const struct frame *frame, const char *prefix, const char *name);

/* Copies; caller frees. F32 [N,C,H,W] as [N,H,W,C'], [K,C,r,q] as [r,q,C',K'], [...,C] as [...,C']. */
float *fixture_maps(const struct frame *frame, const char *prefix, const char *name);
float *fixture_weight(const struct frame *frame, const char *prefix, const char *name);
float *fixture_vectors(const struct frame *frame, const char *prefix, const char *name);

#endif
