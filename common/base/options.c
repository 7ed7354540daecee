#define _POSIX_C_SOURCE 200809L /* isatty, getopt */
#define _GNU_SOURCE             /* getopt_long */
#include "base/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/list.h"
#include "base/files.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/threads.h"
#include "base/version.h"

enum { ROWS_MAX = 64, LONG_ONLY = 256, CODE_HELP = 1000, CODE_VERSION };

/* What every program has beside -h and --version. */
static int64_t threads; /* 0: all cores */

static const struct option_row common_rows[] = {
    OPTION_INTEGER('j', "threads", &threads, "N", 0, 1024, "threads; 0 means all cores"),
    OPTION_FLAG('q', "quiet", &program_quiet, "no progress, results or warnings on stderr"),
    OPTION_END,
};

/* Pointers to the values of the options that were given. */
static const void *given[ROWS_MAX];
static int given_count;

bool option_given(const void *value)
{
    for (int i = 0; i < given_count; i++)
        if (given[i] == value)
            return true;
    return false;
}

bool parse_integer(const char *text, int64_t low, int64_t high, int64_t *value)
{
    char *end;
    errno = 0;
    if (!strchr("-0123456789", text[0]) || !text[0])
        return false;
    long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end || number < low || number > high)
        return false;
    *value = number;
    return true;
}

bool parse_real(const char *text, double low, double high, double *value)
{
    char *end;
    errno = 0;
    if (!strchr("-.0123456789", text[0]) || !text[0] || strpbrk(text, "xX")) /* no hexadecimal numbers */
        return false;
    double number = strtod(text, &end);
    if (errno == ERANGE || end == text || *end || !isfinite(number) || number < low || number > high)
        return false;
    *value = number;
    return true;
}

/* A bound as a whole number. A double cannot represent INT64_MAX, so a bound that rounds up to 2^63 means INT64_MAX. */
static int64_t whole_bound(double bound)
{
    if (bound >= 0x1p63)
        return INT64_MAX;
    return bound <= -0x1p63 ? INT64_MIN : (int64_t)bound;
}

/* The option's name as a user types it, for messages. */
static const char *row_flag(const struct option_row *row)
{
    static char flag[64];
    snprintf(flag, sizeof flag, "--%s", row->name);
    return flag;
}

static void parse_list(const struct option_row *row, const char *text)
{
    struct integer_list list = { 0 };
    for (char *item; (item = list_take(&text)); free(item)) {
        if (list.count == INTEGER_LIST_MAX)
            die_usage("%s: too many values (at most %d)", row_flag(row), INTEGER_LIST_MAX);
        if (!parse_integer(item, whole_bound(row->low), whole_bound(row->high), &list.item[list.count++]))
            die_usage("%s: '%s' is not a whole number from %.0f to %.0f", row_flag(row), item, row->low, row->high);
    }
    *(struct integer_list *)row->value = list;
}

static void parse_choice(const struct option_row *row, const char *text)
{
    char names[512] = "";
    for (int i = 0; row->choices[i]; i++) {
        if (strcmp(row->choices[i], text) == 0) {
            *(int *)row->value = i;
            return;
        }
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", row->choices[i]);
    }
    die_usage("%s: '%s' is none of %s", row_flag(row), text, names);
}

static void set_value(const struct option_row *row, const char *text)
{
    struct text_list *texts;
    if (given_count < ROWS_MAX)
        given[given_count++] = row->value;
    switch (row->type) {
    case TYPE_FLAG:
        *(bool *)row->value = true;
        break;
    case TYPE_INTEGER:
        if (!parse_integer(text, whole_bound(row->low), whole_bound(row->high), row->value))
            die_usage("%s: '%s' is not a whole number from %.0f to %.0f", row_flag(row), text, row->low, row->high);
        break;
    case TYPE_REAL:
        if (!parse_real(text, row->low, row->high, row->value))
            die_usage("%s: '%s' is not a number from %g to %g", row_flag(row), text, row->low, row->high);
        break;
    case TYPE_TEXT:
        *(const char **)row->value = text;
        break;
    case TYPE_TEXTS:
        texts = row->value;
        if (texts->count == TEXT_LIST_MAX)
            die_usage("%s: given too often (at most %d times)", row_flag(row), TEXT_LIST_MAX);
        texts->item[texts->count++] = text;
        break;
    case TYPE_CHOICE:
        parse_choice(row, text);
        break;
    case TYPE_INTEGERS:
        parse_list(row, text);
        break;
    case TYPE_END:
        break;
    }
}

static char *list_text(const struct integer_list *list)
{
    char text[INTEGER_LIST_MAX * 24] = "";
    for (int i = 0; i < list->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%lld", i ? "," : "", (long long)list->item[i]);
    }
    return copy_string(text);
}

/* The shortest text that reads back as the same number. */
static char *real_text(double value)
{
    for (int digits = 6; digits < 17; digits++) {
        char text[32];
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return copy_string(text);
    }
    return format_string("%.17g", value);
}

char *option_text(const struct option_row *row)
{
    const char *text;
    switch (row->type) {
    case TYPE_FLAG:
        return copy_string(*(bool *)row->value ? "yes" : "no");
    case TYPE_INTEGER:
        return format_string("%lld", (long long)*(int64_t *)row->value);
    case TYPE_REAL:
        return real_text(*(double *)row->value);
    case TYPE_TEXT:
        text = *(const char **)row->value;
        return copy_string(text ? text : "none");
    case TYPE_CHOICE:
        return copy_string(*(int *)row->value < 0 ? "none" : row->choices[*(int *)row->value]);
    case TYPE_INTEGERS:
        return list_text(row->value);
    case TYPE_TEXTS:
    case TYPE_END:
        break;
    }
    return copy_string("");
}

/* Prints the default of a row for --help; must be called before parsing. */
static void print_default(const struct option_row *row)
{
    const struct integer_list *list;
    switch (row->type) {
    case TYPE_INTEGER:
        printf(" (%.0f to %.0f; default %lld)", row->low, row->high, (long long)*(int64_t *)row->value);
        break;
    case TYPE_REAL:
        printf(" (%g to %g; default %g)", row->low, row->high, *(double *)row->value);
        break;
    case TYPE_TEXT:
        if (*(const char **)row->value)
            printf(" (default %s)", *(const char **)row->value);
        break;
    case TYPE_CHOICE:
        printf(" (");
        for (int i = 0; row->choices[i]; i++)
            printf("%s%s", i ? ", " : "", row->choices[i]);
        if (*(int *)row->value >= 0)
            printf("; default %s)", row->choices[*(int *)row->value]);
        else
            printf(")");
        break;
    case TYPE_INTEGERS:
        list = row->value;
        printf(" (each %.0f to %.0f", row->low, row->high);
        for (int i = 0; i < list->count; i++)
            printf("%s%lld", i ? "," : "; default ", (long long)list->item[i]);
        printf(")");
        break;
    case TYPE_TEXTS:
        printf(" (may be given several times)");
        break;
    case TYPE_FLAG:
    case TYPE_END:
        break;
    }
}

static void print_rows(const struct option_row *rows)
{
    for (const struct option_row *row = rows; row->type != TYPE_END; row++) {
        char left[80];
        if (row->letter)
            snprintf(left, sizeof left, "-%c, --%s", row->letter, row->name);
        else
            snprintf(left, sizeof left, "    --%s", row->name);
        if (row->argument) {
            size_t used = strlen(left);
            snprintf(left + used, sizeof left - used, " %s", row->argument);
        }
        printf("  %-26s  %s", left, row->help);
        print_default(row);
        printf("\n");
    }
}

static _Noreturn void print_help(const struct usage *usage, const struct option_row *rows)
{
    printf("usage: %s %s\n\n%s\n\n", program_name, usage->synopsis, usage->description);
    print_rows(rows);
    print_rows(common_rows);
    printf("  %-26s  %s\n", "-h, --help", "print this and exit");
    printf("  %-26s  %s\n", "    --version", "print the version and exit");
    close_stdout();
    exit(EXIT_OK);
}

/* Fills getopt's two tables from ours: row i gets code i + LONG_ONLY, or its letter. */
static int fill_getopt(const struct option_row **all, int count, struct option *longs, char *shorts)
{
    for (int i = 0; i < count; i++) {
        const struct option_row *row = all[i];
        int has = row->type == TYPE_FLAG ? no_argument : required_argument;
        longs[i] = (struct option){ row->name, has, NULL, LONG_ONLY + i };
        if (row->letter) {
            *shorts++ = row->letter;
            if (has == required_argument)
                *shorts++ = ':';
        }
    }
    longs[count] = (struct option){ "help", no_argument, NULL, CODE_HELP };
    longs[count + 1] = (struct option){ "version", no_argument, NULL, CODE_VERSION };
    longs[count + 2] = (struct option){ NULL, 0, NULL, 0 };
    *shorts++ = 'h';
    *shorts = 0;
    return count;
}

static const struct option_row *find_row(const struct option_row **all, int count, int code)
{
    if (code >= LONG_ONLY && code - LONG_ONLY < count)
        return all[code - LONG_ONLY];
    for (int i = 0; i < count; i++)
        if (all[i]->letter == code)
            return all[i];
    return NULL;
}

static _Noreturn void die_option(char **argv, int code)
{
    const char *word = argv[optind - 1];
    if (code == ':') {
        if (optopt && optopt < LONG_ONLY)
            die_usage("-%c: an argument is missing", optopt);
        die_usage("%s: an argument is missing", word);
    }
    if (optopt && optopt < LONG_ONLY)
        die_usage("-%c: no such option", optopt);
    die_usage("%s: no such option, or an argument where none is taken", word);
}

static void check_operands(const struct usage *usage, int operands)
{
    if (operands < usage->operands_low)
        die_usage("an operand is missing (usage: %s %s)", program_name, usage->synopsis);
    if (usage->operands_high >= 0 && operands > usage->operands_high)
        die_usage("too many operands (at most %d, %d given)", usage->operands_high, operands);
}

void refuse_terminal_input(void)
{
    if (isatty(STDIN_FILENO))
        die_usage("standard input is a terminal: a tensor stream is read there, as in `cifar-cat ... | %s ...`",
                  program_name);
}

static void check_terminals(const struct usage *usage)
{
    if (usage->reads_stream)
        refuse_terminal_input();
    if (usage->writes_binary && isatty(STDOUT_FILENO))
        die_usage("standard output is a terminal: binary data are written there, so pipe or redirect it");
}

int options_parse(int argc, char **argv, const struct usage *usage, const struct option_row *rows)
{
    const struct option_row *all[ROWS_MAX];
    struct option longs[ROWS_MAX + 3];
    char shorts[2 * ROWS_MAX + 4] = ":";
    int count = 0, code;

    files_start();
    given_count = 0;
    const char *slash = strrchr(argv[0], '/');
    program_name = slash ? slash + 1 : argv[0];
    for (const struct option_row *row = rows; row->type != TYPE_END && count < ROWS_MAX; row++)
        all[count++] = row;
    for (const struct option_row *row = common_rows; row->type != TYPE_END && count < ROWS_MAX; row++)
        all[count++] = row;
    fill_getopt(all, count, longs, shorts + 1);

    /* --help is handled first and alone, so that it prints the defaults whatever other options were given */
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            print_help(usage, rows);

    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == CODE_VERSION) {
            printf("%s (tale) %s\n", program_name, TALE_VERSION);
            close_stdout();
            exit(EXIT_OK);
        }
        if (code == '?' || code == ':')
            die_option(argv, code);
        const struct option_row *row = find_row(all, count, code);
        if (!row)
            print_help(usage, rows);
        set_value(row, optarg);
    }
    check_operands(usage, argc - optind);
    check_terminals(usage);
    threads_start((int)threads);
    return optind;
}
