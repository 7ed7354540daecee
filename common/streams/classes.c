#include "streams/classes.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "streams/value.h"

struct classes classes_parse(const char *text)
{
    struct classes classes = { 0 };
    const char *rest = text && *text ? text : NULL;
    int room = 0;
    for (char *name; (name = list_take(&rest));) {
        if (classes.count == room) {
            room = room ? 2 * room : 16;
            classes.name = reallocate(classes.name, (size_t)room, sizeof *classes.name);
        }
        classes.name[classes.count++] = name;
    }
    return classes;
}

struct classes classes_of(const struct frame *frame)
{
    return classes_parse(frame_metadata(frame, "classes"));
}

struct classes classes_of_field(const struct frame *frame, const char *field)
{
    char *key = format_string("%s_classes", field);
    const char *own = frame_metadata(frame, key);
    free(key);
    return own ? classes_parse(own) : classes_of(frame);
}

const char *classes_names(const struct frame *frame, const char *field)
{
    const struct tensor *tensor = frame_find(frame, field);
    char *key = format_string("%s_classes", field);
    const char *own = frame_metadata(frame, key);
    free(key);
    return own ? own : tensor && !classes_apply(tensor) ? "" : frame_metadata(frame, "classes");
}

void classes_set_names(struct frame *frame, const char *field, const char *names)
{
    char *key = format_string("%s_classes", field);
    const char *labels = frame_metadata(frame, "classes");
    bool same = names && strcmp(names, labels ? labels : "") == 0;
    if (!same || frame_metadata(frame, key))
        frame_set_metadata(frame, key, names && (*names || labels) ? names : NULL);
    free(key);
}

const char *classes_name(const struct classes *classes, int64_t k)
{
    return k >= 0 && k < classes->count ? classes->name[k] : NULL;
}

int64_t classes_find(const struct classes *classes, const char *name)
{
    for (int k = 0; k < classes->count; k++)
        if (strcmp(classes->name[k], name) == 0)
            return k;
    return -1;
}

/* Whether the name is the word, or ends in it after a `_` or `.`. */
static bool ends_in_word(const char *name, const char *word)
{
    size_t length = strlen(name), end = strlen(word);
    if (length < end || strcmp(name + length - end, word) != 0)
        return false;
    return length == end || strchr("_.", name[length - end - 1]);
}

bool classes_apply(const struct tensor *tensor)
{
    return value_whole(tensor->dtype) &&
           (ends_in_word(tensor->name, "label") || ends_in_word(tensor->name, "prediction"));
}

void classes_free(struct classes *classes)
{
    for (int k = 0; k < classes->count; k++)
        free(classes->name[k]);
    free(classes->name);
    *classes = (struct classes){ 0 };
}
