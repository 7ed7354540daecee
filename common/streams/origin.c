#define _POSIX_C_SOURCE 200809L /* fnmatch */
#include "streams/origin.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

void origin_check_model(const struct frame *frame, const char *other_path, const char *other_model)
{
    const char *model = frame_metadata(frame, "model");
    if (model && other_model && strcmp(model, other_model) != 0)
        die("%s: was made with the model '%s', but %s is of '%s' (both must be of the same model)", frame->path, model,
            other_path, other_model);
}

bool origin_is_rule(const char *rule)
{
    const char *equals = strchr(rule, '=');
    return equals && equals != rule;
}

void origin_require(const struct frame *frame, const char *rule)
{
    size_t length = strcspn(rule, "=");
    char *key = allocate(length + 1, 1);
    memcpy(key, rule, length);
    key[length] = 0;
    const char *value = frame_metadata(frame, key), *pattern = rule + length + 1;
    if (!value)
        die("%s: metadata '%s' is missing ('%s' is required)", frame->path, key, pattern);
    if (fnmatch(pattern, value, 0) != 0)
        die("%s: %s is '%s' ('%s' is required)", frame->path, key, value, pattern);
    free(key);
}
