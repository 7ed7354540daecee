#include "datasets/pickle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/options.h"
#include "datasets/escape.h"

/* The reader's own kinds of values. A pickle may name only the functions and classes listed here. */
enum kind {
    /* values */
    KIND_PLAIN, KIND_MARK, KIND_TUPLE, KIND_ESCAPED, KIND_LONG, KIND_REAL, KIND_OTHER_SCALAR, KIND_DTYPE,
    KIND_NEW_ARRAY,
    /* functions and classes */
    KIND_RECONSTRUCT, KIND_FROM_BUFFER, KIND_SCALAR, KIND_NDARRAY_CLASS, KIND_DTYPE_CLASS, KIND_ENCODE, KIND_BYTES_CLASS
};

static const struct {
    const char *name; /* "module name", as pickles name it */
    enum kind kind;
} globals[] = {
    { "numpy.core.multiarray _reconstruct", KIND_RECONSTRUCT },
    { "numpy._core.multiarray _reconstruct", KIND_RECONSTRUCT },
    { "numpy.core.numeric _frombuffer", KIND_FROM_BUFFER },
    { "numpy._core.numeric _frombuffer", KIND_FROM_BUFFER },
    { "numpy.core.multiarray scalar", KIND_SCALAR },
    { "numpy._core.multiarray scalar", KIND_SCALAR },
    { "numpy ndarray", KIND_NDARRAY_CLASS },
    { "numpy dtype", KIND_DTYPE_CLASS },
    { "_codecs encode", KIND_ENCODE }, /* bytes, as Python 3 writes them by protocols 0 to 2 */
    { "__builtin__ bytes", KIND_BYTES_CLASS },
    { "builtins bytes", KIND_BYTES_CLASS },
};

/* Values are allocated in blocks, because a file may create millions of them. */
enum { VALUES_OF_BLOCK = 500 };
struct block {
    struct block *next;
    int count;
    struct pickle_value value[VALUES_OF_BLOCK];
};

struct values {
    struct pickle_value **item;
    size_t count, room;
};

struct pickle {
    const unsigned char *bytes;
    size_t size, at;
    const char *path;
    size_t left;           /* bytes of memory that may still be allocated */
    struct block *blocks;  /* all values created */
    void **owned;          /* bytes, arrays and types that are not part of the file */
    size_t owned_count, owned_room;
    struct values stack;
    struct values memo;    /* stored values, by number; NULL if none was stored */
    size_t memoized;
    const struct pickle_value *root;
};

#define DIE_PICKLE(pickle, format, ...) \
    die("%s: byte %zu: " format, (pickle)->path, (pickle)->at, __VA_ARGS__)

/* ---- memory ---- */

static const size_t made_freely = 64000000; /* bytes that any pickle may allocate; a larger one may allocate more */

/* A few bytes of a pickle can create many: 2 of them fetch a text again, 8 make another copy of it. Therefore all
 * allocations are counted and limited to 64 MB plus twice the size. Valid files need at most that: the bytes of an
 * array are decoded from a text and then reordered; labels and names are small compared with the images. */
static void charge(struct pickle *pickle, size_t bytes)
{
    enum { HEADER = 24 }; /* malloc()'s overhead for a block, and rounding */
    bytes = checked_add(bytes, HEADER);
    if (bytes > pickle->left)
        DIE_PICKLE(pickle, "more than %zu MB of memory would be needed (the limit is 64 MB plus twice its size)",
                   (made_freely + 2 * pickle->size) / 1000000);
    pickle->left -= bytes;
}

/* Doubles the room for pointers, for lists that grow. */
static void *grow(struct pickle *pickle, void *items, size_t *room)
{
    size_t more = *room ? *room : 4;
    charge(pickle, checked_multiply(more, sizeof(void *)));
    *room += more;
    return reallocate(items, *room, sizeof(void *));
}

/* Zeroed memory that is freed with the pickle. */
static void *make(struct pickle *pickle, size_t size)
{
    charge(pickle, size);
    if (pickle->owned_count == pickle->owned_room)
        pickle->owned = grow(pickle, pickle->owned, &pickle->owned_room);
    return pickle->owned[pickle->owned_count++] = allocate(size, 1);
}

/* ---- values ---- */

static void values_push(struct pickle *pickle, struct values *values, struct pickle_value *value)
{
    if (values->count == values->room)
        values->item = grow(pickle, values->item, &values->room);
    values->item[values->count++] = value;
}

static struct pickle_value *new_value(struct pickle *pickle, enum pickle_type type, enum kind kind)
{
    struct block *block = pickle->blocks;
    if (!block || block->count == VALUES_OF_BLOCK) {
        charge(pickle, sizeof *block);
        block = allocate(1, sizeof *block);
        block->next = pickle->blocks;
        pickle->blocks = block;
    }
    struct pickle_value *value = &block->value[block->count++];
    value->type = type;
    value->kind = (int)kind;
    return value;
}

static void append_item(struct pickle *pickle, struct pickle_value *list, struct pickle_value *item)
{
    if (list->count == list->room)
        list->item = grow(pickle, list->item, &list->room);
    list->item[list->count++] = item;
}

static void push(struct pickle *pickle, struct pickle_value *value)
{
    values_push(pickle, &pickle->stack, value);
}

static struct pickle_value *push_new(struct pickle *pickle, enum pickle_type type, enum kind kind)
{
    struct pickle_value *value = new_value(pickle, type, kind);
    push(pickle, value);
    return value;
}

/* The value at `depth` below the top of the stack, which must not be a mark. */
static struct pickle_value *peek(struct pickle *pickle, size_t depth)
{
    if (pickle->stack.count <= depth || pickle->stack.item[pickle->stack.count - 1 - depth]->kind == KIND_MARK)
        DIE_PICKLE(pickle, "%s", "not a valid pickle (a value is missing)");
    return pickle->stack.item[pickle->stack.count - 1 - depth];
}

static struct pickle_value *pop(struct pickle *pickle)
{
    struct pickle_value *value = peek(pickle, 0);
    pickle->stack.count--;
    return value;
}

/* The position of the first value above the last mark; the mark is below it. */
static size_t find_mark(struct pickle *pickle)
{
    for (size_t i = pickle->stack.count; i > 0; i--)
        if (pickle->stack.item[i - 1]->kind == KIND_MARK)
            return i;
    DIE_PICKLE(pickle, "%s", "not a valid pickle (items that begin nowhere)");
}

/* ---- bytes ---- */

static const unsigned char *take(struct pickle *pickle, uint64_t count)
{
    if (count > pickle->size - pickle->at)
        DIE_PICKLE(pickle, "the pickle ends inside a value (%llu bytes are needed, %zu left)",
                   (unsigned long long)count, pickle->size - pickle->at);
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

/* Like take_number(), but signed. */
static int64_t take_signed(struct pickle *pickle, int count)
{
    if (count == 0)
        return 0;
    uint64_t number = take_number(pickle, count), sign = (uint64_t)1 << (8 * count - 1);
    return (int64_t)((number ^ sign) - sign);
}

/* The bytes up to the end of the line. */
static const unsigned char *take_line(struct pickle *pickle, size_t *length)
{
    const unsigned char *start = pickle->bytes + pickle->at;
    const unsigned char *end = memchr(start, '\n', pickle->size - pickle->at);
    if (!end)
        DIE_PICKLE(pickle, "%s", "the pickle ends inside a line");
    *length = (size_t)(end - start);
    pickle->at += *length + 1;
    return start;
}

/* Parses a line as a whole number; returns false if it has more than 64 bits. Python 2 ends long ones with an L. */
static bool take_decimal(struct pickle *pickle, int64_t *number)
{
    char digits[24] = "";
    size_t length;
    const unsigned char *line = take_line(pickle, &length);
    if (length && line[length - 1] == 'L')
        length--;
    size_t sign = length && line[0] == '-';
    if (length == sign)
        DIE_PICKLE(pickle, "%s", "not a valid pickle (a number without digits)");
    for (size_t i = sign; i < length; i++)
        if (line[i] < '0' || line[i] > '9')
            DIE_PICKLE(pickle, "%s", "not a valid pickle (a number of other than digits)");
    if (length >= sizeof digits)
        return false;
    memcpy(digits, line, length);
    return parse_integer(digits, INT64_MIN, INT64_MAX, number);
}

static void push_integer(struct pickle *pickle, int64_t integer)
{
    push_new(pickle, PICKLE_INTEGER, KIND_PLAIN)->integer = integer;
}

/* A whole number of more than 64 bits; no label is such a number. */
static void push_long(struct pickle *pickle)
{
    push_new(pickle, PICKLE_OTHER, KIND_LONG);
}

static struct pickle_value *new_bytes(struct pickle *pickle, const unsigned char *bytes, size_t length)
{
    struct pickle_value *value = new_value(pickle, PICKLE_BYTES, KIND_PLAIN);
    value->bytes = bytes;
    value->length = length;
    return value;
}

static void push_bytes(struct pickle *pickle, uint64_t length)
{
    const unsigned char *bytes = take(pickle, length);
    push(pickle, new_bytes(pickle, bytes, (size_t)length));
}

/* Protocol 0: a byte string between quotes. */
static void push_quoted_line(struct pickle *pickle)
{
    size_t length;
    const unsigned char *line = take_line(pickle, &length);
    if (length < 2 || (line[0] != '\'' && line[0] != '"') || line[length - 1] != line[0])
        DIE_PICKLE(pickle, "%s", "not a valid pickle (a text without quotes)");
    line++;
    length -= 2;
    if (memchr(line, '\\', length)) {
        unsigned char *decoded = make(pickle, length);
        length = escape_bytes(line, length, decoded);
        line = decoded;
    }
    if (length == ESCAPE_UNSOUND)
        DIE_PICKLE(pickle, "%s", "not a valid pickle (a text with a backslash that means nothing)");
    push(pickle, new_bytes(pickle, line, length));
}

/* Protocol 0: characters. If they are not all ASCII, they stay undecoded until their use is known: Python 3 also writes
 * the bytes of arrays in this way. */
static void push_character_line(struct pickle *pickle)
{
    size_t length, ascii = 0;
    const unsigned char *line = take_line(pickle, &length);
    while (ascii < length && line[ascii] < 0x80 && line[ascii] != '\\')
        ascii++;
    struct pickle_value *value = new_bytes(pickle, line, length);
    value->kind = ascii == length ? KIND_PLAIN : KIND_ESCAPED;
    push(pickle, value);
}

/* ---- numpy ---- */

static bool is_text(const struct pickle_value *value, const char *text)
{
    return value->type == PICKLE_BYTES && value->kind == KIND_PLAIN && value->length == strlen(text) &&
           memcmp(value->bytes, text, value->length) == 0;
}

/* A flag that Python 2 and 3 write as a number. */
static bool is_true(const struct pickle_value *value)
{
    return value->type == PICKLE_INTEGER && value->integer != 0;
}

/* Converts UTF-8 text of characters below 256 to one byte each; ESCAPE_UNSOUND if there are others. */
static size_t latin1_of_utf8(const unsigned char *text, size_t length, unsigned char *out)
{
    size_t written = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char lead = text[i];
        if (lead >= 0x80) {
            if ((lead & 0xfe) != 0xc2 || i + 1 == length || (text[i + 1] & 0xc0) != 0x80)
                return ESCAPE_UNSOUND;
            lead = (unsigned char)(lead << 6 | (text[++i] & 0x3f));
        }
        out[written++] = lead;
    }
    return written;
}

/* The bytes of a text of code points below 256: the inverse of Python 3's conversion. */
static struct pickle_value *encode_latin1(struct pickle *pickle, const struct pickle_value *text)
{
    unsigned char *out = make(pickle, text->length);
    size_t length = text->kind == KIND_ESCAPED ? escape_latin1(text->bytes, text->length, out)
                                               : latin1_of_utf8(text->bytes, text->length, out);
    if (length == ESCAPE_UNSOUND)
        DIE_PICKLE(pickle, "%s", "not a valid pickle (a text that stands for bytes holds other characters)");
    return new_bytes(pickle, out, length);
}

/* The arguments that numpy's functions get to create an array. */
struct array_state {
    const struct pickle_value *shape, *dtype, *data;
    bool columns_first;
};

static void check_array_bytes(struct pickle *pickle, const struct numpy_array *array, size_t length)
{
    uint64_t size;
    if (!numpy_array_size(array, &size))
        DIE_PICKLE(pickle, "not a valid pickle (%s)", numpy_describe(array));
    if (size != length)
        DIE_PICKLE(pickle, "not a valid pickle (%s: %llu bytes are needed, %zu are there)", numpy_describe(array),
                   (unsigned long long)size, length);
}

/* Arrays of other types than whole numbers are passed through: nothing needed is in them. */
static void fill_array(struct pickle *pickle, struct pickle_value *value, struct array_state state)
{
    struct numpy_array *array = value->array = make(pickle, sizeof *array);
    if (state.shape->kind != KIND_TUPLE || state.dtype->kind != KIND_DTYPE)
        DIE_PICKLE(pickle, "%s", "not a valid pickle (an array without a shape or a type)");
    array->type = *state.dtype->element;
    array->rank = state.shape->count <= NUMPY_RANK_MAX ? (int)state.shape->count : -1;
    for (int d = 0; d < array->rank; d++)
        array->shape[d] = state.shape->item[d]->type == PICKLE_INTEGER ? state.shape->item[d]->integer : -1;
    value->kind = KIND_PLAIN;
    if (!array->type.kind || array->rank < 0)
        return;
    if (state.data->type != PICKLE_BYTES || state.data->kind != KIND_PLAIN)
        DIE_PICKLE(pickle, "%s", "not a valid pickle (an array without bytes)");
    check_array_bytes(pickle, array, state.data->length);
    array->bytes = state.data->bytes;
    if (state.columns_first && array->rank > 1) {
        unsigned char *rows_first = make(pickle, state.data->length);
        numpy_rows_first(array, rows_first);
        array->bytes = rows_first;
    }
}

static struct pickle_value *new_dtype(struct pickle *pickle, const struct pickle_value *code)
{
    struct pickle_value *value = new_value(pickle, PICKLE_OTHER, KIND_DTYPE);
    value->element = make(pickle, sizeof *value->element);
    if (code->type == PICKLE_BYTES && code->kind == KIND_PLAIN)
        *value->element = numpy_type_of(code->bytes, code->length);
    return value;
}

/* One of numpy's numbers; the value of a whole number is read. */
static struct pickle_value *new_scalar(struct pickle *pickle, struct numpy_type *type,
                                       const struct pickle_value *data)
{
    if (!type->kind) {
        struct pickle_value *other = new_value(pickle, PICKLE_OTHER, KIND_OTHER_SCALAR);
        other->element = type;
        return other;
    }
    if (data->type != PICKLE_BYTES || data->kind != KIND_PLAIN || data->length != (size_t)type->width)
        DIE_PICKLE(pickle, "%s", "not a valid pickle (a number of numpy's without its bytes)");
    struct pickle_value *value = new_value(pickle, PICKLE_INTEGER, KIND_PLAIN);
    value->integer = numpy_integer(type, data->bytes);
    return value;
}

/* function(*arguments), for the few functions that are allowed. */
static struct pickle_value *reduce(struct pickle *pickle, const struct pickle_value *function,
                                   const struct pickle_value *arguments)
{
    size_t count = arguments->kind == KIND_TUPLE ? arguments->count : SIZE_MAX;
    struct pickle_value **argument = count == SIZE_MAX ? NULL : arguments->item, *array;
    switch (function->kind) {
    case KIND_RECONSTRUCT:
        if (count == 3 && argument[0]->kind == KIND_NDARRAY_CLASS)
            return new_value(pickle, PICKLE_OTHER, KIND_NEW_ARRAY);
        break;
    case KIND_DTYPE_CLASS:
        if (count >= 1 && count <= 3)
            return new_dtype(pickle, argument[0]);
        break;
    case KIND_FROM_BUFFER:
        if (count != 4)
            break;
        array = new_value(pickle, PICKLE_ARRAY, KIND_PLAIN);
        fill_array(pickle, array, (struct array_state){ .shape = argument[2], .dtype = argument[1],
                                                        .data = argument[0],
                                                        .columns_first = is_text(argument[3], "F") });
        return array;
    case KIND_SCALAR:
        if (count == 2 && argument[0]->kind == KIND_DTYPE)
            return new_scalar(pickle, argument[0]->element, argument[1]);
        break;
    case KIND_ENCODE:
        if (count == 2 && argument[0]->type == PICKLE_BYTES && is_text(argument[1], "latin1"))
            return encode_latin1(pickle, argument[0]);
        break;
    case KIND_BYTES_CLASS:
        if (count == 0)
            return new_bytes(pickle, pickle->bytes, 0);
        break;
    default:
        break;
    }
    DIE_PICKLE(pickle, "%s", "a call that no CIFAR file makes (only arrays, lists, numbers and texts are read)");
}

/* Sets the state of a new object: (version, shape, dtype, columns first, data) for an array, (version, byte order ...)
 * for a dtype. */
static void build(struct pickle *pickle)
{
    const struct pickle_value *state = pop(pickle);
    struct pickle_value *object = peek(pickle, 0), **item = state->kind == KIND_TUPLE ? state->item : NULL;
    size_t count = item ? state->count : 0;
    if (object->kind == KIND_DTYPE && count >= 2) {
        if (item[1]->type == PICKLE_BYTES && item[1]->length == 1)
            numpy_type_set_order(object->element, item[1]->bytes[0]);
    } else if (object->kind == KIND_NEW_ARRAY && count == 5) {
        object->type = PICKLE_ARRAY;
        fill_array(pickle, object, (struct array_state){ .shape = item[1], .dtype = item[2], .data = item[4],
                                                         .columns_first = is_true(item[3]) });
    } else {
        DIE_PICKLE(pickle, "%s", "an object that no CIFAR file holds (only arrays, lists, numbers and texts are read)");
    }
}

static void push_global(struct pickle *pickle, const unsigned char *module, size_t module_length,
                        const unsigned char *name, size_t name_length)
{
    enum { SHOWN = 200 };
    char full[2 * SHOWN + 2];
    snprintf(full, sizeof full, "%.*s %.*s", (int)(module_length < SHOWN ? module_length : SHOWN), (const char *)module,
             (int)(name_length < SHOWN ? name_length : SHOWN), (const char *)name);
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++) {
        if (strcmp(globals[i].name, full) == 0) {
            push_new(pickle, PICKLE_OTHER, globals[i].kind);
            return;
        }
    }
    DIE_PICKLE(pickle, "names '%s', which no CIFAR file holds (only arrays, lists, numbers and texts are read)", full);
}

/* ---- instructions, by topic; each function returns false for an instruction of another topic ---- */

static bool read_number(struct pickle *pickle, int code)
{
    int64_t number;
    uint64_t length;
    switch (code) {
    case 'I': case 'L': /* lines; True and False are 01 and 00 */
        if (take_decimal(pickle, &number))
            push_integer(pickle, number);
        else
            push_long(pickle);
        return true;
    case 'J': push_integer(pickle, take_signed(pickle, 4)); return true;
    case 'K': push_integer(pickle, (int64_t)take_number(pickle, 1)); return true;
    case 'M': push_integer(pickle, (int64_t)take_number(pickle, 2)); return true;
    case 0x88: push_integer(pickle, 1); return true; /* True */
    case 0x89: push_integer(pickle, 0); return true; /* False */
    case 0x8a: case 0x8b: /* LONG1, LONG4 */
        length = take_number(pickle, code == 0x8a ? 1 : 4);
        if (length <= 8) {
            push_integer(pickle, take_signed(pickle, (int)length));
        } else {
            take(pickle, length);
            push_long(pickle);
        }
        return true;
    case 'F': case 'G': /* a line, or 8 bytes */
        if (code == 'F')
            take_line(pickle, &(size_t){ 0 });
        else
            take(pickle, 8);
        push_new(pickle, PICKLE_OTHER, KIND_REAL);
        return true;
    case 'N': push_new(pickle, PICKLE_NONE, KIND_PLAIN); return true;
    default: return false;
    }
}

static bool read_text(struct pickle *pickle, int code)
{
    switch (code) {
    case 'S': push_quoted_line(pickle); return true;
    case 'V': push_character_line(pickle); return true;
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

/* Replaces the last `count` values (and the mark below them) by a list, tuple or dictionary of them. */
static void make_container(struct pickle *pickle, size_t count, bool marked, enum pickle_type type, enum kind kind)
{
    struct pickle_value *container = new_value(pickle, type, kind);
    if (type == PICKLE_DICT && count % 2)
        DIE_PICKLE(pickle, "%s", "not a valid pickle (a key without a value)");
    for (size_t i = count; i > 0; i--)
        append_item(pickle, container, peek(pickle, i - 1));
    pickle->stack.count -= count + marked;
    push(pickle, container);
}

static void make_marked(struct pickle *pickle, enum pickle_type type, enum kind kind)
{
    make_container(pickle, pickle->stack.count - find_mark(pickle), true, type, kind);
}

/* Appends the values from `first` on to the list or dictionary below them (and below the mark, if there is one). */
static void append_items(struct pickle *pickle, size_t first, bool marked, enum pickle_type type)
{
    size_t end = pickle->stack.count, top = first - (marked ? 1 : 0);
    pickle->stack.count = top;
    struct pickle_value *container = peek(pickle, 0);
    if (container->type != type || container->kind != KIND_PLAIN || (type == PICKLE_DICT && (end - first) % 2))
        DIE_PICKLE(pickle, "%s", "not a valid pickle (items for what holds none)");
    for (size_t i = first; i < end; i++)
        append_item(pickle, container, pickle->stack.item[i]);
}

static bool read_container(struct pickle *pickle, int code)
{
    switch (code) {
    case '(': push_new(pickle, PICKLE_NONE, KIND_MARK); return true;
    case ']': push_new(pickle, PICKLE_LIST, KIND_PLAIN); return true;
    case '}': push_new(pickle, PICKLE_DICT, KIND_PLAIN); return true;
    case ')': push_new(pickle, PICKLE_LIST, KIND_TUPLE); return true;
    case 'l': make_marked(pickle, PICKLE_LIST, KIND_PLAIN); return true;
    case 'd': make_marked(pickle, PICKLE_DICT, KIND_PLAIN); return true;
    case 't': make_marked(pickle, PICKLE_LIST, KIND_TUPLE); return true;
    case 0x85: case 0x86: case 0x87: /* TUPLE1, TUPLE2, TUPLE3 */
        make_container(pickle, (size_t)(code - 0x84), false, PICKLE_LIST, KIND_TUPLE);
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
    if (number > pickle->size) /* more than fit into the file */
        DIE_PICKLE(pickle, "not a valid pickle (a value is stored as number %zu)", number);
    while (pickle->memo.count <= number)
        values_push(pickle, &pickle->memo, NULL);
    pickle->memo.item[number] = peek(pickle, 0);
    pickle->memoized++;
}

static void get_memo(struct pickle *pickle, size_t number)
{
    if (number >= pickle->memo.count || !pickle->memo.item[number])
        DIE_PICKLE(pickle, "not a valid pickle (no value was stored as number %zu)", number);
    push(pickle, pickle->memo.item[number]);
}

/* The number of a stored value, as a line. */
static size_t take_memo_number(struct pickle *pickle)
{
    int64_t number;
    if (!take_decimal(pickle, &number) || number < 0)
        DIE_PICKLE(pickle, "%s", "not a valid pickle (the number of a stored value is none)");
    return (size_t)number;
}

static bool read_stack(struct pickle *pickle, int code)
{
    switch (code) {
    case 'p': put_memo(pickle, take_memo_number(pickle)); return true;
    case 'q': put_memo(pickle, take_number(pickle, 1)); return true;
    case 'r': put_memo(pickle, take_number(pickle, 4)); return true;
    case 0x94: put_memo(pickle, pickle->memoized); return true; /* MEMOIZE */
    case 'g': get_memo(pickle, take_memo_number(pickle)); return true;
    case 'h': get_memo(pickle, take_number(pickle, 1)); return true;
    case 'j': get_memo(pickle, take_number(pickle, 4)); return true;
    case '0': pop(pickle); return true;
    case '1': pickle->stack.count = find_mark(pickle) - 1; return true; /* POP_MARK */
    case '2': push(pickle, peek(pickle, 0)); return true;
    default: return false;
    }
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
            DIE_PICKLE(pickle, "%s", "not a valid pickle (a name that is no text)");
        push_global(pickle, first->bytes, first->length, second->bytes, second->length);
        return true;
    case 'R':
        second = pop(pickle);
        first = pop(pickle);
        push(pickle, reduce(pickle, first, second));
        return true;
    case 'b': build(pickle); return true;
    case 0x95: take_number(pickle, 8); return true; /* FRAME: the writer's division of its output */
    default: return false;
    }
}

enum { PROTO = 0x80, STOP = '.', PROTOCOL_LOW = 2, PROTOCOL_HIGH = 5 };

/* Protocols 0 and 1 have no magic number. They begin with the dictionary: `(d`, or `}` followed by its memo number, the
 * mark before its items, or its end. */
bool pickle_begins(const unsigned char *bytes, size_t size)
{
    if (size < 2)
        return false;
    return bytes[0] == PROTO || (bytes[0] == '(' && bytes[1] == 'd') ||
           (bytes[0] == '}' && bytes[1] && strchr("qr(.", bytes[1]));
}

struct pickle *pickle_read(const unsigned char *bytes, size_t size, const char *path)
{
    struct pickle *pickle = allocate(1, sizeof *pickle);
    pickle->bytes = bytes;
    pickle->size = size;
    pickle->path = path;
    pickle->left = checked_add(made_freely, checked_multiply(2, size));
    if (size && bytes[0] == PROTO) {
        if (size < 2 || bytes[1] < PROTOCOL_LOW || bytes[1] > PROTOCOL_HIGH)
            die("%s: not a pickle of protocol 0 to %d", path, PROTOCOL_HIGH);
        pickle->at = 2;
    }
    for (;;) {
        int code = *take(pickle, 1);
        if (code == STOP)
            break;
        if (!read_number(pickle, code) && !read_text(pickle, code) && !read_container(pickle, code) &&
            !read_stack(pickle, code) && !read_object(pickle, code))
            DIE_PICKLE(pickle, "not a valid pickle, or none of CIFAR (there is no instruction 0x%02x in one)",
                       (unsigned)code);
    }
    pickle->root = pop(pickle);
    return pickle;
}

void pickle_free(struct pickle *pickle)
{
    if (!pickle)
        return;
    for (struct block *block = pickle->blocks, *next; block; block = next) {
        next = block->next;
        for (int i = 0; i < block->count; i++)
            if (block->value[i].type == PICKLE_LIST || block->value[i].type == PICKLE_DICT)
                free(block->value[i].item);
        free(block);
    }
    for (size_t i = 0; i < pickle->owned_count; i++)
        free(pickle->owned[i]);
    free(pickle->owned);
    free(pickle->stack.item);
    free(pickle->memo.item);
    free(pickle);
}

/* ---- access to the contents ---- */

const struct pickle_value *pickle_root(const struct pickle *pickle)
{
    return pickle->root;
}

const struct pickle_value *pickle_get(const struct pickle_value *dictionary, const char *key)
{
    if (dictionary->type != PICKLE_DICT)
        return NULL;
    for (size_t i = dictionary->count; i > 0; i -= 2)
        if (is_text(dictionary->item[i - 2], key))
            return dictionary->item[i - 1];
    return NULL;
}

char *pickle_text(const struct pickle_value *value, size_t *length)
{
    if (value->type != PICKLE_BYTES)
        return NULL;
    bool escaped = value->kind == KIND_ESCAPED;
    char *text = allocate(checked_add(checked_multiply(value->length, escaped ? 2 : 1), 1), 1);
    *length = value->length;
    if (escaped)
        *length = escape_utf8(value->bytes, value->length, (unsigned char *)text);
    else
        memcpy(text, value->bytes, value->length);
    if (*length == ESCAPE_UNSOUND) {
        free(text);
        return NULL;
    }
    return text;
}

int64_t pickle_count(const struct pickle_value *list)
{
    if (list->type == PICKLE_LIST)
        return (int64_t)list->count;
    return list->type == PICKLE_ARRAY && list->array->bytes && list->array->rank == 1 ? list->array->shape[0] : -1;
}

bool pickle_integer(const struct pickle_value *list, int64_t i, int64_t *integer)
{
    if (list->type == PICKLE_LIST) {
        const struct pickle_value *item = list->item[i];
        *integer = item->type == PICKLE_INTEGER ? item->integer : 0;
        return item->type == PICKLE_INTEGER;
    }
    const struct numpy_type *type = &list->array->type;
    *integer = numpy_integer(type, list->array->bytes + (size_t)i * (size_t)type->width);
    return true;
}

char *pickle_describe(const struct pickle_value *value)
{
    switch (value->type) {
    case PICKLE_NONE: return copy_string("None");
    case PICKLE_INTEGER: return copy_string("a whole number");
    case PICKLE_BYTES: return copy_string("a text");
    case PICKLE_LIST: return copy_string(value->kind == KIND_TUPLE ? "a tuple" : "a list");
    case PICKLE_DICT: return copy_string("a dictionary");
    case PICKLE_ARRAY: return numpy_describe(value->array);
    case PICKLE_OTHER: break;
    }
    switch (value->kind) {
    case KIND_LONG: return copy_string("a whole number of more than 64 bits");
    case KIND_REAL: return copy_string("a floating-point number");
    case KIND_OTHER_SCALAR: return format_string("a value of numpy's type '%s'", value->element->code);
    default: return copy_string("a type or a function");
    }
}
