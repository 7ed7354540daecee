/* Tensor streams: frames made, joined, chosen, written and read; the rules of hostile headers are in stream.bats. */
#define _POSIX_C_SOURCE 200809L /* fmemopen */
#include "streams/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "check.h"

static const int64_t shape_3[] = { 3 }, shape_2_2[] = { 2, 2 };

/* A row stream's frame: I64 label [rows] = first, first + 1, ...; F32 feature [rows,2]. */
static struct frame make_rows(int64_t first, int64_t rows)
{
    struct frame frame = { .path = "here" };
    int64_t *label = frame_put(&frame, "label", DTYPE_I64, 1, &rows)->data;
    float *feature = frame_put(&frame, "feature", DTYPE_F32, 2, (int64_t[]){ rows, 2 })->data;
    for (int64_t i = 0; i < rows; i++) {
        label[i] = first + i;
        feature[2 * i] = (float)(first + i) / 2;
        feature[2 * i + 1] = -feature[2 * i];
    }
    return frame;
}

static void check_rows(const struct frame *frame, int64_t first, int64_t rows)
{
    const int64_t *label = frame_require(frame, "label", DTYPE_I64, 1)->data;
    const float *feature = frame_require(frame, "feature", DTYPE_F32, 2)->data;
    CHECK_INTEGER(frame_rows(frame), rows);
    for (int64_t i = 0; i < rows; i++) {
        CHECK_INTEGER(label[i], first + i);
        CHECK_NEAR((double)feature[2 * i], (double)(first + i) / 2, 0);
        CHECK_NEAR((double)feature[2 * i + 1], -(double)(first + i) / 2, 0);
    }
}

/* The stream of a block of bytes, which must outlive it. */
static struct stream stream_of(void *bytes, size_t size)
{
    return (struct stream){ size ? fmemopen(bytes, size, "rb") : fopen("/dev/null", "rb"), "bytes", 0, NULL, 0 };
}

/* What stream_write makes of frames, caller frees. */
static char *written(const struct frame *frames, int count, size_t *size)
{
    char *bytes;
    FILE *file = open_memstream(&bytes, size);
    for (int i = 0; i < count; i++)
        stream_write(file, "memory", &frames[i]);
    fclose(file);
    return bytes;
}

static void a_frame_written_is_read_back(void)
{
    size_t size;
    struct frame frame = make_rows(5, 3), again, none;
    frame_set_metadata(&frame, "classes", "a,b,c");
    char *bytes = written(&frame, 1, &size);
    struct stream stream = stream_of(bytes, size);
    if (CHECK(stream_read(&stream, &again))) {
        check_rows(&again, 5, 3);
        CHECK_TEXT(frame_metadata(&again, "classes"), "a,b,c");
        CHECK(frame_metadata(&again, "source") == NULL);
        frame_free(&again);
    }
    CHECK(!stream_read(&stream, &none));
    CHECK_INTEGER(stream.frames, 1);
    stream_close(&stream);
    free(bytes);
    frame_free(&frame);
}

static void the_header_is_padded_to_8_and_starts_the_file(void)
{
    size_t size;
    struct frame frame = make_rows(0, 1);
    char *bytes = written(&frame, 1, &size);
    static const char want[] = "{\"label\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                               "\"feature\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[8,16]}}";
    size_t whole = (strlen(want) + 7) / 8 * 8;
    CHECK_INTEGER((int64_t)size, (int64_t)(8 + whole + 16));
    CHECK_INTEGER((unsigned char)bytes[0], (int64_t)whole);
    CHECK_BYTES(bytes + 8, want, strlen(want));
    for (size_t i = strlen(want); i < whole; i++)
        CHECK_INTEGER(bytes[8 + i], ' ');
    free(bytes);
    frame_free(&frame);
}

static void read_all_joins_frames_of_any_size(void)
{
    size_t size;
    struct frame frames[] = { make_rows(0, 2), make_rows(2, 0), make_rows(2, 1), make_rows(3, 7) }, all;
    frame_set_metadata(&frames[0], "source", "first");
    frame_set_metadata(&frames[2], "source", "later");
    char *bytes = written(frames, 4, &size);
    struct stream stream = stream_of(bytes, size);
    stream_read_all(&stream, &all);
    check_rows(&all, 0, 10);
    CHECK_TEXT(frame_metadata(&all, "source"), "first");
    stream_close(&stream);
    free(bytes);
    frame_free(&all);
    for (int i = 0; i < 4; i++)
        frame_free(&frames[i]);
}

/* Reads the two frames as one; returns its metadata `key`, or "(none)". */
static const char *joined_metadata(struct frame first, struct frame second, const char *key)
{
    static char text[64];
    size_t size;
    struct frame frames[] = { first, second }, all;
    char *bytes = written(frames, 2, &size);
    struct stream stream = stream_of(bytes, size);
    stream_read_all(&stream, &all);
    const char *value = frame_metadata(&all, key);
    snprintf(text, sizeof text, "%s", value ? value : "(none)");
    stream_close(&stream);
    free(bytes);
    frame_free(&all);
    frame_free(&frames[0]);
    frame_free(&frames[1]);
    return text;
}

static struct frame with_metadata(int64_t first, const char *key, const char *value)
{
    struct frame frame = make_rows(first, 4);
    frame_set_metadata(&frame, key, value);
    return frame;
}

static void groups_hold_only_where_all_frames_have_them(void)
{
    CHECK_TEXT(joined_metadata(with_metadata(0, "group", "4"), with_metadata(4, "group", "4"), "group"), "4");
    CHECK_TEXT(joined_metadata(with_metadata(0, "group", "4"), with_metadata(4, "group", "2"), "group"), "(none)");
    CHECK_TEXT(joined_metadata(with_metadata(0, "group", "4"), make_rows(4, 4), "group"), "(none)");
    CHECK_TEXT(joined_metadata(make_rows(0, 4), with_metadata(4, "group", "4"), "group"), "(none)");
    CHECK_TEXT(joined_metadata(with_metadata(0, "classes", "a,b"), make_rows(4, 4), "classes"), "a,b");
}

static void join_other_classes(void *key)
{
    joined_metadata(with_metadata(0, key, "a,b"), with_metadata(4, key, "b,a"), key);
}

static void read_nul(void *unused)
{
    static char bytes[] = "\x27\0\0\0\0\0\0\0{\"__metadata__\":{\"classes\":\"a\\u0000b\"}}";
    struct stream stream = stream_of(bytes, sizeof bytes - 1);
    struct frame frame;
    (void)unused;
    if (stream_read(&stream, &frame))
        frame_metadata(&frame, "classes");
}

static void rows_of_nothing(void *rows)
{
    struct frame frame = { .path = "nowhere" };
    frame_put(&frame, "nothing", DTYPE_U8, 2, (int64_t[]){ *(int64_t *)rows, 0 });
    frame_rows(&frame);
}

static void an_empty_stream_is_no_frame(void)
{
    struct frame frame;
    struct stream stream = stream_of(NULL, 0);
    CHECK(!stream_read(&stream, &frame));
    stream_read_all(&stream, &frame);
    CHECK_INTEGER(frame.count, 0);
    CHECK(frame.metadata == NULL);
    frame_free(&frame);
    stream_close(&stream);
}

static void many_small_frames_append_as_one(void)
{
    struct frame all = make_rows(0, 0);
    for (int i = 0; i < 300; i++) {
        struct frame next = make_rows(3 * i, 3);
        frame_append(&all, &next);
        frame_free(&next);
    }
    check_rows(&all, 0, 900);
    frame_free(&all);
}

static void select_takes_rows_in_any_order(void)
{
    static const int64_t rows[] = { 4, 0, 4 };
    struct frame frame = make_rows(10, 5);
    frame_set_metadata(&frame, "group", "4");
    struct frame some = frame_select(&frame, rows, 3), none = frame_select(&frame, NULL, 0);
    const int64_t *label = frame_find(&some, "label")->data;
    const float *feature = frame_find(&some, "feature")->data;
    for (int i = 0; i < 3; i++) {
        CHECK_INTEGER(label[i], 10 + rows[i]);
        CHECK_NEAR((double)feature[2 * i], (double)(10 + rows[i]) / 2, 0);
    }
    CHECK_TEXT(frame_metadata(&some, "group"), "4");
    CHECK_INTEGER(none.count, 2);
    CHECK_INTEGER(frame_find(&none, "feature")->shape[0], 0);
    CHECK_INTEGER(frame_find(&none, "feature")->shape[1], 2);
    frame_free(&frame);
    frame_free(&some);
    frame_free(&none);
}

static void put_replaces_and_may_take_name_and_shape_of_the_old(void)
{
    struct frame frame = { 0 };
    struct tensor *old = frame_put(&frame, "x", DTYPE_U8, 2, shape_2_2);
    memset(old->data, 7, 4);
    struct tensor *fresh = frame_put(&frame, old->name, DTYPE_F64, old->rank, old->shape);
    CHECK_INTEGER(frame.count, 1);
    CHECK_TEXT(fresh->name, "x");
    CHECK_INTEGER(fresh->shape[1], 2);
    CHECK_INTEGER((intptr_t)fresh->data % 64, 0);
    for (int i = 0; i < 4; i++)
        CHECK_NEAR(((double *)fresh->data)[i], 0, 0);
    frame_remove(&frame, "x");
    frame_remove(&frame, "never there");
    CHECK(frame_find(&frame, "x") == NULL);
    CHECK_INTEGER(frame.count, 0);
    frame_free(&frame);
}

static void pointers_to_tensors_stay_good(void)
{
    struct frame frame = { 0 };
    struct tensor *first = frame_put(&frame, "first", DTYPE_I64, 1, shape_3);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        frame_put(&frame, name, DTYPE_U8, 1, shape_3);
    }
    CHECK(frame_find(&frame, "first") == first);
    frame_free(&frame);
}

static void metadata_are_set_replaced_and_copied(void)
{
    struct frame a = { 0 }, b = { 0 };
    CHECK(frame_metadata(&a, "x") == NULL);
    frame_set_metadata(&a, "x", "1");
    frame_set_metadata(&a, "x", "2");
    frame_set_metadata(&b, "y", "3");
    frame_copy_metadata(&b, &a);
    CHECK_TEXT(frame_metadata(&b, "x"), "2");
    CHECK_TEXT(frame_metadata(&b, "y"), "3");
    frame_free(&a);
    frame_free(&b);
}

/* What must end the program: each as function(NULL). */

static void require_missing(void *type)
{
    struct frame frame = make_rows(0, 1);
    frame_require(&frame, type ? "label" : "image", DTYPE_U8, 4);
}

static void append(struct frame to, struct frame from)
{
    frame_append(&to, &from);
}

static void append_other_type(void *unused)
{
    struct frame other = make_rows(0, 1);
    (void)unused;
    frame_put(&other, "label", DTYPE_I32, 1, (int64_t[]){ 1 });
    append(make_rows(0, 1), other);
}

static void append_other_shape(void *unused)
{
    struct frame other = make_rows(0, 1);
    (void)unused;
    frame_put(&other, "feature", DTYPE_F32, 2, (int64_t[]){ 1, 3 });
    append(make_rows(0, 1), other);
}

static void append_more_fields(void *unused)
{
    struct frame other = make_rows(0, 1);
    (void)unused;
    frame_put(&other, "more", DTYPE_F32, 1, (int64_t[]){ 1 });
    append(make_rows(0, 1), other);
}

static void append_other_name(void *unused)
{
    struct frame other = make_rows(0, 1);
    (void)unused;
    frame_remove(&other, "label");
    frame_put(&other, "lable", DTYPE_I64, 1, (int64_t[]){ 1 });
    append(make_rows(0, 1), other);
}

static void unequal_rows(void *unused)
{
    struct frame frame = make_rows(0, 2);
    (void)unused;
    frame_put(&frame, "more", DTYPE_U8, 1, shape_3);
    frame_rows(&frame);
}

static void no_rows(void *unused)
{
    struct frame frame = { .path = "here" };
    (void)unused;
    frame_put(&frame, "scalar", DTYPE_F32, 0, NULL);
    frame_rows(&frame);
}

static void select_of_scalar(void *unused)
{
    struct frame frame = { 0 };
    (void)unused;
    frame_put(&frame, "scalar", DTYPE_F32, 0, NULL);
    frame_select(&frame, NULL, 0);
}

static void write_name(void *name)
{
    struct frame frame = { 0 };
    frame_put(&frame, name, DTYPE_F32, 0, NULL);
    stream_write(stdout, NULL, &frame);
}

static void metadata_not_utf8(void *unused)
{
    struct frame frame = { 0 };
    (void)unused;
    frame_set_metadata(&frame, "key", "\xff");
}

static void huge_tensor(void *unused)
{
    struct frame frame = { 0 };
    (void)unused;
    frame_put(&frame, "huge", DTYPE_F32, 2, (int64_t[]){ INT64_MAX, INT64_MAX });
}

static void open_missing(void *unused)
{
    (void)unused;
    stream_open("/no/such/file");
}

static void read_folder(void *unused)
{
    struct frame frame;
    struct stream stream = stream_open("/");
    (void)unused;
    stream_read(&stream, &frame);
}

static void faults_end_the_program_with_one_line(void)
{
    int64_t many = 65537;
    CHECK_DIES(join_other_classes, "classes", EXIT_FAILED,
               "bytes: metadata 'classes' is not the same in all frames ('a,b' and 'b,a')");
    CHECK_DIES(join_other_classes, "prediction_classes", EXIT_FAILED, "metadata 'prediction_classes' is not the same");
    CHECK_DIES(read_nul, NULL, EXIT_FAILED, "bytes: metadata 'classes' holds a NUL");
    CHECK_DIES(rows_of_nothing, &many, EXIT_FAILED, "nowhere: 65537 rows without a byte of data (at most 65536)");
    CHECK_DIES(require_missing, NULL, EXIT_FAILED, "here: field 'image' is missing (U8 of rank 4 is needed)");
    CHECK_DIES(require_missing, "", EXIT_FAILED, "here: field 'label' is I64 of rank 1 (U8 of rank 4 is needed)");
    CHECK_DIES(append_other_type, NULL, EXIT_FAILED, "here: field 'label' changes its type or shape between frames");
    CHECK_DIES(append_other_shape, NULL, EXIT_FAILED, "field 'feature' changes its type or shape");
    CHECK_DIES(append_more_fields, NULL, EXIT_FAILED, "the fields change between frames (2 and 3)");
    CHECK_DIES(append_other_name, NULL, EXIT_FAILED, "field 'label' is missing in a later frame");
    CHECK_DIES(unequal_rows, NULL, EXIT_FAILED, "here: tensors 'label' and 'more' have 2 and 3 rows");
    CHECK_DIES(no_rows, NULL, EXIT_FAILED, "here: tensor 'scalar' has no first dimension");
    CHECK_DIES(select_of_scalar, NULL, EXIT_FAILED, "tensor 'scalar' has no rows");
    CHECK_DIES(write_name, "__metadata__", EXIT_FAILED, "the name '__metadata__' is reserved");
    CHECK_DIES(write_name, "\xff", EXIT_FAILED, "is not UTF-8");
    CHECK_DIES(metadata_not_utf8, NULL, EXIT_FAILED, "metadata 'key': the value is not UTF-8");
    CHECK_DIES(huge_tensor, NULL, EXIT_FAILED, "a size overflows");
    CHECK_DIES(open_missing, NULL, EXIT_FAILED, "/no/such/file: cannot be opened: No such file");
    CHECK_DIES(read_folder, NULL, EXIT_FAILED, "/: cannot be read: Is a directory");
}

/* tests/fixtures/stream-rows.safetensors is the reference implementation's; gen-stream.py says what is in it. */
static void values_of_the_reference_are_read(void)
{
    struct frame frame;
    struct stream stream = stream_open("tests/fixtures/stream-rows.safetensors");
    if (!CHECK(stream_read(&stream, &frame)))
        return;
    const int64_t *label = frame_require(&frame, "label", DTYPE_I64, 1)->data;
    const unsigned char *image = frame_require(&frame, "image", DTYPE_U8, 4)->data;
    const float *loss = frame_require(&frame, "loss", DTYPE_F32, 1)->data;
    const float *size = frame_require(&frame, "gr\xc3\xb6\xc3\x9f" "e", DTYPE_F32, 2)->data;
    static const int64_t want_label[] = { 3, 0, 1 };
    static const float want_size[] = { 1.5f, -2.25f, 1e-30f, 1e30f, 0.1f, 1.0f / 3 };
    CHECK_BYTES(label, want_label, sizeof want_label);
    CHECK_BYTES(size, want_size, sizeof want_size);
    for (int i = 0; i < 36; i++)
        CHECK_INTEGER(image[i], i * 7 % 256);
    CHECK(isnan(loss[0]) && signbit(loss[1]) && !(loss[1] < 0) && isinf(loss[2]));
    CHECK_TEXT(frame_metadata(&frame, "classes"), "cat,d\xc3\xb6g,\"quoted\"\ttab,frog");
    frame_free(&frame);
    stream_close(&stream);
}

/* What the reference wrote, read and written here, is the same file: so it opens there. */
static void files_of_the_reference_are_written_to_the_byte(void)
{
    static const char *const paths[] = { "tests/fixtures/stream-rows.safetensors",
                                         "tests/fixtures/stream-types.safetensors" };
    for (int i = 0; i < 2; i++) {
        static char want[4096];
        struct frame frame;
        size_t size;
        FILE *file = fopen(paths[i], "rb");
        size_t length = file ? fread(want, 1, sizeof want, file) : 0;
        CHECK(file && length > 100 && length < sizeof want);
        fclose(file);
        struct stream stream = stream_open(paths[i]);
        CHECK(stream_read(&stream, &frame));
        char *bytes = written(&frame, 1, &size);
        if (CHECK_INTEGER((int64_t)size, (int64_t)length))
            CHECK_BYTES(bytes, want, size);
        free(bytes);
        frame_free(&frame);
        stream_close(&stream);
    }
}

/* The first `size` bytes of a stream, in a file. */
struct cut {
    const char *bytes;
    size_t size;
    bool mapped;
};

static int64_t read_file(const struct cut *cut)
{
    struct stream stream = { .file = tmpfile(), .path = "cut" };
    struct frame frame;
    fwrite(cut->bytes, 1, cut->size, stream.file);
    rewind(stream.file);
    while (cut->mapped ? stream_map(&stream, &frame) : stream_read(&stream, &frame))
        frame_free(&frame);
    stream_close(&stream);
    return stream.frames;
}

static void read_cut(void *cut)
{
    read_file(cut);
}

/* Between frames it ends, and anywhere else it is cut short: of each frame all bytes count. */
static void a_file_may_end_between_frames_only(void)
{
    struct frame frames[] = { make_rows(0, 3), make_rows(3, 1) };
    size_t first, all;
    free(written(frames, 1, &first));
    char *bytes = written(frames, 2, &all);
    for (size_t size = 0; size <= all; size++)
        for (int mapped = 0; mapped < 2; mapped++) {
            struct cut cut = { bytes, size, mapped };
            if (size == 0 || size == first || size == all)
                CHECK_INTEGER(read_file(&cut), size == all ? 2 : size == first);
            else
                CHECK_DIES(read_cut, &cut, EXIT_FAILED,
                           size < first ? "cut: frame 1: the file ends inside" : "cut: frame 2: the file ends inside");
        }
    free(bytes);
    frame_free(&frames[0]);
    frame_free(&frames[1]);
}

int main(void)
{
    RUN(a_frame_written_is_read_back);
    RUN(the_header_is_padded_to_8_and_starts_the_file);
    RUN(read_all_joins_frames_of_any_size);
    RUN(groups_hold_only_where_all_frames_have_them);
    RUN(an_empty_stream_is_no_frame);
    RUN(many_small_frames_append_as_one);
    RUN(select_takes_rows_in_any_order);
    RUN(put_replaces_and_may_take_name_and_shape_of_the_old);
    RUN(pointers_to_tensors_stay_good);
    RUN(metadata_are_set_replaced_and_copied);
    RUN(a_file_may_end_between_frames_only);
    RUN(faults_end_the_program_with_one_line);
    RUN(values_of_the_reference_are_read);
    RUN(files_of_the_reference_are_written_to_the_byte);
    return check_verdict();
}
