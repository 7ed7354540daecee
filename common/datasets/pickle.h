/* A reader of pickles as CIFAR's python layout has them: dictionaries, lists, tuples, texts, numbers and numpy's arrays
 * and numbers, as Python 2 and 3 and numpy 1 and 2 write them by protocols 0 to 5 (Python's `pickletools` documents the
 * format, numpy's `__reduce__` methods what arrays are made of). Nothing is ever executed: a pickle that names any
 * class or function other than those of numpy's arrays and numbers is refused. */
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
    PICKLE_OTHER    /* what is carried through and never looked at: fractions, types ... */
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

/* Whether the bytes begin as a pickle of a dictionary does. */
bool pickle_begins(const unsigned char *bytes, size_t size);

/* Read the pickle in bytes[0 .. size), which must stay as long as the result does: texts and arrays lie in it where
 * they can. What is made on top takes at most 64 MB and twice `size`, whatever the pickle says. Dies with one line that
 * names `path`, the place and the rule. Caller frees with pickle_free(). */
struct pickle *pickle_read(const unsigned char *bytes, size_t size, const char *path);
void pickle_free(struct pickle *pickle);

/* What the pickle holds. */
const struct pickle_value *pickle_root(const struct pickle *pickle);

/* The value of a text key in a dictionary (the last, where there are several), or NULL. */
const struct pickle_value *pickle_get(const struct pickle_value *dictionary, const char *key);

/* A copy of a text, UTF-8 where Python wrote characters, with a 0 behind its *length bytes; NULL: the value is no
 * sound text. Caller frees. */
char *pickle_text(const struct pickle_value *value, size_t *length);

/* How many items there are in a list, a tuple or an array of one dimension and whole numbers; -1: it is neither. */
int64_t pickle_count(const struct pickle_value *list);

/* Item i of such a list as a whole number (an unsigned one past INT64_MAX is INT64_MAX); false: that item is none. */
bool pickle_integer(const struct pickle_value *list, int64_t i, int64_t *integer);

/* What a value is, for messages: "a text", "an array of uint16, 2 x 3072". Caller frees. */
char *pickle_describe(const struct pickle_value *value);

#endif
