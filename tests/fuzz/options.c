/* Any bytes as arguments, with a 0 after each, for a table that has options of every type. */
#define _GNU_SOURCE
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/options.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    harness_start(*argv);
    return 0;
}

enum { ARGUMENTS_MAX = 80 };
struct call {
    int count;
    char *argument[ARGUMENTS_MAX + 1];
};

static void read_numbers(const char *text)
{
    int64_t whole;
    double real;
    const char *rest = text;
    if (parse_integer(text, INT64_MIN, INT64_MAX, &whole) && parse_integer(text, 0, 10, &whole) &&
        (whole < 0 || whole > 10))
        finding("'%s' is within 0 and 10", text);
    if (parse_real(text, -1e300, 1e300, &real) && parse_real(text, 0, 1, &real) && !(real >= 0 && real <= 1))
        finding("'%s' is within 0 and 1", text);
    for (char *item; (item = list_take(&rest)); free(item))
        if (strchr(item, ','))
            finding("an item with a comma: '%s'", item);
}

static void parse(void *context)
{
    static const char *const choices[] = { "one", "two", "three", NULL };
    struct call *call = context;
    bool flag = false;
    int64_t number = 7, large = 0;
    double share = 0.5;
    const char *text = NULL;
    struct text_list texts = { 0 };
    int choice = 1, none = -1;
    struct integer_list list = { 2, { 1, 2 } };
    const struct option_row rows[] = {
        OPTION_FLAG('f', "flag", &flag, "a flag"),
        OPTION_INTEGER('n', "number", &number, "N", -5, 100, "a number"),
        OPTION_INTEGER(0, "large", &large, "N", 0, 9223372036854775807.0, "a large number"),
        OPTION_REAL('r', "real", &share, "X", 0, 1, "a share"),
        OPTION_TEXT('t', "text", &text, "TEXT", "a text"),
        OPTION_TEXTS('w', "texts", &texts, "TEXT", "some texts"),
        OPTION_CHOICE('c', "choice", &choice, "WHICH", choices, "a choice"),
        OPTION_CHOICE(0, "choose", &none, "WHICH", choices, "a choice without a default"),
        OPTION_INTEGERS('l', "list", &list, "LIST", 0, 1000000, "a list"),
        OPTION_END,
    };
    static const struct usage usage = { "[OPTION...] [FILE...]", "Nothing.", false, false, 0, 4 };
    for (int i = 1; i < call->count; i++)
        read_numbers(call->argument[i]);
    int operand = options_parse(call->count, call->argument, &usage, rows);
    if (operand < 1 || operand > call->count || number < -5 || number > 100 || large < 0 || !(share >= 0 && share <= 1))
        finding("a value out of its range");
    for (const struct option_row *row = rows; row->type != TYPE_END; row++)
        free(option_text(row));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char program[] = "options";
    struct call call = { 1, { program } };
    char *text = malloc(size + 1), *end = text + size;
    memcpy(text, data, size);
    *end = 0;
    for (char *at = text; at < end && call.count < ARGUMENTS_MAX; at += strlen(at) + 1)
        call.argument[call.count++] = at;
    call.argument[call.count] = NULL;
    harness_run(parse, &call, "", 0);
    free(text);
    return 0;
}
