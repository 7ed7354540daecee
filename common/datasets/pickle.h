/* A reader for the pickles of CIFAR's python layout: dictionaries, lists, tuples, texts, numbers and numpy's arrays and
 * numbers, as Python 2 and 3 with numpy 1 and 2 write them in protocols 0 to 5 (Python's `pickletools` documents the
 * format, numpy's `__reduce__` methods the parts of arrays). Nothing is ever executed: a pickle that names any class or
 * function other than those of numpy's arrays and numbers is rejected. */
#ifndef TALE_DATASETS_PICKLE_H
#define TALE_DATASETS_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datasets/numpy_array.h"

enum pickle_type {
    PICKLE_NONE,
    PICKLE_INTEGER, /* whole numbers of Python and of numpy, True and False */
    PICKLE_BYTES,   /* bytes and texts alike: pickle_text() */
    PICKLE_LIST,    /* also tuples */
    PICKLE_DICT,    /* items: key, value, key, value ... */
    PICKLE_ARRAY,
    PICKLE_OTHER    /* passed through and never used: fractions, types ... */
};

struct pickle_value {
    enum pickle_type type;
    int kind; /* private to the reader */
    union {   /* by type */
        int64_t integer;
        struct {
            const unsigned char *bytes;
            size_t length;
        };
        struct {
            struct pickle_value **item;
            size_t count;
            size_t room; /* private to the reader */
        };
        struct numpy_array *array;
        struct numpy_type *element; /* private to the reader */
    };
};

struct pickle;

/* Whether the bytes begin like a pickled dictionary. */
bool pickle_begins(const unsigned char *bytes, size_t size);

/* Reads the pickle in bytes[0 .. size), which must stay valid as long as the result: texts and arrays point into it if
 * possible. Additional memory is at most 64 MB plus twice `size` for any pickle. Dies with one line that names `path`,
 * the position and the rule. Caller frees with pickle_free(). */
struct pickle *pickle_read(const unsigned char *bytes, size_t size, const char *path);
void pickle_free(struct pickle *pickle);

/* The pickle's top-level value. */
const struct pickle_value *pickle_root(const struct pickle *pickle);

/* The value of a text key in a dictionary (the last, if there are several), or NULL. */
const struct pickle_value *pickle_get(const struct pickle_value *dictionary, const char *key);

/* A copy of a text, in UTF-8 if Python wrote characters, with a 0 after its *length bytes; NULL if the value is not a
 * valid text. Caller frees. */
char *pickle_text(const struct pickle_value *value, size_t *length);

/* The number of items in a list, a tuple or a one-dimensional array of whole numbers; -1 for other values. */
int64_t pickle_count(const struct pickle_value *list);

/* Item i of such a list as a whole number (unsigned values above INT64_MAX become INT64_MAX); false if it is not
 * one. */
bool pickle_integer(const struct pickle_value *list, int64_t i, int64_t *integer);

/* A description of a value for messages: "a text", "an array of uint16, 2 x 3072". Caller frees. */
char *pickle_describe(const struct pickle_value *value);

#endif
