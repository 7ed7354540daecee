/* The last layer of a model, for its class activation maps. */
#ifndef TALE_MODEL_HEAD_H
#define TALE_MODEL_HEAD_H

#include "methods/cam.h"

/* Reads fc.weight F32 [classes, channels], fc.bias F32 [classes] (optional) and the metadata (metadata.h) from the
 * first frame of a file; the file need not contain the rest of a network. Dies if they are missing, disagree or are not
 * finite. Free with cam_head_free(). */
struct cam_head head_read(const char *path);

#endif
