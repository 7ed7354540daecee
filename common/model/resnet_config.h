/* The configuration of a residual network: its shape, and the rules for it. */
#ifndef TALE_MODEL_RESNET_CONFIG_H
#define TALE_MODEL_RESNET_CONFIG_H

#include <stdbool.h>

#include "layers/activation.h"

enum { STAGES_MAX = 8, BLOCKS_MAX = 64 };

/* How a stage halves the image. */
enum downsample { DOWNSAMPLE_STRIDE, DOWNSAMPLE_POOL, DOWNSAMPLES };

/* "stride", "pool": names for a choice of options, NULL after the last. */
extern const char *const downsample_names[DOWNSAMPLES + 1];

struct resnet_config {
    int stages;
    int widths[STAGES_MAX], blocks[STAGES_MAX];
    int classes;
    int height, width; /* of the image */
    enum activation activation;
    enum downsample downsample;
};

/* Whether a network of that configuration is possible; if not, `rule` says why: "widths: 5000 (1 to 4096)". */
enum { RESNET_RULE_MAX = 96 };
bool resnet_possible(const struct resnet_config *config, char rule[static RESNET_RULE_MAX]);

/* Whether a stage begins with a unit that pools. */
bool resnet_stage_pools(const struct resnet_config *config, int stage);

/* The number of blocks; a unit that pools before the blocks of a stage counts as a block. */
int resnet_blocks(const struct resnet_config *config);

/* The pixels of the last feature maps, and the real (unpadded) number of features. */
int resnet_map_height(const struct resnet_config *config);
int resnet_map_width(const struct resnet_config *config);
int resnet_features(const struct resnet_config *config);

#endif
