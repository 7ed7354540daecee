#include "streams/fields.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"

static bool in_list(const char *list, const char *name)
{
    bool found = false;
    for (char *item; (item = list_take(&list)); free(item))
        found |= strcmp(item, name) == 0;
    return found;
}

/* Dies unless each name in the list is a field. */
static void check_list(const struct frame *frame, const char *list)
{
    for (char *name; (name = list_take(&list)); free(name))
        if (!frame_find(frame, name))
            die("%s: field '%s' is missing", frame->path, name);
}

/* Moves the class names of a field with it: to the metadata of its new name, or removes them if that is NULL. */
static void move_classes(struct frame *frame, const char *field, const char *to)
{
    char *key = format_string("%s_classes", field), *new = to ? format_string("%s_classes", to) : NULL;
    if (new)
        frame_set_metadata(frame, new, frame_metadata(frame, key));
    frame_set_metadata(frame, key, NULL);
    free(key);
    free(new);
}

/* Remove fields whose membership in the list equals `listed`. */
struct choice {
    struct frame *frame;
    const char *list;
    bool listed;
};

static bool stays(const char *name, const void *context)
{
    const struct choice *choice = context;
    if (in_list(choice->list, name) != choice->listed)
        return true;
    move_classes(choice->frame, name, NULL);
    return false;
}

static void remove_fields(struct frame *frame, const char *list, bool listed)
{
    const struct choice choice = { frame, list, listed };
    frame_filter(frame, stays, &choice);
}

void fields_keep(struct frame *frame, const char *list)
{
    check_list(frame, list);
    remove_fields(frame, list, false);
}

void fields_drop(struct frame *frame, const char *list)
{
    check_list(frame, list);
    remove_fields(frame, list, true);
}

void fields_rename(struct frame *frame, const char *text)
{
    size_t length = strcspn(text, "=");
    if (length == 0 || !text[length] || !text[length + 1])
        die("'%s' is not OLD=NEW", text);
    char *old = format_string("%.*s", (int)length, text);
    struct tensor *tensor = frame_find(frame, old);
    if (!tensor)
        die("%s: field '%s' is missing", frame->path, old);
    if (frame_find(frame, text + length + 1))
        die("%s: there is a field '%s' already", frame->path, text + length + 1);
    move_classes(frame, old, text + length + 1);
    free(tensor->name);
    tensor->name = copy_string(text + length + 1);
    free(old);
}
