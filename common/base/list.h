/* Comma-separated lists: the one place that takes them apart. */
#ifndef TALE_BASE_LIST_H
#define TALE_BASE_LIST_H

/* The next item of a list, a new string that the caller frees, or NULL after the last. `*rest` is the text at first and
 * what is left of it afterwards. An empty text has one item, which is empty, as has the place between two commas:
 *
 *     const char *rest = text;
 *     for (char *item; (item = list_take(&rest)); free(item))
 *         ... */
char *list_take(const char **rest);

#endif
