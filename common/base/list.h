/* Comma-separated lists: the only parser for them. */
#ifndef TALE_BASE_LIST_H
#define TALE_BASE_LIST_H

/* Returns the next item of a list as a new string, or NULL after the last; caller frees. `*rest` is the text at first
 * and the remaining text afterwards. An empty text has one item, the empty string; so does the place between two
 * adjacent commas:
 *
 *     const char *rest = text;
 *     for (char *item; (item = list_take(&rest)); free(item))
 *         ... */
char *list_take(const char **rest);

#endif
