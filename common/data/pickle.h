/* A reader of pickles as CIFAR's python layout has them: dictionaries, lists, tuples, texts, whole numbers and numpy
 * arrays of bytes, as Python 2 and 3 write them by protocols 2 to 5. Nothing is ever executed: a pickle that names any
 * class or function other than those of a numpy array is refused (Python's `pickletools` documents the opcodes). */
#ifndef TALE_DATA_PICKLE_H
#define TALE_DATA_PICKLE_H

#include <stddef.h>
#include <stdint.h>

enum pickle_type {
    PICKLE_NONE,    /* also what is carried through and never looked at: floats, dtypes' details */
    PICKLE_INTEGER,
    PICKLE_BYTES,   /* bytes and texts alike */
    PICKLE_LIST,    /* also tuples */
    PICKLE_DICT,    /* items: key, value, key, value ... */
    PICKLE_ARRAY    /* numpy, of unsigned bytes, in C order */
};

struct pickle_value {
    enum pickle_type type;
    int64_t integer;
    const unsigned char *bytes; /* BYTES: the text; ARRAY: the elements */
    size_t length;              /* in bytes */
    struct pickle_value **item;
    size_t count;
    int rank;                   /* ARRAY */
    int64_t shape[2];
    int kind;                   /* private to the reader */
};

struct pickle;

/* Read the pickle in bytes[0 .. size), which must stay as long as the result does: texts and arrays lie in it where
 * they can. Dies with one line that names `path`, the place and the rule. Caller frees with pickle_free(). */
struct pickle *pickle_read(const unsigned char *bytes, size_t size, const char *path);
void pickle_free(struct pickle *pickle);

/* What the pickle holds. */
const struct pickle_value *pickle_root(const struct pickle *pickle);

/* The value of a text key in a dictionary, or NULL. */
const struct pickle_value *pickle_get(const struct pickle_value *dictionary, const char *key);

#endif
