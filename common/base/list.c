#include "base/list.h"

#include <stddef.h>
#include <string.h>

#include "base/memory.h"

char *list_take(const char **rest)
{
    if (!*rest)
        return NULL;
    size_t length = strcspn(*rest, ",");
    char *item = format_string("%.*s", (int)length, *rest);
    *rest = (*rest)[length] ? *rest + length + 1 : NULL;
    return item;
}
