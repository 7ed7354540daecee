/* Temporary files: each stands beside the file that it shall replace, as NAME.XXXXXX.tale.tmp with a random middle, and
 * is locked while its program lives. So a later program can tell those of others at work from those that a killed one
 * left. */
#ifndef TALE_BASE_TEMPORARY_H
#define TALE_BASE_TEMPORARY_H

#include <stddef.h>

/* Remove what killed programs left beside `target`: files of such names that are the user's and that nobody has
 * locked. */
void temporary_clean(const char *target);

/* Create a temporary file for `target`, one that did not exist, with the permissions of the target, or where there is
 * none of a new file. Returns its descriptor and its path, caller frees; or -1 with errno. */
int temporary_create(const char *target, char **path);

#endif
