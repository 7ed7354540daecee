#define _POSIX_C_SOURCE 200809L /* fileno, fseeko */
#define _FILE_OFFSET_BITS 64
#include "streams/stream.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/memory.h"
#include "base/output.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are read and written in memory order");

/* The reference implementation's limit on the JSON header. */
static const uint64_t header_max = 100000000;
/* Memory that a header may take as JSON values, in addition to its own size: a few bytes can require a hundred times as
 * many. */
static const size_t json_memory = (size_t)64 << 20;
static const char metadata_key[] = "__metadata__";
/* Limit for the rows of a frame without data: programs allocate memory for each row. */
enum { rows_unbacked_max = 1 << 16 };
/* Bytes allocated before the data are known to exist: a header may promise more than fits into memory. Smaller for
 * fuzzers, so that they test the growth. */
#ifndef READ_STEP
#define READ_STEP (16 << 20)
#endif
static const size_t read_step = READ_STEP;

/* An entry of the header: a tensor and the position of its data. */
struct entry {
    struct tensor *tensor;
    uint64_t begin, end;
};

#define DIE_FRAME(stream, format, ...) \
    die("%s: frame %lld: " format, (stream)->path, (long long)(stream)->frames + 1, __VA_ARGS__)

static bool is_standard_input(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

const char *stream_name(const char *path)
{
    return is_standard_input(path) ? "standard input" : path;
}

struct stream stream_open(const char *path)
{
    struct stream stream = { .file = stdin, .path = stream_name(path) };
    if (!is_standard_input(path)) {
        stream.file = fopen(path, "rb");
        if (!stream.file)
            die_errno("%s: cannot be opened", path);
    }
    return stream;
}

void stream_close(struct stream *stream)
{
    if (stream->file != stdin)
        fclose(stream->file);
    stream->file = NULL;
    if (stream->map)
        file_unmap(stream->map, stream->map_size);
    stream->map = NULL;
}

/* Reads up to size bytes; fewer only at the end of the file. */
static size_t read_bytes(struct stream *stream, void *bytes, size_t size)
{
    size_t got = fread(bytes, 1, size, stream->file);
    if (got < size && ferror(stream->file))
        die_errno("%s: cannot be read", stream->path);
    return got;
}

static struct tensor *tensor_new(const char *name, enum dtype dtype, int rank, const int64_t *shape)
{
    struct tensor *tensor = allocate(1, sizeof *tensor);
    tensor->name = copy_string(name);
    tensor->dtype = dtype;
    tensor->rank = rank;
    for (int i = 0; i < rank; i++)
        tensor->shape[i] = shape[i];
    return tensor;
}

static void tensor_free(struct tensor *tensor)
{
    free(tensor->name);
    if (!tensor->mapped)
        free(tensor->data);
    free(tensor);
}

static struct tensor *append_tensor(struct frame *frame, struct tensor *tensor)
{
    frame->tensor = reallocate(frame->tensor, (size_t)frame->count + 1, sizeof *frame->tensor);
    return frame->tensor[frame->count++] = tensor;
}

static void *allocate_data(size_t bytes)
{
    return allocate_floats(bytes / sizeof(float) + 1);
}

static void parse_shape(struct stream *stream, struct tensor *tensor, const json_t *shape)
{
    if (!json_is_array(shape))
        DIE_FRAME(stream, "tensor '%s': shape is not an array", tensor->name);
    if (json_array_size(shape) > RANK_MAX)
        DIE_FRAME(stream, "tensor '%s': too many dimensions (at most %d, %zu given)", tensor->name, RANK_MAX,
                  json_array_size(shape));
    tensor->rank = (int)json_array_size(shape);
    /* Zeros are left out, so that the product of any subset of the dimensions, which programs compute, cannot
     * overflow. */
    int64_t bits = (int64_t)dtype_bits(tensor->dtype);
    for (int i = 0; i < tensor->rank; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            DIE_FRAME(stream, "tensor '%s': dimension %d is not a whole number of at least 0", tensor->name, i);
        tensor->shape[i] = json_integer_value(size);
        if (tensor->shape[i] && __builtin_mul_overflow(bits, tensor->shape[i], &bits))
            DIE_FRAME(stream, "tensor '%s': the product of the shape overflows", tensor->name);
    }
    size_t elements = tensor_elements(tensor);
    if (elements && bits % 8)
        DIE_FRAME(stream, "tensor '%s': %zu elements of %s are no whole number of bytes", tensor->name, elements,
                  dtype_name(tensor->dtype));
}

static uint64_t parse_offset(struct stream *stream, const char *name, const json_t *offset)
{
    if (!json_is_integer(offset) || json_integer_value(offset) < 0)
        DIE_FRAME(stream, "tensor '%s': data_offsets are not two whole numbers of at least 0", name);
    return (uint64_t)json_integer_value(offset);
}

static void parse_entry(struct stream *stream, struct entry *entry, const char *name, const json_t *value)
{
    const json_t *offsets = json_object_get(value, "data_offsets");
    const char *type = json_string_value(json_object_get(value, "dtype"));
    enum dtype dtype;
    if (!json_is_object(value))
        DIE_FRAME(stream, "tensor '%s': its entry is not an object", name);
    if (!type || !dtype_parse(type, &dtype))
        DIE_FRAME(stream, "tensor '%s': unknown dtype '%s'", name, type ? type : "(none)");
    if (!json_is_array(offsets) || json_array_size(offsets) != 2)
        DIE_FRAME(stream, "tensor '%s': data_offsets are not two whole numbers of at least 0", name);
    entry->tensor = tensor_new(name, dtype, 0, NULL);
    parse_shape(stream, entry->tensor, json_object_get(value, "shape"));
    entry->begin = parse_offset(stream, name, json_array_get(offsets, 0));
    entry->end = parse_offset(stream, name, json_array_get(offsets, 1));
    if (entry->end < entry->begin)
        DIE_FRAME(stream, "tensor '%s': data end before they begin (%llu < %llu)", name,
                  (unsigned long long)entry->end, (unsigned long long)entry->begin);
    if (entry->end - entry->begin != tensor_bytes(entry->tensor))
        DIE_FRAME(stream, "tensor '%s': %llu bytes of data, but its shape and type need %zu", name,
                  (unsigned long long)(entry->end - entry->begin), tensor_bytes(entry->tensor));
}

static json_t *parse_metadata(struct stream *stream, const json_t *value)
{
    const char *key;
    json_t *text;
    if (json_is_null(value))
        return NULL; /* accepted by the reference reader */
    if (!json_is_object(value))
        DIE_FRAME(stream, "%s", "__metadata__ is not an object");
    json_object_foreach((json_t *)(uintptr_t)value, key, text)
        if (!json_is_string(text))
            DIE_FRAME(stream, "__metadata__: the value of '%s' is not a string", key);
    return json_incref((json_t *)(uintptr_t)value);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *p = a, *q = b;
    if (p->begin != q->begin)
        return p->begin < q->begin ? -1 : 1;
    return p->end < q->end ? -1 : p->end > q->end;
}

/* The data must cover the range from 0 without a gap or an overlap. */
static void check_layout(struct stream *stream, const struct entry *entries, int count)
{
    uint64_t at = 0;
    for (int i = 0; i < count; i++) {
        if (entries[i].begin != at)
            DIE_FRAME(stream, "tensor '%s': data begin at %llu, but %llu was expected (no hole, no overlap)",
                      entries[i].tensor->name, (unsigned long long)entries[i].begin, (unsigned long long)at);
        at = entries[i].end;
    }
}

/* Reads a block of `size` bytes from the stream; *got is less only at its end. Memory grows as bytes arrive. Caller
 * frees. */
static char *read_block(struct stream *stream, size_t size, size_t *got)
{
    size_t room = size < read_step ? size : read_step;
    char *block = allocate_data(room);
    *got = 0;
    for (;;) {
        *got += read_bytes(stream, block + *got, room - *got);
        if (*got < room || *got == size)
            return block;
        room = size - *got < *got ? size : 2 * *got;
        block = reallocate(block, room, 1); /* such a large block is its own mapping, so pages are moved instead of
                                             * copied */
    }
}

static void *read_data(struct stream *stream, const char *name, size_t size)
{
    size_t got;
    char *data = read_block(stream, size, &got);
    if (got < size)
        DIE_FRAME(stream, "the file ends inside the data of tensor '%s' (%zu of %zu bytes)", name, got, size);
    return data;
}

/* The memory limit for jansson while it reads a header, and whether it was exceeded. */
static struct {
    size_t room;
    bool exceeded;
} json_limit;

static void *json_take(size_t size)
{
    void *block = size <= json_limit.room ? malloc(size) : NULL;
    size_t taken = block ? malloc_usable_size(block) : 0;
    json_limit.exceeded |= !block;
    json_limit.room -= taken < json_limit.room ? taken : json_limit.room;
    return block;
}

static void json_give(void *block)
{
    json_limit.room += malloc_usable_size(block);
    free(block);
}

static json_t *parse_header(struct stream *stream, const char *text, size_t length)
{
    json_error_t error;
    json_limit.room = json_memory + length;
    json_limit.exceeded = false;
    json_set_alloc_funcs(json_take, json_give);
    json_t *header = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    json_set_alloc_funcs(malloc, free);
    if (json_limit.exceeded)
        DIE_FRAME(stream, "the header takes too much memory as JSON (at most %zu bytes for one of %zu)",
                  json_memory + length, length);
    if (!header)
        DIE_FRAME(stream, "the header is not sound JSON: %s", error.text);
    return header;
}

static json_t *read_header(struct stream *stream)
{
    unsigned char size[8];
    uint64_t length = 0;
    size_t got = read_bytes(stream, size, sizeof size);
    if (got == 0)
        return NULL;
    if (got < sizeof size)
        DIE_FRAME(stream, "the file ends inside the header's length (%zu of 8 bytes)", got);
    for (int i = 7; i >= 0; i--)
        length = length << 8 | size[i];
    if (length > header_max)
        DIE_FRAME(stream, "the header is too large (at most %llu bytes, %llu given); is this a tensor stream?",
                  (unsigned long long)header_max, (unsigned long long)length);
    char *text = read_block(stream, length, &got);
    if (got < length)
        DIE_FRAME(stream, "the file ends inside the header (%zu of %llu bytes)", got, (unsigned long long)length);
    if (length == 0 || text[0] != '{')
        DIE_FRAME(stream, "%s", "the header does not begin with '{'");
    json_t *header = parse_header(stream, text, length);
    free(text);
    return header;
}

/* Reads the next frame's header: its tensors in the order of their data, without the data. Returns false at the end of
 * the stream. */
static bool read_layout(struct stream *stream, struct frame *frame)
{
    json_t *header = read_header(stream), *value;
    const char *key;
    *frame = (struct frame){ .path = stream->path, .number = stream->frames + 1 };
    if (!header)
        return false;
    struct entry *entries = allocate(json_object_size(header), sizeof *entries);
    int count = 0;
    json_object_foreach(header, key, value)
    {
        if (strcmp(key, metadata_key) == 0)
            frame->metadata = parse_metadata(stream, value);
        else
            parse_entry(stream, &entries[count++], key, value);
    }
    qsort(entries, (size_t)count, sizeof *entries, compare_entries);
    check_layout(stream, entries, count);
    frame->tensor = allocate((size_t)count, sizeof(struct tensor *));
    frame->count = count;
    for (int i = 0; i < count; i++)
        frame->tensor[i] = entries[i].tensor;
    free(entries);
    json_decref(header);
    return true;
}

bool stream_read(struct stream *stream, struct frame *frame)
{
    if (!read_layout(stream, frame))
        return false;
    for (int i = 0; i < frame->count; i++)
        frame->tensor[i]->data = read_data(stream, frame->tensor[i]->name, tensor_bytes(frame->tensor[i]));
    stream->frames++;
    return true;
}

void stream_require_end(struct stream *stream, const char *what)
{
    struct frame more;
    if (read_layout(stream, &more))
        die("%s: more than one frame (%s is one)", stream->path, what);
}

bool stream_map(struct stream *stream, struct frame *frame)
{
    if (!stream->map)
        stream->map = file_map(fileno(stream->file), stream->path, &stream->map_size);
    if (!stream->map)
        return stream_read(stream, frame);
    if (!read_layout(stream, frame))
        return false;
    size_t at = (size_t)ftello(stream->file);
    for (int i = 0; i < frame->count; i++) {
        struct tensor *tensor = frame->tensor[i];
        size_t size = tensor_bytes(tensor), left = stream->map_size > at ? stream->map_size - at : 0;
        if (left < size)
            DIE_FRAME(stream, "the file ends inside the data of tensor '%s' (%zu of %zu bytes)", tensor->name, left,
                      size);
        tensor->data = stream->map + at;
        tensor->mapped = true;
        at += size;
    }
    if (fseeko(stream->file, (off_t)at, SEEK_SET))
        die_errno("%s: cannot be read", stream->path);
    stream->frames++;
    return true;
}

void stream_read_all(struct stream *stream, struct frame *frame)
{
    struct frame next;
    *frame = (struct frame){ .path = stream->path };
    while (stream_read(stream, &next)) {
        frame_rows(&next);
        if (frame->count == 0 && !frame->metadata) {
            *frame = next;
        } else {
            frame_append(frame, &next);
            frame_free(&next);
        }
    }
}

static int compare_tensors(const void *a, const void *b)
{
    const struct tensor *p = *(struct tensor *const *)a, *q = *(struct tensor *const *)b;
    if (p->dtype != q->dtype)
        return p->dtype > q->dtype ? -1 : 1;
    return strcmp(p->name, q->name);
}

static json_t *header_entry(const struct tensor *tensor, json_int_t begin, json_int_t end)
{
    json_t *shape = json_array();
    for (int d = 0; d < tensor->rank; d++)
        json_array_append_new(shape, json_integer(tensor->shape[d]));
    return json_pack("{s:s, s:o, s:[I,I]}", "dtype", dtype_name(tensor->dtype), "shape", shape, "data_offsets", begin,
                     end);
}

static char *header_text(const struct frame *frame, struct tensor *const *order, const char *path)
{
    json_t *header = json_object();
    json_int_t at = 0;
    if (frame->metadata)
        json_object_set(header, metadata_key, frame->metadata);
    for (int i = 0; i < frame->count; i++) {
        json_int_t size = (json_int_t)tensor_bytes(order[i]);
        if (strcmp(order[i]->name, metadata_key) == 0 || json_object_get(header, order[i]->name))
            die("%s: a frame cannot be written: the name '%s' is reserved or occurs twice", path, order[i]->name);
        if (json_object_set_new(header, order[i]->name, header_entry(order[i], at, at + size)))
            die("%s: a frame cannot be written: the name '%s' is not UTF-8", path, order[i]->name);
        at += size;
    }
    char *text = json_dumps(header, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(header);
    if (!text || strlen(text) > header_max)
        die("%s: a frame cannot be written: its header is too large (at most %llu bytes)", path,
            (unsigned long long)header_max);
    return text;
}

void stream_write(FILE *file, const char *path, const struct frame *frame)
{
    struct tensor **order = allocate((size_t)frame->count, sizeof *order);
    if (frame->count)
        memcpy(order, frame->tensor, (size_t)frame->count * sizeof *order);
    qsort(order, (size_t)frame->count, sizeof *order, compare_tensors);
    char *text = header_text(frame, order, path ? path : "standard output");
    size_t length = strlen(text), whole = (length + 7) / 8 * 8;
    unsigned char size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (unsigned char)(whole >> 8 * i);
    write_bytes(file, path, size, sizeof size);
    write_bytes(file, path, text, length);
    write_bytes(file, path, "       ", whole - length);
    for (int i = 0; i < frame->count; i++)
        write_bytes(file, path, order[i]->data, tensor_bytes(order[i]));
    free(text);
    free(order);
}

static int find_position(const struct frame *frame, const char *name)
{
    for (int i = 0; i < frame->count; i++)
        if (strcmp(frame->tensor[i]->name, name) == 0)
            return i;
    return -1;
}

struct tensor *frame_find(const struct frame *frame, const char *name)
{
    int i = find_position(frame, name);
    return i < 0 ? NULL : frame->tensor[i];
}

struct tensor *frame_require(const struct frame *frame, const char *name,
                             enum dtype dtype, int rank)
{
    struct tensor *tensor = frame_find(frame, name);
    if (!tensor)
        die("%s: field '%s' is missing (%s of rank %d is needed)", frame->path, name, dtype_name(dtype), rank);
    if (tensor->dtype != dtype || tensor->rank != rank)
        die("%s: field '%s' is %s of rank %d (%s of rank %d is needed)", frame->path, name,
            dtype_name(tensor->dtype), tensor->rank, dtype_name(dtype), rank);
    return tensor;
}

/* Adds a zeroed tensor with a name that the frame does not have yet: copying a frame with tens of thousands of tensors
 * must take linear time. */
static struct tensor *append_new(struct frame *frame, const char *name, enum dtype dtype, int rank,
                                 const int64_t *shape)
{
    struct tensor *tensor = tensor_new(name, dtype, rank, shape);
    tensor->data = allocate_data(tensor_bytes(tensor));
    return append_tensor(frame, tensor);
}

struct tensor *frame_put(struct frame *frame, const char *name, enum dtype dtype, int rank, const int64_t *shape)
{
    struct tensor *tensor = tensor_new(name, dtype, rank, shape); /* name, shape: perhaps the old one's */
    tensor->data = allocate_data(tensor_bytes(tensor));
    frame_remove(frame, tensor->name);
    return append_tensor(frame, tensor);
}

void frame_remove(struct frame *frame, const char *name)
{
    int i = find_position(frame, name);
    if (i < 0)
        return;
    tensor_free(frame->tensor[i]);
    frame->count--;
    memmove(&frame->tensor[i], &frame->tensor[i + 1], (size_t)(frame->count - i) * sizeof *frame->tensor);
}

void frame_filter(struct frame *frame, frame_keep *keep, const void *context)
{
    int kept = 0;
    for (int i = 0; i < frame->count; i++) {
        if (keep(frame->tensor[i]->name, context))
            frame->tensor[kept++] = frame->tensor[i];
        else
            tensor_free(frame->tensor[i]);
    }
    frame->count = kept;
}

int64_t frame_rows(const struct frame *frame)
{
    bool bytes = false;
    for (int i = 0; i < frame->count; i++) {
        const struct tensor *tensor = frame->tensor[i];
        if (tensor->rank == 0)
            die("%s: tensor '%s' has no first dimension (this is not a row stream)", frame->path, tensor->name);
        if (tensor->shape[0] != frame->tensor[0]->shape[0])
            die("%s: tensors '%s' and '%s' have %lld and %lld rows (all must have the same in a row stream)",
                frame->path, frame->tensor[0]->name, tensor->name, (long long)frame->tensor[0]->shape[0],
                (long long)tensor->shape[0]);
        bytes |= tensor_bytes(tensor) > 0;
    }
    if (!bytes && frame->count && frame->tensor[0]->shape[0] > rows_unbacked_max)
        die("%s: %lld rows without a byte of data (at most %d)", frame->path, (long long)frame->tensor[0]->shape[0],
            rows_unbacked_max);
    return frame->count ? frame->tensor[0]->shape[0] : 0;
}

struct frame frame_select(const struct frame *frame, const int64_t *rows, int64_t count)
{
    struct frame result = { 0 };
    frame_copy_metadata(&result, frame);
    for (int i = 0; i < frame->count; i++) {
        const struct tensor *from = frame->tensor[i];
        int64_t shape[RANK_MAX];
        if (from->rank == 0)
            die("tensor '%s' has no rows to choose from (its shape is [])", from->name);
        memcpy(shape, from->shape, sizeof shape);
        shape[0] = count;
        struct tensor *to = append_new(&result, from->name, from->dtype, from->rank, shape);
        size_t bytes = tensor_row_bytes(from);
        for (int64_t r = 0; bytes && r < count; r++)
            memcpy((char *)to->data + (size_t)r * bytes, (const char *)from->data + (size_t)rows[r] * bytes, bytes);
    }
    return result;
}

struct frame frame_layout(const struct frame *frame)
{
    struct frame result = { 0 };
    frame_copy_metadata(&result, frame);
    for (int i = 0; i < frame->count; i++) {
        const struct tensor *from = frame->tensor[i];
        append_tensor(&result, tensor_new(from->name, from->dtype, from->rank, from->shape));
    }
    return result;
}

static void check_same_row(const struct frame *later, const struct tensor *a, const struct tensor *b)
{
    bool same = a->dtype == b->dtype && a->rank == b->rank;
    for (int d = 1; same && d < a->rank; d++)
        same = a->shape[d] == b->shape[d];
    if (!same)
        die("%s: field '%s' changes its type or shape between frames", later->path, a->name);
}

/* Room grows by half, so that many small frames do not copy the first rows again and again; large blocks grow by moving
 * pages instead of copying, so the peak is one copy of the rows instead of two. */
static void append_rows(struct tensor *tensor, const struct tensor *more)
{
    size_t have = tensor_bytes(tensor), add = tensor_bytes(more), need = checked_add(have, add);
    if (need > tensor->room) {
        tensor->room = need > have + have / 2 ? need : have + have / 2;
        tensor->data = reallocate(tensor->data, tensor->room, 1);
    }
    if (add)
        memcpy((char *)tensor->data + have, more->data, add);
    tensor->shape[0] += more->shape[0];
}

static bool names_classes(const char *key)
{
    static const char end[] = "classes";
    size_t length = strlen(key), tail = sizeof end - 1;
    return length >= tail && strcmp(key + length - tail, end) == 0 &&
           (length == tail || key[length - tail - 1] == '_');
}

void frame_check_classes(const struct frame *first, const struct frame *later)
{
    const char *key;
    json_t *value;
    json_object_foreach(first->metadata, key, value)
    {
        const json_t *again = json_object_get(later->metadata, key);
        if (again && names_classes(key) && !json_equal(value, again))
            die("%s: metadata '%s' is not the same in all frames ('%.200s' and '%.200s')", later->path, key,
                json_string_value(value), json_string_value(again));
    }
}

/* What the metadata of one frame state about its rows must hold for all joined rows: class names agree, and the rows
 * have one group size or none. */
static void join_metadata(struct frame *to, const struct frame *from)
{
    const char *group = frame_metadata(to, "group"), *other = frame_metadata(from, "group");
    frame_check_classes(to, from);
    if (group && (!other || strcmp(group, other) != 0))
        frame_set_metadata(to, "group", NULL);
}

void frame_append(struct frame *to, const struct frame *from)
{
    if (to->count == 0 && !to->metadata)
        frame_copy_metadata(to, from);
    else
        join_metadata(to, from);
    if (to->count == 0) {
        for (int i = 0; i < from->count; i++) {
            const struct tensor *tensor = from->tensor[i];
            struct tensor *copy = append_new(to, tensor->name, tensor->dtype, tensor->rank, tensor->shape);
            memcpy(copy->data, tensor->data, tensor_bytes(tensor));
        }
        return;
    }
    if (from->count == 0)
        return;
    if (from->count != to->count)
        die("%s: the fields change between frames (%d and %d)", from->path, to->count, from->count);
    for (int i = 0; i < to->count; i++) {
        struct tensor *tensor = to->tensor[i];
        bool in_place = strcmp(from->tensor[i]->name, tensor->name) == 0; /* true in nearly all streams */
        const struct tensor *more = in_place ? from->tensor[i] : frame_find(from, tensor->name);
        if (!more)
            die("%s: field '%s' is missing in a later frame", from->path, tensor->name);
        check_same_row(from, tensor, more);
        append_rows(tensor, more);
    }
}

const char *frame_metadata(const struct frame *frame, const char *key)
{
    const json_t *value = json_object_get(frame->metadata, key);
    const char *text = json_string_value(value);
    if (text && strlen(text) != json_string_length(value))
        die("%s: metadata '%s' holds a NUL (no program here reads such a text)", frame->path, key);
    return text;
}

void frame_set_metadata(struct frame *frame, const char *key, const char *value)
{
    if (!value) {
        if (json_object_del(frame->metadata, key) == 0 && json_object_size(frame->metadata) == 0) {
            json_decref(frame->metadata);
            frame->metadata = NULL; /* as if there had never been any */
        }
        return;
    }
    if (!frame->metadata)
        frame->metadata = json_object();
    if (json_object_set_new(frame->metadata, key, json_string(value)))
        die("metadata '%s': the value is not UTF-8", key);
}

void frame_copy_metadata(struct frame *to, const struct frame *from)
{
    if (!to->path) {
        to->path = from->path;
        to->number = from->number;
    }
    if (from->metadata && !to->metadata)
        to->metadata = json_object();
    json_object_update(to->metadata, from->metadata); /* texts are shared and never changed */
}

void frame_free(struct frame *frame)
{
    for (int i = 0; i < frame->count; i++)
        tensor_free(frame->tensor[i]);
    free(frame->tensor);
    json_decref(frame->metadata);
    *frame = (struct frame){ 0 };
}
