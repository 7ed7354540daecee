#include "data/pickle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

/* What a value is to the reader alone. The functions and classes are the only ones that a pickle may name. */
enum kind {
    KIND_PLAIN, KIND_MARK, KIND_TUPLE, KIND_DTYPE, KIND_NEW_ARRAY, /* values */
    KIND_RECONSTRUCT, KIND_FROM_BUFFER, KIND_NDARRAY_CLASS, KIND_DTYPE_CLASS, KIND_ENCODE, KIND_BYTES_CLASS
};

static const struct {
    const char *name; /* "module name", as pickles name it */
    enum kind kind;
} globals[] = {
    { "numpy.core.multiarray _reconstruct", KIND_RECONSTRUCT },
    { "numpy._core.multiarray _reconstruct", KIND_RECONSTRUCT },
    { "numpy.core.numeric _frombuffer", KIND_FROM_BUFFER },
    { "numpy._core.numeric _frombuffer", KIND_FROM_BUFFER },
    { "numpy ndarray", KIND_NDARRAY_CLASS },
    { "numpy dtype", KIND_DTYPE_CLASS },
    { "_codecs encode", KIND_ENCODE }, /* bytes, as Python 3 writes them by protocol 2 */
    { "__builtin__ bytes", KIND_BYTES_CLASS },
    { "builtins bytes", KIND_BYTES_CLASS },
};

struct node {
    struct pickle_value value; /* first, so that a pointer to it is one to the node */
    size_t room;               /* items allocated */
    unsigned char *owned;      /* bytes that do not lie in the file */
};

struct values {
    struct pickle_value **item;
    size_t count, room;
};

struct pickle {
    const unsigned char *bytes;
    size_t size, at;
    const char *path;
    struct values all;   /* every value made, for freeing */
    struct values stack;
    struct values memo;  /* by number; NULL where none was put */
    size_t memoized;
    const struct pickle_value *root;
};

#define DIE_PICKLE(pickle, format, ...) \
    die("%s: byte %zu: " format, (pickle)->path, (pickle)->at, __VA_ARGS__)

/* ---- values ---- */

static void values_push(struct values *values, struct pickle_value *value)
{
    if (values->count == values->room) {
        values->room = checked_multiply(values->room ? values->room : 64, 2);
        values->item = reallocate(values->item, values->room, sizeof *values->item);
    }
    values->item[values->count++] = value;
}

static struct pickle_value *new_value(struct pickle *pickle, enum pickle_type type, enum kind kind)
{
    struct node *node = allocate(1, sizeof *node);
    node->value.type = type;
    node->value.kind = (int)kind;
    values_push(&pickle->all, &node->value);
    return &node->value;
}

static void append_item(struct pickle_value *list, struct pickle_value *item)
{
    struct node *node = (struct node *)list;
    if (list->count == node->room) {
        node->room = checked_multiply(node->room ? node->room : 4, 2);
        list->item = reallocate(list->item, node->room, sizeof *list->item);
    }
    list->item[list->count++] = item;
}

static void push(struct pickle *pickle, struct pickle_value *value)
{
    values_push(&pickle->stack, value);
}

static void push_new(struct pickle *pickle, enum pickle_type type, enum kind kind)
{
    push(pickle, new_value(pickle, type, kind));
}

/* The value `depth` below the top of the stack; marks are no values. */
static struct pickle_value *peek(struct pickle *pickle, size_t depth)
{
    if (pickle->stack.count <= depth || pickle->stack.item[pickle->stack.count - 1 - depth]->kind == KIND_MARK)
        DIE_PICKLE(pickle, "%s", "not a sound pickle (a value is missing)");
    return pickle->stack.item[pickle->stack.count - 1 - depth];
}

static struct pickle_value *pop(struct pickle *pickle)
{
    struct pickle_value *value = peek(pickle, 0);
    pickle->stack.count--;
    return value;
}

/* Where the values above the last mark begin; the mark lies below. */
static size_t find_mark(struct pickle *pickle)
{
    for (size_t i = pickle->stack.count; i > 0; i--)
        if (pickle->stack.item[i - 1]->kind == KIND_MARK)
            return i;
    DIE_PICKLE(pickle, "%s", "not a sound pickle (a mark is missing)");
}

/* ---- bytes ---- */

static const unsigned char *take(struct pickle *pickle, uint64_t count)
{
    if (count > pickle->size - pickle->at)
        DIE_PICKLE(pickle, "the file ends inside a value (%llu bytes are needed, %zu left)", (unsigned long long)count,
                   pickle->size - pickle->at);
    const unsigned char *bytes = pickle->bytes + pickle->at;
    pickle->at += count;
    return bytes;
}

/* An unsigned little-endian number of `count` bytes. */
static uint64_t take_number(struct pickle *pickle, int count)
{
    const unsigned char *bytes = take(pickle, (uint64_t)count);
    uint64_t number = 0;
    for (int i = count - 1; i >= 0; i--)
        number = number << 8 | bytes[i];
    return number;
}

/* As take_number(), with the highest bit as the sign. */
static int64_t take_signed(struct pickle *pickle, int count)
{
    if (count == 0)
        return 0;
    uint64_t number = take_number(pickle, count), sign = (uint64_t)1 << (8 * count - 1);
    return (int64_t)((number ^ sign) - sign);
}

static void push_integer(struct pickle *pickle, int64_t integer)
{
    struct pickle_value *value = new_value(pickle, PICKLE_INTEGER, KIND_PLAIN);
    value->integer = integer;
    push(pickle, value);
}

static void push_bytes(struct pickle *pickle, uint64_t length)
{
    struct pickle_value *value = new_value(pickle, PICKLE_BYTES, KIND_PLAIN);
    value->bytes = take(pickle, length);
    value->length = (size_t)length;
    push(pickle, value);
}

/* ---- numpy ---- */

static bool is_text(const struct pickle_value *value, const char *text)
{
    return value->type == PICKLE_BYTES && value->length == strlen(text) &&
           memcmp(value->bytes, text, value->length) == 0;
}

/* Bytes of a text of code points below 256: the inverse of what Python 3 did to them. */
static struct pickle_value *encode_latin1(struct pickle *pickle, const struct pickle_value *text)
{
    struct pickle_value *value = new_value(pickle, PICKLE_BYTES, KIND_PLAIN);
    unsigned char *out = allocate(text->length, 1);
    ((struct node *)value)->owned = out;
    value->bytes = out;
    for (size_t i = 0; i < text->length; i++) {
        unsigned char lead = text->bytes[i];
        if (lead >= 0x80) {
            if ((lead & 0xfe) != 0xc2 || i + 1 == text->length || (text->bytes[i + 1] & 0xc0) != 0x80)
                DIE_PICKLE(pickle, "%s", "a text that stands for bytes holds other characters than latin1's");
            lead = (unsigned char)(lead << 6 | (text->bytes[++i] & 0x3f));
        }
        out[value->length++] = lead;
    }
    return value;
}

/* Columns first to rows first. */
static void transpose(struct pickle_value *array)
{
    size_t rows = (size_t)array->shape[0], columns = (size_t)array->shape[1];
    unsigned char *out = allocate(array->length, 1);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            out[r * columns + c] = array->bytes[c * rows + r];
    ((struct node *)array)->owned = out;
    array->bytes = out;
}

static void fill_array(struct pickle *pickle, struct pickle_value *array, const struct pickle_value *shape,
                       const struct pickle_value *dtype, bool columns_first, const struct pickle_value *data)
{
    uint64_t size = 1;
    if (shape->kind != KIND_TUPLE || shape->count < 1 || shape->count > 2 || data->type != PICKLE_BYTES)
        DIE_PICKLE(pickle, "%s", "an array of other than one or two dimensions");
    if (dtype->kind != KIND_DTYPE)
        DIE_PICKLE(pickle, "%s", "an array of other than unsigned bytes (dtype uint8 is expected)");
    array->rank = (int)shape->count;
    for (int d = 0; d < array->rank; d++) {
        array->shape[d] = shape->item[d]->type == PICKLE_INTEGER ? shape->item[d]->integer : -1;
        if (array->shape[d] < 0 || __builtin_mul_overflow(size, (uint64_t)array->shape[d], &size))
            DIE_PICKLE(pickle, "dimension %d of an array is no size", d);
    }
    if (size != data->length)
        DIE_PICKLE(pickle, "an array of %llu bytes holds %zu", (unsigned long long)size, data->length);
    array->bytes = data->bytes;
    array->length = data->length;
    array->kind = KIND_PLAIN;
    if (columns_first && array->rank == 2)
        transpose(array);
}

/* function(*arguments), for the few functions that there are. */
static struct pickle_value *reduce(struct pickle *pickle, const struct pickle_value *function,
                                   const struct pickle_value *arguments)
{
    size_t count = arguments->kind == KIND_TUPLE ? arguments->count : SIZE_MAX;
    struct pickle_value **argument = arguments->item, *array;
    switch (function->kind) {
    case KIND_RECONSTRUCT:
        if (count == 3 && argument[0]->kind == KIND_NDARRAY_CLASS)
            return new_value(pickle, PICKLE_ARRAY, KIND_NEW_ARRAY);
        break;
    case KIND_DTYPE_CLASS:
        if (count >= 1 && count <= 3)
            return new_value(pickle, PICKLE_NONE,
                             is_text(argument[0], "u1") || is_text(argument[0], "|u1") ? KIND_DTYPE : KIND_PLAIN);
        break;
    case KIND_FROM_BUFFER:
        if (count != 4)
            break;
        array = new_value(pickle, PICKLE_ARRAY, KIND_PLAIN);
        fill_array(pickle, array, argument[2], argument[1], is_text(argument[3], "F"), argument[0]);
        return array;
    case KIND_ENCODE:
        if (count == 2 && argument[0]->type == PICKLE_BYTES && is_text(argument[1], "latin1"))
            return encode_latin1(pickle, argument[0]);
        break;
    case KIND_BYTES_CLASS:
        if (count == 0) {
            struct pickle_value *empty = new_value(pickle, PICKLE_BYTES, KIND_PLAIN);
            empty->bytes = pickle->bytes;
            return empty;
        }
        break;
    default:
        break;
    }
    DIE_PICKLE(pickle, "%s", "a call that no CIFAR file makes");
}

/* What a new object is given: (version, shape, dtype, columns first, data) for an array, nothing of use for a dtype. */
static void build(struct pickle *pickle)
{
    const struct pickle_value *state = pop(pickle);
    struct pickle_value *object = peek(pickle, 0);
    if (object->kind == KIND_DTYPE || (object->type == PICKLE_NONE && object->kind == KIND_PLAIN))
        return;
    if (object->kind != KIND_NEW_ARRAY || state->kind != KIND_TUPLE || state->count != 5)
        DIE_PICKLE(pickle, "%s", "an object that no CIFAR file holds");
    fill_array(pickle, object, state->item[1], state->item[2], state->item[3]->integer != 0, state->item[4]);
}

static void push_global(struct pickle *pickle, const unsigned char *module, size_t module_length,
                        const unsigned char *name, size_t name_length)
{
    char *full = format_string("%.*s %.*s", (int)(module_length < 200 ? module_length : 200), (const char *)module,
                               (int)(name_length < 200 ? name_length : 200), (const char *)name);
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++) {
        if (strcmp(globals[i].name, full) == 0) {
            free(full);
            push_new(pickle, PICKLE_NONE, globals[i].kind);
            return;
        }
    }
    DIE_PICKLE(pickle, "names '%s', which no CIFAR file holds (only arrays, lists and texts are read)", full);
}

/* ---- opcodes, by what they are about; each returns false for what is not its own ---- */

static bool read_number(struct pickle *pickle, int code)
{
    uint64_t length;
    switch (code) {
    case 'J': push_integer(pickle, take_signed(pickle, 4)); return true;
    case 'K': push_integer(pickle, (int64_t)take_number(pickle, 1)); return true;
    case 'M': push_integer(pickle, (int64_t)take_number(pickle, 2)); return true;
    case 0x88: push_integer(pickle, 1); return true; /* True */
    case 0x89: push_integer(pickle, 0); return true; /* False */
    case 'N': push_new(pickle, PICKLE_NONE, KIND_PLAIN); return true;
    case 0x8a: /* LONG1 */
        length = take_number(pickle, 1);
        if (length > 8)
            DIE_PICKLE(pickle, "a number of %llu bytes (at most 8)", (unsigned long long)length);
        push_integer(pickle, take_signed(pickle, (int)length));
        return true;
    default: return false;
    }
}

static bool read_text(struct pickle *pickle, int code)
{
    switch (code) {
    case 'U': case 'C': case 0x8c: /* SHORT_BINSTRING, SHORT_BINBYTES, SHORT_BINUNICODE */
        push_bytes(pickle, take_number(pickle, 1));
        return true;
    case 'T': case 'B': case 'X': /* BINSTRING, BINBYTES, BINUNICODE */
        push_bytes(pickle, take_number(pickle, 4));
        return true;
    case 0x8e: case 0x8d: case 0x96: /* BINBYTES8, BINUNICODE8, BYTEARRAY8 */
        push_bytes(pickle, take_number(pickle, 8));
        return true;
    default: return false;
    }
}

/* The last `count` values as a tuple in their place. */
static void make_tuple(struct pickle *pickle, size_t count)
{
    struct pickle_value *tuple = new_value(pickle, PICKLE_LIST, KIND_TUPLE);
    for (size_t i = count; i > 0; i--)
        append_item(tuple, peek(pickle, i - 1));
    pickle->stack.count -= count;
    push(pickle, tuple);
}

/* Append the values from `first` on to the list or dictionary below them (and below the mark, where there is one). */
static void append_items(struct pickle *pickle, size_t first, bool marked, enum pickle_type type)
{
    size_t end = pickle->stack.count, top = first - (marked ? 1 : 0);
    pickle->stack.count = top;
    struct pickle_value *container = peek(pickle, 0);
    if (container->type != type || container->kind != KIND_PLAIN || (type == PICKLE_DICT && (end - first) % 2))
        DIE_PICKLE(pickle, "%s", "not a sound pickle (items for what holds none)");
    for (size_t i = first; i < end; i++)
        append_item(container, pickle->stack.item[i]);
}

static bool read_container(struct pickle *pickle, int code)
{
    size_t mark;
    switch (code) {
    case '(': push_new(pickle, PICKLE_NONE, KIND_MARK); return true;
    case ']': push_new(pickle, PICKLE_LIST, KIND_PLAIN); return true;
    case '}': push_new(pickle, PICKLE_DICT, KIND_PLAIN); return true;
    case ')': push_new(pickle, PICKLE_LIST, KIND_TUPLE); return true;
    case 0x85: case 0x86: case 0x87: make_tuple(pickle, (size_t)(code - 0x84)); return true;
    case 't':
        mark = find_mark(pickle);
        make_tuple(pickle, pickle->stack.count - mark);
        pickle->stack.item[mark - 1] = pickle->stack.item[mark]; /* over the mark */
        pickle->stack.count = mark;
        return true;
    case 'a':
        peek(pickle, 0);
        append_items(pickle, pickle->stack.count - 1, false, PICKLE_LIST);
        return true;
    case 's':
        peek(pickle, 1);
        append_items(pickle, pickle->stack.count - 2, false, PICKLE_DICT);
        return true;
    case 'e': append_items(pickle, find_mark(pickle), true, PICKLE_LIST); return true;
    case 'u': append_items(pickle, find_mark(pickle), true, PICKLE_DICT); return true;
    default: return false;
    }
}

static void put_memo(struct pickle *pickle, size_t number)
{
    if (number > pickle->size) /* as many puts do not fit into the file */
        DIE_PICKLE(pickle, "memo %zu is out of range", number);
    while (pickle->memo.count <= number)
        values_push(&pickle->memo, NULL);
    pickle->memo.item[number] = peek(pickle, 0);
    pickle->memoized++;
}

static void get_memo(struct pickle *pickle, size_t number)
{
    if (number >= pickle->memo.count || !pickle->memo.item[number])
        DIE_PICKLE(pickle, "memo %zu holds nothing", number);
    push(pickle, pickle->memo.item[number]);
}

static bool read_memo(struct pickle *pickle, int code)
{
    switch (code) {
    case 'q': put_memo(pickle, take_number(pickle, 1)); return true;
    case 'r': put_memo(pickle, take_number(pickle, 4)); return true;
    case 'h': get_memo(pickle, take_number(pickle, 1)); return true;
    case 'j': get_memo(pickle, take_number(pickle, 4)); return true;
    case 0x94: put_memo(pickle, pickle->memoized); return true; /* MEMOIZE */
    default: return false;
    }
}

/* The bytes up to the end of the line. */
static const unsigned char *take_line(struct pickle *pickle, size_t *length)
{
    const unsigned char *start = pickle->bytes + pickle->at;
    const unsigned char *end = memchr(start, '\n', pickle->size - pickle->at);
    if (!end)
        DIE_PICKLE(pickle, "%s", "the file ends inside a name");
    *length = (size_t)(end - start);
    pickle->at += *length + 1;
    return start;
}

static bool read_object(struct pickle *pickle, int code)
{
    const unsigned char *module, *name;
    const struct pickle_value *first, *second;
    size_t module_length, name_length;
    switch (code) {
    case 'c':
        module = take_line(pickle, &module_length);
        name = take_line(pickle, &name_length);
        push_global(pickle, module, module_length, name, name_length);
        return true;
    case 0x93: /* STACK_GLOBAL */
        second = pop(pickle);
        first = pop(pickle);
        if (first->type != PICKLE_BYTES || second->type != PICKLE_BYTES)
            DIE_PICKLE(pickle, "%s", "not a sound pickle (a name that is no text)");
        push_global(pickle, first->bytes, first->length, second->bytes, second->length);
        return true;
    case 'R':
        second = pop(pickle);
        first = pop(pickle);
        push(pickle, reduce(pickle, first, second));
        return true;
    case 'b': build(pickle); return true;
    case 0x95: take_number(pickle, 8); return true; /* FRAME: how the writer cut its output */
    default: return false;
    }
}

struct pickle *pickle_read(const unsigned char *bytes, size_t size, const char *path)
{
    enum { PROTO = 0x80, STOP = '.', PROTOCOL_LOW = 2, PROTOCOL_HIGH = 5 };
    struct pickle *pickle = allocate(1, sizeof *pickle);
    pickle->bytes = bytes;
    pickle->size = size;
    pickle->path = path;
    if (size < 2 || bytes[0] != PROTO || bytes[1] < PROTOCOL_LOW || bytes[1] > PROTOCOL_HIGH)
        die("%s: not a pickle of protocol %d to %d", path, PROTOCOL_LOW, PROTOCOL_HIGH);
    pickle->at = 2;
    for (;;) {
        int code = *take(pickle, 1);
        if (code == STOP)
            break;
        if (!read_number(pickle, code) && !read_text(pickle, code) && !read_container(pickle, code) &&
            !read_memo(pickle, code) && !read_object(pickle, code))
            DIE_PICKLE(pickle, "opcode 0x%02x, which no CIFAR file holds", (unsigned)code);
    }
    pickle->root = pop(pickle);
    return pickle;
}

void pickle_free(struct pickle *pickle)
{
    if (!pickle)
        return;
    for (size_t i = 0; i < pickle->all.count; i++) {
        struct node *node = (struct node *)pickle->all.item[i];
        free(node->owned);
        free(node->value.item);
        free(node);
    }
    free(pickle->all.item);
    free(pickle->stack.item);
    free(pickle->memo.item);
    free(pickle);
}

const struct pickle_value *pickle_root(const struct pickle *pickle)
{
    return pickle->root;
}

const struct pickle_value *pickle_get(const struct pickle_value *dictionary, const char *key)
{
    if (dictionary->type != PICKLE_DICT)
        return NULL;
    for (size_t i = 0; i + 1 < dictionary->count; i += 2)
        if (is_text(dictionary->item[i], key))
            return dictionary->item[i + 1];
    return NULL;
}
