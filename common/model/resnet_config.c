#include "model/resnet_config.h"

#include <stdarg.h>
#include <stdio.h>

enum { WIDTH_MAX = 4096, SIZE_MAX_PIXELS = 4096, CLASSES_MAX = 100000 };

const char *const downsample_names[DOWNSAMPLES + 1] = { [DOWNSAMPLE_STRIDE] = "stride", [DOWNSAMPLE_POOL] = "pool" };

bool resnet_stage_pools(const struct resnet_config *config, int stage)
{
    return config->downsample == DOWNSAMPLE_POOL && stage > 0;
}

int resnet_blocks(const struct resnet_config *config)
{
    int count = 0;
    for (int s = 0; s < config->stages; s++)
        count += config->blocks[s] + resnet_stage_pools(config, s);
    return count;
}

/* Writes the rule that is broken. */
__attribute__((format(printf, 2, 3))) static bool impossible(char *rule, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rule, RESNET_RULE_MAX, format, arguments);
    va_end(arguments);
    return false;
}

bool resnet_possible(const struct resnet_config *config, char rule[static RESNET_RULE_MAX])
{
    int least = config->downsample == DOWNSAMPLE_POOL ? 0 : 1;
    if (config->stages < 1 || config->stages > STAGES_MAX)
        return impossible(rule, "widths: %d stages (1 to %d)", config->stages, STAGES_MAX);
    for (int s = 0; s < config->stages; s++) {
        if (config->widths[s] < 1 || config->widths[s] > WIDTH_MAX)
            return impossible(rule, "widths: %d (1 to %d)", config->widths[s], WIDTH_MAX);
        if (config->blocks[s] < least || config->blocks[s] > BLOCKS_MAX)
            return impossible(rule, "blocks: %d (%d to %d in each stage)", config->blocks[s], least, BLOCKS_MAX);
    }
    int blocks = resnet_blocks(config);
    if (blocks < 1 || blocks > BLOCKS_MAX)
        return impossible(rule, "blocks: %d in all (1 to %d)", blocks, BLOCKS_MAX);
    if (config->classes < 2 || config->classes > CLASSES_MAX)
        return impossible(rule, "%d classes (2 to %d)", config->classes, CLASSES_MAX);
    if (config->height < 1 || config->width < 1 || config->height > SIZE_MAX_PIXELS || config->width > SIZE_MAX_PIXELS)
        return impossible(rule, "images of %d x %d (1 to %d a side)", config->height, config->width, SIZE_MAX_PIXELS);
    return true;
}

int resnet_features(const struct resnet_config *config)
{
    return config->widths[config->stages - 1];
}

static int halved(int size, int stages)
{
    for (int s = 1; s < stages; s++)
        size = (size + 1) / 2;
    return size;
}

int resnet_map_height(const struct resnet_config *config)
{
    return halved(config->height, config->stages);
}

int resnet_map_width(const struct resnet_config *config)
{
    return halved(config->width, config->stages);
}
