#define _GNU_SOURCE
#include "made.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/tensor.h"
#include "model/resnet.h"

/* ---- blobs ---- */

void blob_add(struct blob *blob, const void *bytes, size_t size)
{
    if (blob->size + size > blob->room) {
        blob->room = 2 * (blob->size + size) + 256;
        blob->bytes = realloc(blob->bytes, blob->room);
    }
    if (size)
        memcpy(blob->bytes + blob->size, bytes, size);
    blob->size += size;
}

void blob_format(struct blob *blob, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    blob_add(blob, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

void made_poke(struct bytes *bytes, struct blob *blob)
{
    unsigned kind = below(bytes, 16);
    if (kind < 12 || !blob->size)
        return;
    size_t at = (take(bytes) << 16 | take(bytes) << 8 | take(bytes)) % blob->size;
    if (kind == 12)
        blob->size = at;
    for (unsigned i = 12; i < kind; i++, at = (at + take(bytes)) % blob->size)
        blob->bytes[at] = (uint8_t)take(bytes);
}

/* ---- texts ---- */

static const char *const field_names[] = {
    "label", "image", "index", "feature", "prediction", "rotation", "logit", "loss", "fmap", "map", "neighbor_index",
    "neighbor_label", "neighbor_distance", "cam", "knn_prediction", "x", "label.0", "feature.1", "neighbor_label.1",
    "conv1.weight", "fc.weight", "fc.bias", "probe_prediction", "group", "probe_logit", "y_label", "", NULL
};

static const char *any_name(struct bytes *bytes)
{
    return field_names[below(bytes, sizeof field_names / sizeof *field_names - 1)];
}

static const char *const words[] = {
    ",", "=", "!=", "<", "<=", ">", ">=", "-", ".", "%", "/", "0", "1", "2", "3", "10", "0-2", "7,1", "1/2", "50%",
    "all", "none", "label=1", "x>0", "loss", "label!=c2", "feature.0<0.5", "loss>=0", "2,0,1", "5,3", "3", "label<2",
    "nan", "inf", "-1", "1e300", "9223372036854775807", "99999999999999999999", "0.5", "predicted",
    "black", "white", "#102030", "#12345", "layer1.0", "layer2", "layer2.pool", "conv1", "layer1", "fmap", "a0", "b1",
    "c", "cat", "classes", "source", "x=y", "label=x", "x=label",
    "feature,logit", "loss,fmap", "0,1", "1,0", "-1,1", "e", " ", "\t", "\303\251", "\xff", "%s%n", "..", "~"
};

static void add_pieces(struct bytes *bytes, struct blob *blob)
{
    unsigned parts = 1 + below(bytes, 5);
    for (unsigned i = 0; i < parts; i++) {
        unsigned kind = below(bytes, 8);
        const char *part = kind < 4 ? any_name(bytes) : CHOOSE(bytes, words);
        if (kind == 7)
            for (unsigned left = below(bytes, 40); left && bytes->at < bytes->end; left--)
                if (*bytes->at++)
                    blob_add(blob, bytes->at - 1, 1);
        if (kind < 7)
            blob_add(blob, part, strlen(part));
    }
}

void made_text(struct bytes *bytes, const char *const *names, struct blob *blob)
{
    unsigned kind = below(bytes, 8), count = 0;
    while (names[count])
        count++;
    if (kind < 5 && count) {
        for (unsigned left = kind < 3 ? 1 : kind - 1; left; left--)
            blob_format(blob, "%s%s", names[below(bytes, count)], left > 1 ? "," : "");
    } else if (kind < 7) {
        blob_format(blob, "%s", CHOOSE(bytes, words));
    } else {
        add_pieces(bytes, blob);
    }
    blob_add(blob, "", 1);
}

/* A JSON string of a text; bytes that are no UTF-8 stay. */
static void add_json(struct blob *blob, const char *text)
{
    blob_add(blob, "\"", 1);
    for (; *text; text++)
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            blob_format(blob, "\\u%04x", (unsigned)*text);
        else
            blob_add(blob, text, 1);
    blob_add(blob, "\"", 1);
}

/* ---- tensors ---- */

enum { FIELDS_MAX = 192, BYTES_MAX = 1 << 16 };

struct field {
    char name[NAME_MAX_LENGTH];
    enum dtype dtype;
    int rank;
    int64_t shape[RANK_MAX];
    bool gone, positive;
    unsigned mode, parameter, limit; /* limit: whole numbers are below it */
};

struct sizes made_sizes(struct bytes *bytes)
{
    static const int64_t rows[] = { 3, 1, 2, 5, 8, 0, 17, 40 }, side[] = { 4, 8, 1, 2, 3, 5, 16, 32 },
                         channels[] = { 4, 1, 3, 8, 2, 9, 16, 33 }, few[] = { 2, 3, 1, 4, 7, 10, 0, 20 };
    struct sizes sizes = { CHOOSE(bytes, rows), CHOOSE(bytes, side), CHOOSE(bytes, channels), CHOOSE(bytes, few),
                           CHOOSE(bytes, few), CHOOSE(bytes, few) };
    return sizes;
}

static void set_shape(struct field *field, enum dtype dtype, int rank, int64_t a, int64_t b, int64_t c, int64_t d)
{
    field->dtype = dtype;
    field->rank = rank;
    memcpy(field->shape, (int64_t[]){ a, b, c, d }, 4 * sizeof(int64_t));
}

/* What a field of that name usually is. */
static void usual(struct field *field, const char *name, const struct sizes *s)
{
    bool neighbors = strncmp(name, "neighbor_", 9) == 0;
    *field = (struct field){ .limit = (unsigned)s->classes };
    strcpy(field->name, name);
    if (strcmp(name, "image") == 0)
        set_shape(field, DTYPE_U8, 4, s->rows, 3, s->side, s->side);
    else if (strcmp(name, "fmap") == 0)
        set_shape(field, DTYPE_F32, 4, s->rows, s->channels, (s->side + 1) / 2, (s->side + 1) / 2);
    else if (strcmp(name, "cam") == 0)
        set_shape(field, DTYPE_F32, 3, s->rows, s->side, s->side, 0);
    else if (strcmp(name, "feature") == 0)
        set_shape(field, DTYPE_F32, 2, s->rows, s->values, 0, 0);
    else if (strcmp(name, "logit") == 0)
        set_shape(field, DTYPE_F32, 2, s->rows, s->classes, 0, 0);
    else if (strcmp(name, "map") == 0)
        set_shape(field, DTYPE_F32, 2, s->rows, 2, 0, 0);
    else if (neighbors)
        set_shape(field, strcmp(name, "neighbor_distance") ? DTYPE_I64 : DTYPE_F32, 2, s->rows, s->neighbors, 0, 0);
    else if (strcmp(name, "loss") == 0 || strcmp(name, "x") == 0)
        set_shape(field, DTYPE_F32, 1, s->rows, 0, 0, 0);
    else if (strcmp(name, "conv1.weight") == 0)
        set_shape(field, DTYPE_F32, 4, s->channels, 3, 3, 3);
    else if (strcmp(name, "fc.weight") == 0)
        set_shape(field, DTYPE_F32, 2, s->classes, s->channels, 0, 0);
    else if (strcmp(name, "fc.bias") == 0)
        set_shape(field, DTYPE_F32, 1, s->classes, 0, 0, 0);
    else
        set_shape(field, DTYPE_I64, 1, s->rows, 0, 0, 0);
    if (strcmp(name, "index") == 0 || strcmp(name, "neighbor_index") == 0)
        field->limit = (unsigned)s->rows;
    if (strcmp(name, "rotation") == 0)
        field->limit = 4;
}

/* One thing about it otherwise. */
static void deviate(struct bytes *bytes, struct field *field)
{
    static const int64_t numbers[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 255, 256, 4096, 65535,
                                       65536, 65537, 1 << 20, INT32_MAX, (int64_t)1 << 31, (int64_t)1 << 32,
                                       INT64_MAX };
    switch (below(bytes, 8)) {
    case 0: field->dtype = (enum dtype)below(bytes, DTYPE_COUNT); break;
    case 1:
        if (field->rank < RANK_MAX)
            field->shape[field->rank++] = CHOOSE(bytes, numbers);
        break;
    case 2: field->rank -= field->rank > 0; break;
    case 3: field->shape[below(bytes, RANK_MAX)] = CHOOSE(bytes, numbers); break;
    case 4: strcpy(field->name, any_name(bytes)); break;
    case 5: field->gone = true; break;
    case 6:
        field->mode = take(bytes);
        field->parameter = take(bytes);
        break;
    default: field->shape[0] = CHOOSE(bytes, numbers); break;
    }
}

/* Bytes of the data, or more than BYTES_MAX where they are too many. */
static size_t bytes_of(const struct field *field)
{
    size_t bits = dtype_bits(field->dtype);
    for (int d = 0; d < field->rank; d++)
        if (__builtin_mul_overflow(bits, (size_t)field->shape[d], &bits))
            bits = SIZE_MAX;
    for (int d = 0; d < field->rank; d++)
        if (!field->shape[d])
            return 0;
    return bits / 8;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static const double specials[] = { NAN, INFINITY, -INFINITY, 1e38, -1e38, 1e-40, -0.0, 3e38, 1e300, 1, -1, 1e10 };

static double real_value(const struct field *field, size_t i, unsigned kind)
{
    uint64_t random = mix(field->parameter * 1000003u + i);
    double small = (double)(random % 2001) / 1000 - (field->positive ? 0 : 1);
    switch (kind) {
    case 2: return specials[field->parameter % (sizeof specials / sizeof *specials)];
    case 3: return i == field->parameter / 16 ? specials[field->parameter % 12] : small;
    case 4: return 0;
    case 5: return small * 1e30;
    case 6: return (double)(i % 3);
    default: return small;
    }
}

static int64_t whole_value(const struct field *field, size_t i, unsigned kind)
{
    static const int64_t whole[] = { -1, INT64_MAX, INT64_MIN, 255, 1 << 20, 99999, 100000, 65536 };
    uint64_t random = mix(field->parameter * 1000003u + i);
    int64_t small = (int64_t)(field->limit ? i % field->limit : i);
    switch (kind) {
    case 2: return whole[field->parameter % 8];
    case 3: return i == field->parameter / 16 ? whole[field->parameter % 8] : small;
    case 4: return 0;
    case 5: return (int64_t)random;
    case 6: return (int64_t)(random % (field->parameter + 1));
    default: return small;
    }
}

static void add_values(struct bytes *bytes, const struct field *field, struct blob *blob)
{
    size_t size = bytes_of(field), wide = dtype_bits(field->dtype) / 8;
    unsigned kind = field->mode % 8;
    if (size > BYTES_MAX)
        return; /* a claim */
    for (size_t i = 0; i < size; i += wide ? wide : 1) {
        union {
            float f32;
            double f64;
            int64_t i64;
            uint8_t u8[8];
        } value = { .i64 = whole_value(field, i / (wide ? wide : 1), kind) };
        if (kind == 7)
            value.u8[take(bytes) % 8] = (uint8_t)take(bytes);
        else if (field->dtype == DTYPE_F32)
            value.f32 = (float)real_value(field, i / wide, kind);
        else if (field->dtype == DTYPE_F64)
            value.f64 = real_value(field, i / wide, kind);
        else if (field->dtype == DTYPE_U8 && kind == 0)
            value.i64 = (int64_t)mix(i);
        blob_add(blob, &value, wide ? wide : 1);
    }
}

/* ---- metadata ---- */

struct pair {
    char key[32], value[512];
};
enum { PAIRS_MAX = 24 };

static void set_pair(struct pair *pairs, int *count, const char *key, const char *value)
{
    int i = 0;
    while (i < *count && strcmp(pairs[i].key, key) != 0)
        i++;
    if (i == PAIRS_MAX)
        return;
    *count += i == *count;
    snprintf(pairs[i].key, sizeof pairs[i].key, "%s", key);
    snprintf(pairs[i].value, sizeof pairs[i].value, "%s", value);
}

static void class_list(int64_t count, char text[static 512])
{
    text[0] = 0;
    for (int64_t k = 0; k < count && k < 100; k++)
        sprintf(text + strlen(text), "%s%c%lld", k ? "," : "", (int)('a' + k % 26), (long long)k);
}

/* Texts that are not what is expected. */
static void odd_pairs(struct bytes *bytes, const struct sizes *sizes, struct pair *pairs, int *count)
{
    static const char *const keys[] = {
        "classes", "group", "source", "task", "prediction_classes", "label_classes", "widths", "blocks", "height",
        "width", "activation", "downsample", "logit_scale", "mean", "std", "architecture", "key",
        "neighbor_label_classes"
    };
    static const char *const values[] = {
        "", "1", "4", "0", "-1", "2,2", "0,0", "1,1,1", "nan,0,0", "1e30", "-1e-30", "0.1,0.2,0.3", "a,,b", ",", "relu",
        "celu", "gelu", "pool", "stride", "label", "rotation", "index", "none", "resnet", "4096", "4097", "2147483648",
        "99999999999999999999", "1,2,3,4,5,6,7,8,9", "64,64", "5,5,5", "checkpoint"
    };
    for (unsigned odd = take(bytes) % 16 < 12 ? 0 : 1 + below(bytes, 3); odd; odd--) {
        const char *key = CHOOSE(bytes, keys);
        unsigned kind = below(bytes, 4);
        char text[512];
        if (kind == 0) {
            class_list((int64_t)below(bytes, 30), text);
        } else if (kind == 1) {
            struct blob word = { 0 };
            made_text(bytes, field_names, &word);
            snprintf(text, sizeof text, "%s", (const char *)word.bytes);
            free(word.bytes);
        } else {
            snprintf(text, sizeof text, "%s", CHOOSE(bytes, values));
        }
        set_pair(pairs, count, key, text);
    }
    (void)sizes;
}

/* ---- frames ---- */

static void add_header(const struct field *fields, int count, const struct pair *pairs, int pairs_count,
                       struct blob *blob)
{
    struct blob header = { 0 };
    size_t at = 0;
    const char *between = "{";
    if (pairs_count) {
        blob_format(&header, "%s\"__metadata__\":{", between);
        for (int i = 0; i < pairs_count; i++) {
            blob_format(&header, "%s", i ? "," : "");
            add_json(&header, pairs[i].key);
            blob_format(&header, ":");
            add_json(&header, pairs[i].value);
        }
        blob_format(&header, "}");
        between = ",";
    }
    for (int i = 0; i < count; i++) {
        if (fields[i].gone)
            continue;
        blob_format(&header, "%s", between);
        between = ",";
        add_json(&header, fields[i].name);
        blob_format(&header, ":{\"dtype\":\"%s\",\"shape\":[", dtype_name(fields[i].dtype));
        for (int d = 0; d < fields[i].rank; d++)
            blob_format(&header, "%s%lld", d ? "," : "", (long long)fields[i].shape[d]);
        blob_format(&header, "],\"data_offsets\":[%zu,%zu]}", at, at + bytes_of(&fields[i]));
        at += bytes_of(&fields[i]);
    }
    blob_format(&header, "%s}", between[0] == '{' ? "{" : "");
    uint64_t length = header.size;
    blob_add(blob, &length, sizeof length);
    blob_add(blob, header.bytes, header.size);
    free(header.bytes);
}

static void add_frame(struct bytes *bytes, const struct field *fields, int count, const struct pair *pairs,
                      int pairs_count, struct blob *blob)
{
    add_header(fields, count, pairs, pairs_count, blob);
    for (int i = 0; i < count; i++)
        if (!fields[i].gone)
            add_values(bytes, &fields[i], blob);
}

static void deviations(struct bytes *bytes, struct field *fields, int count)
{
    for (unsigned odd = take(bytes) % 16 < 11 ? 0 : 1 + below(bytes, 3); odd && count; odd--)
        deviate(bytes, &fields[below(bytes, (unsigned)count)]);
}

void made_rows(struct bytes *bytes, const struct sizes *sizes, const char *const *names, struct blob *blob)
{
    static const unsigned frames[] = { 1, 2, 3, 0, 1, 2, 1, 5 };
    struct field fields[FIELDS_MAX];
    struct pair pairs[PAIRS_MAX];
    int count = 0, pairs_count = 0;
    unsigned left_out = take(bytes), more = below(bytes, 4), left = CHOOSE(bytes, frames);
    char classes[512];
    for (int i = 0; names[i]; i++)
        if (!(left_out >> i % 8 & 1))
            usual(&fields[count++], names[i], sizes);
    for (; more; more--)
        usual(&fields[count++], any_name(bytes), sizes);
    class_list(sizes->classes, classes);
    set_pair(pairs, &pairs_count, "classes", classes);
    odd_pairs(bytes, sizes, pairs, &pairs_count);
    deviations(bytes, fields, count);
    for (; left; left--) {
        struct field now[FIELDS_MAX];
        unsigned rows = take(bytes);
        memcpy(now, fields, sizeof now);
        for (int i = 0; i < count; i++) {
            if (rows % 4 == 3) /* of another length, as the last frame is */
                now[i].shape[0] = rows / 16;
            now[i].parameter += left;
        }
        deviations(bytes, now, count);
        if (left > 1)
            odd_pairs(bytes, sizes, pairs, &pairs_count);
        add_frame(bytes, now, count, pairs, pairs_count, blob);
    }
    made_poke(bytes, blob);
}

/* ---- models ---- */

static void list_text(const int *values, int count, char text[static 64])
{
    text[0] = 0;
    for (int i = 0; i < count; i++)
        sprintf(text + strlen(text), "%s%d", i ? "," : "", values[i]);
}

static struct resnet_config made_config(struct bytes *bytes, const struct sizes *sizes)
{
    struct resnet_config config = { .stages = 1 + (int)below(bytes, 3), .classes = (int)sizes->classes,
                                    .height = (int)sizes->side, .width = (int)sizes->side };
    config.activation = (enum activation)below(bytes, 2);
    config.downsample = (enum downsample)below(bytes, 2);
    for (int s = 0; s < config.stages; s++) {
        config.widths[s] = s == config.stages - 1 ? (int)sizes->channels : 1 + (int)below(bytes, 5);
        config.blocks[s] = 1 - (int)below(bytes, 2);
    }
    if (rarely(bytes, 16))
        config.width = 1 + (int)below(bytes, 40);
    return config;
}

static int network_fields(const struct resnet_config *config, struct field *fields)
{
    char rule[RESNET_RULE_MAX];
    int count = 0;
    if (!resnet_possible(config, rule))
        return 0;
    struct resnet *net = resnet_describe(config);
    for (int i = 0; i < net->tensors && i < FIELDS_MAX; i++) {
        const struct resnet_tensor *tensor = &net->tensor[i];
        struct field *field = &fields[count++];
        *field = (struct field){ .positive = strstr(tensor->name, "running_var"), .parameter = (unsigned)i };
        strcpy(field->name, tensor->name);
        set_shape(field, DTYPE_F32, tensor->rank, tensor->outputs, tensor->inputs, tensor->kernel, tensor->kernel);
    }
    resnet_free(net);
    return count;
}

void made_model(struct bytes *bytes, const struct sizes *sizes, struct blob *blob)
{
    struct field fields[FIELDS_MAX];
    struct pair pairs[PAIRS_MAX];
    int pairs_count = 0;
    struct resnet_config config = made_config(bytes, sizes);
    int count = network_fields(&config, fields);
    char widths[64], blocks[64], height[16], width[16], classes[512];
    list_text(config.widths, config.stages, widths);
    list_text(config.blocks, config.stages, blocks);
    snprintf(height, sizeof height, "%d", config.height);
    snprintf(width, sizeof width, "%d", config.width);
    class_list(config.classes, classes);
    const char *const set[][2] = {
        { "architecture", "resnet" }, { "widths", widths }, { "blocks", blocks }, { "height", height },
        { "width", width },
        { "activation", activation_names[config.activation] }, { "downsample", downsample_names[config.downsample] },
        { "mean", "0.4,0.5,0.6" }, { "std", "0.2,0.3,0.1" }, { "classes", classes }, { "task", "label" }
    };
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        set_pair(pairs, &pairs_count, set[i][0], set[i][1]);
    odd_pairs(bytes, sizes, pairs, &pairs_count);
    deviations(bytes, fields, count);
    add_frame(bytes, fields, count, pairs, pairs_count, blob);
    if (rarely(bytes, 32))
        add_frame(bytes, fields, count, pairs, pairs_count, blob);
    made_poke(bytes, blob);
}

/* ---- data sets ---- */

/* Files of the fixtures, read once: batches and names of the python layouts. */
enum { KNOWN_MAX = 200 };
static struct blob known[KNOWN_MAX];
static unsigned known_count;

static int no_dot(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void read_known(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, no_dot, alphasort);
    for (int i = 0; i < count; i++) {
        char path[512], part[4096];
        struct stat about;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
            read_known(path);
            continue;
        }
        FILE *file = fopen(path, "rb");
        if (!file || known_count == KNOWN_MAX)
            continue;
        for (size_t got; (got = fread(part, 1, sizeof part, file));)
            blob_add(&known[known_count], part, got);
        fclose(file);
        known_count += known[known_count].size > 0;
    }
    if (count >= 0)
        free(entries);
}

static void add_records(struct bytes *bytes, unsigned labels, struct blob *blob)
{
    static const unsigned counts[] = { 2, 1, 3, 10, 20, 0 };
    unsigned rows = CHOOSE(bytes, counts), first = take(bytes);
    for (unsigned i = 0; i < rows; i++) {
        uint8_t record[2 + 3072];
        memset(record, (int)i, sizeof record);
        record[0] = (uint8_t)((first + i) % 10);
        record[1] = (uint8_t)((first + i) % 100);
        blob_add(blob, record, 3072 + labels);
    }
}

static void add_contents(struct bytes *bytes, unsigned usual_kind, struct blob *blob)
{
    unsigned kind = take(bytes);
    kind = kind % 8 < 5 ? usual_kind : kind / 8 % 6;
    if (kind == 2 && !known_count)
        kind = 0;
    switch (kind) {
    case 0:
    case 1: add_records(bytes, kind + 1, blob); break;
    case 2: {
        const struct blob *whole = &known[below(bytes, known_count)];
        blob_add(blob, whole->bytes, whole->size);
        break;
    }
    case 3:
        for (unsigned i = 0; i < 10 + below(bytes, 2) * 90; i++)
            blob_format(blob, "name %u\n", i);
        break;
    case 4: {
        struct blob text = { 0 };
        for (unsigned lines = below(bytes, 12); lines; lines--) {
            text.size = 0;
            made_text(bytes, field_names, &text);
            blob_format(blob, "%s\n", (const char *)text.bytes);
        }
        free(text.bytes);
        break;
    }
    default: {
        size_t size = (size_t)(bytes->end - bytes->at) / 2;
        blob_add(blob, bytes->at, size);
        bytes->at += size;
    }
    }
    made_poke(bytes, blob);
}

static const struct {
    const char *name;
    unsigned kind;
} layout_files[4][6] = {
    { { "data_batch_1.bin", 0 }, { "test_batch.bin", 0 }, { "batches.meta.txt", 3 }, { "data_batch_2.bin", 0 },
      { "source.txt", 4 }, { "data_batch_5.bin", 0 } },
    { { "data_batch_1", 2 }, { "test_batch", 2 }, { "batches.meta", 2 }, { "data_batch_2", 2 }, { "source.txt", 4 },
      { "data_batch_5", 2 } },
    { { "train.bin", 1 }, { "test.bin", 1 }, { "fine_label_names.txt", 3 }, { "coarse_label_names.txt", 3 },
      { "source.txt", 4 }, { "train.bin", 1 } },
    { { "train", 2 }, { "test", 2 }, { "meta", 2 }, { "source.txt", 4 }, { "train", 2 }, { "data_batch_1", 2 } },
};

static const char *made_folder(struct bytes *bytes, unsigned layout)
{
    unsigned count = 1 + below(bytes, 6);
    for (unsigned i = 0; i < count; i++) {
        struct blob blob = { 0 };
        unsigned from = rarely(bytes, 16) ? below(bytes, 4) : layout;
        char name[64];
        add_contents(bytes, layout_files[from][i].kind, &blob);
        snprintf(name, sizeof name, "data/%s", layout_files[from][i].name);
        harness_file(name, blob.bytes, blob.size);
        free(blob.bytes);
    }
    return "data";
}

typedef int archive_setting(struct archive *archive);
static archive_setting *const formats[] = { archive_write_set_format_ustar, archive_write_set_format_pax,
                                            archive_write_set_format_gnutar, archive_write_set_format_zip,
                                            archive_write_set_format_7zip };
static archive_setting *const filters[] = { archive_write_add_filter_none, archive_write_add_filter_none,
                                            archive_write_add_filter_gzip, archive_write_add_filter_xz,
                                            archive_write_add_filter_bzip2, archive_write_add_filter_zstd,
                                            archive_write_add_filter_lz4, archive_write_add_filter_none };

static void add_member(struct bytes *bytes, struct archive *archive, const char *name, unsigned kind)
{
    struct archive_entry *entry = archive_entry_new();
    struct blob blob = { 0 }, path = { 0 };
    unsigned odd = take(bytes);
    add_contents(bytes, kind, &blob);
    if (odd % 16 == 15)
        made_text(bytes, field_names, &path);
    else
        blob_format(&path, "%s%s", odd & 1 ? "cifar/" : "", name);
    blob_add(&path, "", 1);
    archive_entry_set_pathname(entry, (const char *)path.bytes);
    archive_entry_set_filetype(entry, odd % 16 == 14 ? AE_IFLNK : odd % 16 == 12 ? AE_IFDIR : AE_IFREG);
    if (odd % 16 == 14)
        archive_entry_set_symlink(entry, "x");
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, odd % 16 == 12 ? 0 : (la_int64_t)blob.size);
    if (archive_write_header(archive, entry) == ARCHIVE_OK)
        archive_write_data(archive, blob.bytes, blob.size);
    archive_entry_free(entry);
    free(blob.bytes);
    free(path.bytes);
}

static const char *made_archive(struct bytes *bytes, unsigned layout)
{
    static char room[1 << 20];
    struct blob blob = { 0 };
    size_t size = 0;
    struct archive *archive = archive_write_new();
    unsigned count = 1 + below(bytes, 6), repeat = take(bytes);
    CHOOSE(bytes, formats)(archive);
    CHOOSE(bytes, filters)(archive);
    archive_write_set_bytes_in_last_block(archive, 1);
    archive_write_open_memory(archive, room, sizeof room, &size);
    for (unsigned i = 0; i < count; i++)
        add_member(bytes, archive, layout_files[layout][i].name, layout_files[layout][i].kind);
    if (repeat % 16 == 15)
        add_member(bytes, archive, layout_files[repeat / 16 % 4][0].name, layout_files[layout][0].kind);
    archive_write_close(archive);
    archive_write_free(archive);
    blob_add(&blob, room, size);
    made_poke(bytes, &blob);
    const char *path = harness_file("archive", blob.bytes, blob.size);
    free(blob.bytes);
    return path;
}

/* No file of an earlier run stays. */
static void empty_folder(const char *path)
{
    for (unsigned layout = 0; layout < 4; layout++)
        for (unsigned i = 0; i < 6; i++) {
            char *file = format_string("%s/%s", path, layout_files[layout][i].name);
            remove(file);
            free(file);
        }
}

const char *made_cifar(struct bytes *bytes)
{
    static char path[512];
    static bool started;
    snprintf(path, sizeof path, "%s/data", harness_folder());
    if (!started) {
        mkdir(path, 0700);
        read_known("tests/fixtures/cifar");
        started = true;
    }
    unsigned kind = below(bytes, 4), layout = below(bytes, 4);
    if (kind == 1)
        return made_archive(bytes, layout);
    empty_folder(path);
    made_folder(bytes, layout);
    if (kind == 2)
        snprintf(path + strlen(path), 64, "/%s", layout_files[layout][0].name);
    if (kind == 3) /* the folder that has the folder */
        snprintf(path, sizeof path, "%s", harness_folder());
    return path;
}
