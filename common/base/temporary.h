/* Temporary files. A temporary file is beside its target, is named NAME.XXXXXX.tale.tmp with random characters in the
 * middle, and is locked while its program runs. The lock lets a later program distinguish files in use from files that
 * a killed program left behind. */
#ifndef TALE_BASE_TEMPORARY_H
#define TALE_BASE_TEMPORARY_H

#include <stddef.h>

/* Removes the files that killed programs left beside `target`: files with such names that belong to the user and that
 * no process has locked. */
void temporary_clean(const char *target);

/* Creates a new temporary file for `target`, with the target's permissions, or those of a new file if it does not
 * exist. Returns its descriptor and its path, which the caller frees; or -1 with errno. */
int temporary_create(const char *target, char **path);

#endif
