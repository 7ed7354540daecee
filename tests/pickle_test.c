/* Pickles of every protocol as Python 2 and 3 and numpy 1 and 2 write them, whole and cut short; numpy's types. */
#include "datasets/pickle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check.h"
#include "datasets/escape.h"

/* tests/fixtures/cifar/make_flavours.py wrote them: the same dictionary by each Python, numpy and protocol. */
static const char *const files[] = {
    "python2_0", "python2_1", "python2_2", "python3_0", "python3_1", "python3_2", "python3_3", "python3_4",
    "python3_5", "numpy2_0", "numpy2_1", "numpy2_2", "numpy2_3", "numpy2_4", "numpy2_5"
};
enum { FILES = sizeof files / sizeof *files };

struct bytes {
    unsigned char *bytes;
    size_t size;
};

static struct bytes load(const char *name)
{
    enum { LARGE = 4096 };
    char *path = format_string("tests/fixtures/cifar/pickles/tiny/%s", name);
    struct bytes file = { allocate(LARGE, 1), 0 };
    FILE *in = fopen(path, "rb");
    if (CHECK(in != NULL)) {
        file.size = fread(file.bytes, 1, LARGE, in);
        fclose(in);
    }
    free(path);
    return file;
}

static void expect_integers(const struct pickle_value *list, int count, const int64_t *wanted)
{
    if (!CHECK(list != NULL) || !CHECK_INTEGER(pickle_count(list), count))
        return;
    for (int i = 0; i < count; i++) {
        int64_t integer;
        if (CHECK(pickle_integer(list, i, &integer)))
            CHECK_INTEGER(integer, wanted[i]);
    }
}

static void expect_text(const struct pickle_value *value, const char *wanted, size_t size)
{
    size_t length;
    char *text = pickle_text(value, &length);
    if (CHECK(text != NULL) && CHECK_INTEGER((int64_t)length, (int64_t)size))
        CHECK_BYTES(text, wanted, size + 1);
    free(text);
}

static void expect_array(const struct pickle_value *value, char kind, int width, const void *wanted)
{
    if (!CHECK(value != NULL) || !CHECK_INTEGER(value->type, PICKLE_ARRAY))
        return;
    CHECK_INTEGER(value->array->type.kind, kind);
    CHECK_INTEGER(value->array->type.width, width);
    CHECK_INTEGER(value->array->rank, 2);
    CHECK_INTEGER(value->array->shape[0], 2);
    CHECK_INTEGER(value->array->shape[1], 3);
    CHECK_BYTES(value->array->bytes, wanted, (size_t)(6 * width));
}

static void expect_content(const struct pickle_value *root)
{
    static const char bytes[] = "'\\\"\r\n\t\0\xff";
    const struct pickle_value *names = pickle_get(root, "names"), *other = pickle_get(root, "other");
    expect_integers(pickle_get(root, "labels"), 4, (const int64_t[]){ 3, 700, -70000, 5000000000 });
    expect_array(pickle_get(root, "data"), 'u', 1, "\x01\x0a\x27\x5c\xc8\x00");
    expect_array(pickle_get(root, "columns"), 'i', 2, "\0\1\0\2\0\3\0\4\0\5\0\6"); /* big-endian */
    if (CHECK(names != NULL) && CHECK_INTEGER(pickle_count(names), 2)) {
        expect_text(names->item[0], "cat", 3);
        expect_text(names->item[1], "caf\xc3\xa9\\\n\xe4\xb8\x80", 10);
    }
    expect_text(pickle_get(root, "bytes"), bytes, sizeof bytes - 1);
    if (CHECK(other != NULL) && CHECK_INTEGER(pickle_count(other), 6)) {
        static const enum pickle_type types[] = { PICKLE_INTEGER, PICKLE_NONE, PICKLE_OTHER, PICKLE_OTHER, PICKLE_LIST,
                                                  PICKLE_DICT };
        for (int i = 0; i < 6; i++)
            CHECK_INTEGER(other->item[i]->type, types[i]);
        CHECK_INTEGER(other->item[0]->integer, 1);
    }
    CHECK(pickle_get(root, "nothing") == NULL);
}

static void expect_numbers(const struct pickle_value *numbers)
{
    int64_t integer;
    if (!CHECK(numbers != NULL) || !CHECK_INTEGER(pickle_count(numbers), 3))
        return;
    CHECK(pickle_integer(numbers, 0, &integer));
    CHECK_INTEGER(integer, 200);
    CHECK(pickle_integer(numbers, 1, &integer));
    CHECK_INTEGER(integer, -2);
    CHECK(!pickle_integer(numbers, 2, &integer));
    char *text = pickle_describe(numbers->item[2]);
    CHECK_TEXT(text, "a value of numpy's type 'f4'");
    free(text);
}

static void every_flavour_holds_the_same(void)
{
    for (int i = 0; i < FILES; i++) {
        struct bytes file = load(files[i]);
        struct pickle *pickle = pickle_read(file.bytes, file.size, files[i]);
        CHECK(pickle_begins(file.bytes, file.size));
        expect_content(pickle_root(pickle));
        expect_numbers(pickle_get(pickle_root(pickle), "numbers"));
        pickle_free(pickle);
        free(file.bytes);
    }
}

/* From a block of its own, so that a sanitizer sees a byte read behind it. */
static void read_piece(void *argument)
{
    const struct bytes *piece = argument;
    unsigned char *bytes = malloc(piece->size ? piece->size : 1);
    memcpy(bytes, piece->bytes, piece->size);
    pickle_free(pickle_read(bytes, piece->size, "piece"));
    free(bytes);
}

/* One file of each way to write numbers and texts. */
static void pickles_cut_short_are_refused_at_any_byte(void)
{
    static const char *const cut[] = { "python2_0", "python2_1", "python3_0", "python3_2", "python3_4", "numpy2_5" };
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        struct bytes file = load(cut[i]);
        for (size_t size = 0; size < file.size; size++) {
            struct bytes piece = { file.bytes, size };
            if (!CHECK_DIES(read_piece, &piece, 1, "piece: "))
                fprintf(stderr, "%s: %zu bytes of %zu\n", cut[i], size, file.size);
        }
        free(file.bytes);
    }
}

static const struct pickle_value *read_text(struct pickle **pickle, const char *text, size_t size)
{
    *pickle = pickle_read((const unsigned char *)text, size, "text");
    return pickle_root(*pickle);
}

static void instructions_do_what_pickletools_says(void)
{
    struct pickle *pickle;
    const struct pickle_value *root;

    static const char dictionary[] = "(S'a'\nI1\nS'a'\nI2\nd."; /* DICT; the last of equal keys holds */
    root = pickle_get(read_text(&pickle, dictionary, sizeof dictionary - 1), "a");
    if (CHECK(root != NULL))
        CHECK_INTEGER(root->integer, 2);
    pickle_free(pickle);

    static const char popped[] = "(I1\nI2\nI3\n02l."; /* POP, DUP, LIST */
    expect_integers(read_text(&pickle, popped, sizeof popped - 1), 3, (const int64_t[]){ 1, 2, 2 });
    pickle_free(pickle);

    static const char marked[] = "(I1\n(I2\nI3\n1I4\nl."; /* POP_MARK */
    expect_integers(read_text(&pickle, marked, sizeof marked - 1), 2, (const int64_t[]){ 1, 4 });
    pickle_free(pickle);

    static const char stored[] = "(I7\np20\n0I8\nq\x05" "0g20\nh\x05l."; /* PUT, BINPUT, GET, BINGET */
    expect_integers(read_text(&pickle, stored, sizeof stored - 1), 2, (const int64_t[]){ 7, 8 });
    pickle_free(pickle);

    static const char longs[] = "(L-5L\nI00\nI01\nL9223372036854775807L\n\x8a\0\x8a\1\xff\x8b\2\0\0\0\0\x80l.";
    expect_integers(read_text(&pickle, longs, sizeof longs - 1), 7,
                   (const int64_t[]){ -5, 0, 1, INT64_MAX, 0, -1, -32768 });
    pickle_free(pickle);
}

static void only_dictionaries_begin_a_batch(void)
{
    static const char *const begin[] = { "\x80\x02", "\x80\x05", "(d", "}q", "}r", "}(", "}." };
    static const char *const not[] = { "(l", "]q", "c_", "\x1f\x8b", "(\xb5", "PK", "7z", "}", "" };
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        CHECK(pickle_begins((const unsigned char *)begin[i], 2));
    for (size_t i = 0; i < sizeof not / sizeof *not; i++)
        CHECK(!pickle_begins((const unsigned char *)not[i], strlen(not[i])));
}

static void escapes_are_undone(void)
{
    static const char bytes[] = "a\\n\\t\\r\\a\\b\\f\\v\\\\\\'\\\"\\x41\\xfF\\101\\0\\18\\q";
    static const char meant[] = "a\n\t\r\a\b\f\v\\'\"A\xff" "A\0\0018\\q";
    unsigned char out[64];
    CHECK_INTEGER((int64_t)escape_bytes((const unsigned char *)bytes, sizeof bytes - 1, out), sizeof meant - 1);
    CHECK_BYTES(out, meant, sizeof meant - 1);
    static const char *const unsound[] = { "\\", "\\x", "\\x4", "\\xg0" };
    for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++)
        CHECK(escape_bytes((const unsigned char *)unsound[i], strlen(unsound[i]), out) == ESCAPE_UNSOUND);

    /* two backslashes are characters, and what follows them is no escape; \U0001f600 is a face */
    static const char text[] = "\\u0041\\\\u0041\xe9\\U0001f600\\n\\";
    static const char utf8[] = "A\\\\u0041\xc3\xa9\xf0\x9f\x98\x80\\n\\";
    CHECK_INTEGER((int64_t)escape_utf8((const unsigned char *)text, sizeof text - 1, out), sizeof utf8 - 1);
    CHECK_BYTES(out, utf8, sizeof utf8 - 1);
    CHECK(escape_latin1((const unsigned char *)text, sizeof text - 1, out) == ESCAPE_UNSOUND);
    CHECK_INTEGER((int64_t)escape_latin1((const unsigned char *)text, 14, out), 9);
    CHECK_BYTES(out, "A\\\\u0041\xe9", 9);
    static const char *const unsound_text[] = { "\\u", "\\u004", "\\u004g", "\\U0011ffff", "\\U1234567" };
    for (size_t i = 0; i < sizeof unsound_text / sizeof *unsound_text; i++)
        CHECK(escape_utf8((const unsigned char *)unsound_text[i], strlen(unsound_text[i]), out) == ESCAPE_UNSOUND);
}

static struct numpy_type type_of(const char *code)
{
    return numpy_type_of((const unsigned char *)code, strlen(code));
}

static void types_of_numpy_are_known(void)
{
    static const struct { const char *code; char kind; int width; bool swapped; } known[] = {
        { "u1", 'u', 1, false }, { "|u1", 'u', 1, false }, { "<i8", 'i', 8, false }, { ">i4", 'i', 4, true },
        { "=u2", 'u', 2, false }, { "b1", 'b', 1, false }, { "?", 'b', 1, false }, { "f4", 0, 0, false },
        { "u3", 0, 0, false }, { "u", 0, 0, false }, { "u16", 0, 0, false }, { "S5", 0, 0, false },
        { "b2", 0, 0, false }, { "", 0, 0, false }, { "M8[nanoseconds and more]", 0, 0, false },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct numpy_type type = type_of(known[i].code);
        CHECK_INTEGER(type.kind, known[i].kind);
        CHECK_INTEGER(type.width, known[i].width);
        CHECK_INTEGER(type.swapped, known[i].swapped);
    }
}

static int64_t integer_of(const char *code, const char *bytes)
{
    struct numpy_type type = type_of(code);
    return numpy_integer(&type, (const unsigned char *)bytes);
}

static void integers_of_numpy_are_read(void)
{
    CHECK_INTEGER(integer_of("u1", "\xff"), 255);
    CHECK_INTEGER(integer_of("i1", "\xff"), -1);
    CHECK_INTEGER(integer_of("b1", "\x01"), 1);
    CHECK_INTEGER(integer_of("<u2", "\x01\xff"), 0xff01);
    CHECK_INTEGER(integer_of(">u2", "\x01\xff"), 0x1ff);
    CHECK_INTEGER(integer_of(">i4", "\xff\xff\xff\xfe"), -2);
    CHECK_INTEGER(integer_of("<i8", "\0\0\0\0\0\0\0\x80"), INT64_MIN);
    CHECK_INTEGER(integer_of("<u8", "\0\0\0\0\0\0\0\x80"), INT64_MAX);
}

/* Element [r,p,y,x] of 70 x 2 x 3 x 2, rows past a block of the kernel, is the number that its place in C order has. */
static void columns_first_becomes_rows_first(void)
{
    enum { ROWS = 70, PLANES = 2, HEIGHT = 3, WIDTH = 2, SIZE = ROWS * PLANES * HEIGHT * WIDTH };
    static uint16_t columns[SIZE], rows[SIZE], wanted[SIZE];
    for (int r = 0, place = 0; r < ROWS; r++)
        for (int p = 0; p < PLANES; p++)
            for (int y = 0; y < HEIGHT; y++)
                for (int x = 0; x < WIDTH; x++, place++) {
                    wanted[place] = (uint16_t)place;
                    columns[r + ROWS * (p + PLANES * (y + HEIGHT * x))] = (uint16_t)place;
                }
    struct numpy_array array = { .type = type_of("u2"), .rank = 4, .shape = { ROWS, PLANES, HEIGHT, WIDTH },
                                 .bytes = (const unsigned char *)columns };
    numpy_rows_first(&array, (unsigned char *)rows);
    CHECK_BYTES(rows, wanted, sizeof wanted);
    array.shape[0] = (int64_t)1 << 60; /* of no columns: nothing to do, and soon done */
    array.shape[2] = 0;
    numpy_rows_first(&array, (unsigned char *)rows);
    CHECK_BYTES(rows, wanted, sizeof wanted);
}

static void sizes_that_are_none_are_seen(void)
{
    uint64_t size;
    struct numpy_array array = { .type = type_of("i8"), .rank = 2, .shape = { 3, 5 } };
    CHECK(numpy_array_size(&array, &size));
    CHECK_INTEGER((int64_t)size, 120);
    array.shape[0] = -1;
    CHECK(!numpy_array_size(&array, &size));
    array.shape[0] = (int64_t)1 << 61;
    CHECK(!numpy_array_size(&array, &size));
    array.shape[1] = 0;
    array.shape[0] = 3;
    CHECK(numpy_array_size(&array, &size) && size == 0);
}

int main(void)
{
    RUN(every_flavour_holds_the_same);
    RUN(instructions_do_what_pickletools_says);
    RUN(only_dictionaries_begin_a_batch);
    RUN(escapes_are_undone);
    RUN(types_of_numpy_are_known);
    RUN(integers_of_numpy_are_read);
    RUN(columns_first_becomes_rows_first);
    RUN(sizes_that_are_none_are_seen);
    RUN(pickles_cut_short_are_refused_at_any_byte);
    return check_verdict();
}
