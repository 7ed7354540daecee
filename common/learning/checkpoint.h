/* Checkpoints: everything that a training run needs to continue as if it had not stopped, in one frame of a tensor
 * stream (tensor-stream(5)): a tensor for each block of state, and as metadata the settings that must not change.
 *
 * Code that has state adds it with one line before the first step; checkpoint_resume() restores it:
 *
 *     checkpoint_hold(checkpoint, "momentum", DTYPE_F32, net->parameters, velocity); */
#ifndef TALE_LEARNING_CHECKPOINT_H
#define TALE_LEARNING_CHECKPOINT_H

#include "streams/stream.h"

enum { CHECKPOINT_BLOCKS_MAX = 32 };

struct checkpoint {
    const char *path;    /* the file to write; NULL for none */
    const char *resume;  /* the file to continue from; NULL for a new run */
    int64_t every;       /* steps between checkpoints; 0: only at the end of each epoch */
    struct frame rules;  /* metadata only: the settings that the result depends on */
    struct tensor block[CHECKPOINT_BLOCKS_MAX]; /* named views, memory not owned */
    int blocks;
};

/* Adds a setting that must be the same when the run continues ("--lr", "0.1"); checkpoint_resume() names the first that
 * differs. */
void checkpoint_rule(struct checkpoint *checkpoint, const char *name, const char *value);

/* Adds `count` values at `data` to the state, under a unique name. `name` and `data` must stay valid. */
void checkpoint_hold(struct checkpoint *checkpoint, const char *name, enum dtype dtype, size_t count, void *data);

/* Writes all blocks to checkpoint->path: to a temporary file that is renamed, so that the file is always complete. Does
 * nothing if path is NULL. Dies on failure. */
void checkpoint_write(struct checkpoint *checkpoint);

/* Fills all blocks from checkpoint->resume; returns false if that is NULL. Dies with the file's name if a setting
 * differs, if a block is missing, unexpected or of another type or size, or if an F32 block has a value that is not
 * finite. */
bool checkpoint_resume(struct checkpoint *checkpoint);

void checkpoint_free(struct checkpoint *checkpoint);

#endif
