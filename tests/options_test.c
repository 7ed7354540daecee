/* Options: each type, its range, the GNU forms, and the one line of each fault. */
#include "base/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "check.h"

static const char *const shapes[] = { "round", "square", NULL };

static struct {
    bool flag;
    int64_t number, large;
    double real;
    const char *text;
    struct text_list texts;
    int shape;
    struct integer_list list;
} values;

static const struct option_row rows[] = {
    OPTION_FLAG('f', "flag", &values.flag, "a flag"),
    OPTION_INTEGER('n', "number", &values.number, "N", -5, 50, "a number"),
    OPTION_INTEGER(0, "large", &values.large, "N", -0x1p63, 0x1p63, "any whole number"),
    OPTION_REAL('x', "real", &values.real, "X", 0, 1, "a real"),
    OPTION_TEXT('t', "text", &values.text, "TEXT", "a text"),
    OPTION_TEXTS(0, "texts", &values.texts, "TEXT", "texts"),
    OPTION_CHOICE(0, "shape", &values.shape, "SHAPE", shapes, "one of some"),
    OPTION_INTEGERS(0, "list", &values.list, "LIST", 1, 9, "numbers"),
    OPTION_END,
};

static const struct usage usage = { "[OPTION...] [FILE]", "A test.", false, false, 0, 1 };

/* getopt keeps its place in static variables; setting optind to 0 makes glibc start anew. It is declared here because
 * <unistd.h> needs no other name of this file. */
extern int optind;

/* Parse words with spaces between them; returns the position of the first operand. */
static int parse(const char *words)
{
    static char text[512], *argv[64];
    int argc = 0;
    memset(&values, 0, sizeof values);
    strncpy(text, words, sizeof text - 1);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    optind = 0;
    return options_parse(argc, argv, &usage, rows);
}

static void parse_words(void *words)
{
    parse(words);
}

static void each_type_is_read(void)
{
    CHECK_INTEGER(parse("tool -f -n -5 -x 0.25 -t some --texts a --texts=b --shape square --list 1,9,3"), 15);
    CHECK(values.flag);
    CHECK_INTEGER(values.number, -5);
    CHECK_NEAR(values.real, 0.25, 0);
    CHECK_TEXT(values.text, "some");
    CHECK_INTEGER(values.texts.count, 2);
    CHECK_TEXT(values.texts.item[0], "a");
    CHECK_TEXT(values.texts.item[1], "b");
    CHECK_INTEGER(values.shape, 1);
    CHECK_INTEGER(values.list.count, 3);
    CHECK_INTEGER(values.list.item[1], 9);
}

static void gnu_forms_are_read(void)
{
    CHECK_INTEGER(parse("tool -fn7 -x.5 operand"), 3);
    CHECK(values.flag);
    CHECK_INTEGER(values.number, 7);
    CHECK_NEAR(values.real, 0.5, 0);
    CHECK_INTEGER(parse("tool operand --number=8"), 2);
    CHECK_INTEGER(values.number, 8);
    CHECK_INTEGER(parse("tool --num 9 -- -f"), 4);
    CHECK_INTEGER(values.number, 9);
    CHECK(!values.flag);
    CHECK_INTEGER(parse("/path/to/tool -j 1 -q"), 4);
    CHECK_TEXT(program_name, "tool");
    CHECK(program_quiet);
}

static void given_options_are_known(void)
{
    parse("tool --texts x");
    CHECK(option_given(&values.texts));
    CHECK(!option_given(&values.text));
}

static void check_option_text(int row, const char *want)
{
    char *text = option_text(&rows[row]);
    CHECK_TEXT(text, want);
    free(text);
}

static void values_are_told_as_text(void)
{
    parse("tool -f -n -5 -x 0.1 --shape square --list 1,9,3");
    check_option_text(0, "yes");
    check_option_text(1, "-5");
    check_option_text(3, "0.1");
    check_option_text(4, "none");
    check_option_text(6, "square");
    check_option_text(7, "1,9,3");
    parse("tool -x 0.30000000000000004 -t some");
    check_option_text(0, "no");
    check_option_text(3, "0.30000000000000004");
    check_option_text(4, "some");
}

static void bounds_reach_the_ends_of_64_bits(void)
{
    parse("tool --large 9223372036854775807");
    CHECK_INTEGER(values.large, INT64_MAX);
    parse("tool --large -9223372036854775808");
    CHECK_INTEGER(values.large, INT64_MIN);
    CHECK_DIES(parse_words, "tool --large 9223372036854775808", EXIT_USAGE, "--large: '9223372036854775808' is not");
}

static void faults_of_values_are_one_line(void)
{
    CHECK_DIES(parse_words, "tool -n 51", EXIT_USAGE, "tool: --number: '51' is not a whole number from -5 to 50");
    CHECK_DIES(parse_words, "tool -n -6", EXIT_USAGE, "'-6' is not");
    CHECK_DIES(parse_words, "tool -n 1.5", EXIT_USAGE, "'1.5' is not");
    CHECK_DIES(parse_words, "tool -n 1x", EXIT_USAGE, "'1x' is not");
    CHECK_DIES(parse_words, "tool -n +1", EXIT_USAGE, "'+1' is not");
    CHECK_DIES(parse_words, "tool --number=", EXIT_USAGE, "'' is not");
    CHECK_DIES(parse_words, "tool -n -", EXIT_USAGE, "'-' is not");
    CHECK_DIES(parse_words, "tool -n 99999999999999999999", EXIT_USAGE, "is not");
    CHECK_DIES(parse_words, "tool -x 1.01", EXIT_USAGE, "tool: --real: '1.01' is not a number from 0 to 1");
    CHECK_DIES(parse_words, "tool -x nan", EXIT_USAGE, "'nan' is not");
    CHECK_DIES(parse_words, "tool -x -nan", EXIT_USAGE, "'-nan' is not");
    CHECK_DIES(parse_words, "tool -x inf", EXIT_USAGE, "'inf' is not");
    CHECK_DIES(parse_words, "tool -x 1e999", EXIT_USAGE, "'1e999' is not");
    CHECK_DIES(parse_words, "tool -x 0.5.", EXIT_USAGE, "'0.5.' is not");
    CHECK_DIES(parse_words, "tool --shape oval", EXIT_USAGE, "tool: --shape: 'oval' is none of round, square");
    CHECK_DIES(parse_words, "tool --list 1,10", EXIT_USAGE, "tool: --list: '10' is not a whole number from 1 to 9");
    CHECK_DIES(parse_words, "tool --list 1,,2", EXIT_USAGE, "'' is not");
    CHECK_DIES(parse_words, "tool --list 1,2,", EXIT_USAGE, "'' is not");
    CHECK_DIES(parse_words, "tool --list 00000000000000000000000000000000000000000012x", EXIT_USAGE, "is not");
    CHECK_DIES(parse_words, "tool --list 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", EXIT_USAGE,
               "too many values (at most 16)");
}

static void faults_of_usage_are_one_line(void)
{
    CHECK_DIES(parse_words, "tool --none", EXIT_USAGE, "tool: --none: no such option");
    CHECK_DIES(parse_words, "tool -Z", EXIT_USAGE, "tool: -Z: no such option (see tool --help)");
    CHECK_DIES(parse_words, "tool -n", EXIT_USAGE, "tool: -n: an argument is missing");
    CHECK_DIES(parse_words, "tool --number", EXIT_USAGE, "tool: --number: an argument is missing");
    CHECK_DIES(parse_words, "tool --flag=yes", EXIT_USAGE, "tool: --flag=yes: no such option, or an argument");
    CHECK_DIES(parse_words, "tool a b", EXIT_USAGE, "tool: too many operands (at most 1, 2 given)");
    CHECK_DIES(parse_words, "tool -j 2000", EXIT_USAGE, "--threads: '2000' is not a whole number from 0 to 1024");
}

static void parsers_take_the_whole_text(void)
{
    int64_t whole = 0;
    double real = 0;
    CHECK(parse_integer("-0012", -20, 20, &whole));
    CHECK_INTEGER(whole, -12);
    CHECK(!parse_integer(" 1", 0, 9, &whole) && !parse_integer("1 ", 0, 9, &whole) && !parse_integer("", 0, 9, &whole));
    CHECK(parse_real("1e-3", 0, 1, &real));
    CHECK_NEAR(real, 1e-3, 0);
    CHECK(parse_real("-.5", -1, 1, &real));
    CHECK_NEAR(real, -0.5, 0);
    CHECK(!parse_real("1,5", 0, 9, &real) && !parse_real("e5", 0, 9, &real) && !parse_real("-inf", -9, 9, &real));
}

int main(void)
{
    RUN(faults_of_values_are_one_line); /* first: they run in children, which may have no threads behind them */
    RUN(faults_of_usage_are_one_line);
    RUN(bounds_reach_the_ends_of_64_bits);
    RUN(each_type_is_read);
    RUN(gnu_forms_are_read);
    RUN(given_options_are_known);
    RUN(values_are_told_as_text);
    RUN(parsers_take_the_whole_text);
    return check_verdict();
}
