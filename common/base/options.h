/* Options: one table per program defines name, type, default, range and help text; parsing, checking and --help all use
 * it. The default that --help prints is the value that the variable has before parsing. */
#ifndef TALE_BASE_OPTIONS_H
#define TALE_BASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum option_type {
    TYPE_END,     /* ends the table */
    TYPE_FLAG,    /* bool, set to true */
    TYPE_INTEGER, /* int64_t within [low, high] */
    TYPE_REAL,    /* double within [low, high], finite */
    TYPE_TEXT,    /* const char *, points into argv */
    TYPE_TEXTS,   /* struct text_list: the option may be given several times */
    TYPE_CHOICE,  /* int, the position in choices[] */
    TYPE_INTEGERS /* struct integer_list, comma-separated, each within [low, high] */
};

enum { INTEGER_LIST_MAX = 16 };
struct integer_list {
    int count;
    int64_t item[INTEGER_LIST_MAX];
};

enum { TEXT_LIST_MAX = 16 };
struct text_list {
    int count;
    const char *item[TEXT_LIST_MAX]; /* pointers into argv */
};

struct option_row {
    enum option_type type;
    char letter;                /* 0 for none */
    const char *name;           /* without the dashes */
    void *value;                /* the default before parsing, the given value after it */
    const char *argument;       /* the argument's name in --help: N, FILE, SEED; NULL for a flag */
    const char *help;
    double low, high;           /* OPTION_INTEGER(S), OPTION_REAL */
    const char *const *choices; /* OPTION_CHOICE: names, NULL-terminated */
};

/* The rows of a table, by the type of the option. `at` is the address of a value of that type: another is a warning of
 * the compiler. */
#define OPTION_VALUE(type, at) (1 ? (at) : (type *)0)
#define OPTION_FLAG(short_name, long_name, at, text) \
    { .type = TYPE_FLAG, .letter = (short_name), .name = (long_name), .value = OPTION_VALUE(bool, at), .help = text }
#define OPTION_TEXT(short_name, long_name, at, what, text) \
    { .type = TYPE_TEXT, .letter = (short_name), .name = (long_name), .value = OPTION_VALUE(const char *, at), \
      .argument = (what), .help = text }
#define OPTION_TEXTS(short_name, long_name, at, what, text) \
    { .type = TYPE_TEXTS, .letter = (short_name), .name = (long_name), .value = OPTION_VALUE(struct text_list, at), \
      .argument = (what), .help = text }
#define OPTION_INTEGER(short_name, long_name, at, what, least, most, text) \
    { .type = TYPE_INTEGER, .letter = (short_name), .name = (long_name), .value = OPTION_VALUE(int64_t, at), \
      .argument = (what), .low = (least), .high = (most), .help = text }
#define OPTION_INTEGERS(short_name, long_name, at, what, least, most, text) \
    { .type = TYPE_INTEGERS, .letter = (short_name), .name = (long_name), \
      .value = OPTION_VALUE(struct integer_list, at), .argument = (what), .low = (least), .high = (most), .help = text }
#define OPTION_REAL(short_name, long_name, at, what, least, most, text) \
    { .type = TYPE_REAL, .letter = (short_name), .name = (long_name), .value = OPTION_VALUE(double, at), \
      .argument = (what), .low = (least), .high = (most), .help = text }
#define OPTION_CHOICE(short_name, long_name, at, what, names, text) \
    { .type = TYPE_CHOICE, .letter = (short_name), .name = (long_name), .value = OPTION_VALUE(int, at), \
      .argument = (what), .choices = (names), .help = text }
#define OPTION_END { .type = TYPE_END }

struct usage {
    const char *synopsis;    /* after the program's name: "[-k N] -d FILE [FILE...]" */
    const char *description; /* one or two sentences */
    bool reads_stream;       /* stdin is a tensor stream: if it is a terminal, refuse and explain */
    bool writes_binary;      /* stdout is binary: refuse a terminal */
    int operands_low, operands_high; /* allowed number of operands; high < 0: no limit */
};

/* Parses argv by GNU rules, checks each value and starts the threads. Every program has -j, -q (program_quiet), -h,
 * --help and --version. An error prints one line and exits with status 2; --help and --version print on stdout and exit
 * with status 0. Returns the index of the first operand in argv. */
int options_parse(int argc, char **argv, const struct usage *usage, const struct option_row *rows);

/* For tools that read standard input only if no file is named: if it is a terminal, explain and exit with status 2. */
void refuse_terminal_input(void);

/* Whether the option was given; `value` is the address of its value. */
bool option_given(const void *value);

/* The option's current value as a text that distinguishes any two values: numbers in full, a flag as yes or no, no text
 * as "none". Not for OPTION_TEXTS. Caller frees. */
char *option_text(const struct option_row *row);

/* Parses a whole number in [low, high], without blanks or trailing characters. Returns false if the text is none. */
bool parse_integer(const char *text, int64_t low, int64_t high, int64_t *value);

/* Parses a finite number in [low, high]. Returns false if the text is none. */
bool parse_real(const char *text, double low, double high, double *value);

#endif
