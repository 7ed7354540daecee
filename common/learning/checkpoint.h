/* Checkpoints: all that a run of training needs to go on as if it had not been stopped, in one frame of a tensor stream
 * (tensor-stream(5)): a tensor for each block of state, and as metadata what must be the same when the run goes on.
 *
 * Whatever has state adds it with one line before the first step, and finds it restored after checkpoint_resume():
 *
 *     checkpoint_hold(checkpoint, "momentum", DTYPE_F32, net->parameters, velocity); */
#ifndef TALE_LEARNING_CHECKPOINT_H
#define TALE_LEARNING_CHECKPOINT_H

#include "data/stream.h"

enum { CHECKPOINT_BLOCKS_MAX = 32 };

struct checkpoint {
    const char *path;    /* where it is written; NULL: nowhere */
    const char *resume;  /* the one to go on from; NULL: the run begins */
    int64_t every;       /* steps from one to the next; 0: only at the end of each epoch */
    struct frame rules;  /* metadata only: what the result depends on, beside the state */
    struct tensor block[CHECKPOINT_BLOCKS_MAX]; /* named views, memory not owned */
    int blocks;
};

/* What must be the same in the run that goes on ("--lr", "0.1"); checkpoint_resume() names the first that is not. */
void checkpoint_rule(struct checkpoint *checkpoint, const char *name, const char *value);

/* `count` values at `data` belong to the state, under a name of their own. name and data must stay. */
void checkpoint_hold(struct checkpoint *checkpoint, const char *name, enum dtype dtype, size_t count, void *data);

/* Write all blocks as they are now to checkpoint->path: beside it, then moved into place, so that there is always a
 * whole one. Nothing where path is NULL. Dies on failure. */
void checkpoint_write(struct checkpoint *checkpoint);

/* Fill all blocks from checkpoint->resume; false where that is NULL. Dies, naming the file, where a rule differs, a
 * block is missing, left over or of another type or size, or one of F32 holds a value that is not finite. */
bool checkpoint_resume(struct checkpoint *checkpoint);

void checkpoint_free(struct checkpoint *checkpoint);

#endif
