#include "model/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/options.h"
#include "streams/classes.h"

enum { SIDE_MAX = 4096, WIDTH_MAX = 4096 };

/* Reads at most `count_max` whole numbers within [low, high]; returns their number, 0 if the key is missing. */
static int read_integers(const struct frame *frame, const char *path, const char *key, int64_t low, int64_t high,
                         int count_max, int *values)
{
    int count = 0;
    const char *rest = frame_metadata(frame, key);
    for (char *item; (item = list_take(&rest)); free(item)) {
        int64_t value;
        if (count == count_max || !parse_integer(item, low, high, &value))
            die("%s: metadata '%s': '%.60s' (%s from %lld to %lld)", path, key, item,
                count_max > 1 ? "at most 8 whole numbers" : "one whole number", (long long)low, (long long)high);
        values[count++] = (int)value;
    }
    return count;
}

/* Reads exactly `count` numbers within [low, high]; changes nothing if the key is missing. */
static void read_reals(const struct frame *frame, const char *path, const char *key, double low, double high,
                       int count, float *values)
{
    int found = 0;
    const char *text = frame_metadata(frame, key), *rest = text;
    for (char *item; (item = list_take(&rest)); free(item)) {
        double value;
        if (found == count || !parse_real(item, low, high, &value))
            die("%s: metadata '%s': '%.60s' (%d number%s from %g to %g)", path, key, item, count,
                count > 1 ? "s" : "", low, high);
        values[found++] = (float)value;
    }
    if (text && found < count)
        die("%s: metadata '%s' has %d numbers (%d are needed)", path, key, found, count);
}

/* The index of a key's value among the names (NULL after the last). Models from other programs may lack the key; 0
 * then. */
static int read_choice(const struct frame *frame, const char *path, const char *key, const char *const *names)
{
    const char *name = frame_metadata(frame, key);
    for (int i = 0; names[i]; i++)
        if (!name || strcmp(name, names[i]) == 0)
            return i;
    die("%s: metadata '%s': '%.60s' is not known ('%s' and '%s' are)", path, key, name, names[0], names[1]);
}

static void read_config(struct model_metadata *metadata, const struct frame *frame, const char *path)
{
    struct resnet_config *config = &metadata->config;
    config->stages = read_integers(frame, path, "widths", 1, WIDTH_MAX, STAGES_MAX, config->widths);
    int blocks = read_integers(frame, path, "blocks", 0, BLOCKS_MAX, STAGES_MAX, config->blocks);
    if (blocks && config->stages && blocks != config->stages)
        die("%s: metadata 'blocks' and 'widths' differ in length (%d and %d)", path, blocks, config->stages);
    read_integers(frame, path, "height", 1, SIDE_MAX, 1, &config->height);
    read_integers(frame, path, "width", 1, SIDE_MAX, 1, &config->width);
    config->activation = (enum activation)read_choice(frame, path, "activation", activation_names);
    config->downsample = (enum downsample)read_choice(frame, path, "downsample", downsample_names);
}

struct model_metadata model_metadata_read(const struct frame *frame, const char *path)
{
    struct model_metadata metadata = { .logit_scale = 1 };
    struct normalization *n = &metadata.normalization;
    const char *architecture = frame_metadata(frame, "architecture");
    if (architecture && strcmp(architecture, "resnet") != 0)
        die("%s: architecture '%.60s' is not known ('resnet' is)", path, architecture);
    read_config(&metadata, frame, path);
    read_reals(frame, path, "mean", -1e6, 1e6, 3, n->mean);
    read_reals(frame, path, "std", 1e-6, 1e6, 3, n->deviation);
    read_reals(frame, path, "logit_scale", -1e30, 1e30, 1, &metadata.logit_scale);
    metadata.task = frame_metadata(frame, "task");
    metadata.classes = frame_metadata(frame, "classes");
    return metadata;
}

void model_metadata_require_network(const struct frame *frame, const char *path)
{
    static const char *const needed[] = { "architecture", "widths", "blocks", "height", "width", "mean", "std" };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!frame_metadata(frame, needed[i]))
            die("%s: this is not a model of this project (metadata '%s' is missing)", path, needed[i]);
}

void model_metadata_check_classes(const struct frame *frame, const char *path, int64_t rows)
{
    struct classes classes = classes_of(frame);
    if (classes.count && classes.count != rows)
        die("%s: metadata 'classes' names %d classes, but fc.weight has %lld rows", path, classes.count,
            (long long)rows);
    classes_free(&classes);
}
