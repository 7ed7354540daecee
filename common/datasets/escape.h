/* Escaped text: how Python's pickles of protocol 0 write byte strings and texts into one line. */
#ifndef TALE_DATASETS_ESCAPE_H
#define TALE_DATASETS_ESCAPE_H

#include <stddef.h>

/* Returned for a text that is not valid. */
#define ESCAPE_UNSOUND ((size_t)-1)

/* The bytes of text[0 .. length), what stands between the quotes of a Python byte string: \n, \t, \\, \', \x7f, \177
 * and their like; a backslash before any other character stays (Python's codec `string_escape`). `out` has room for
 * `length` bytes. Returns how many were written. */
size_t escape_bytes(const unsigned char *text, size_t length, unsigned char *out);

/* The characters of text[0 .. length), bytes of Latin-1 with \u1234 and \U00012345 for others (Python's codec
 * `raw_unicode_escape`), as UTF-8 or as Latin-1, which is not sound where a character has no place in it. `out` has
 * room for 2 * length bytes (UTF-8) or `length` (Latin-1). Return how many were written. */
size_t escape_utf8(const unsigned char *text, size_t length, unsigned char *out);
size_t escape_latin1(const unsigned char *text, size_t length, unsigned char *out);

#endif
