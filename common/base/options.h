/* Options: one table per program says name, type, default, range and meaning; parsing, checking and --help follow
 * from it. The default that --help prints is the value that the program holds before parsing. */
#ifndef TALE_BASE_OPTIONS_H
#define TALE_BASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum option_type {
    OPTION_END,     /* ends the table */
    OPTION_FLAG,    /* bool, set to true */
    OPTION_INTEGER, /* int64_t within [low, high] */
    OPTION_REAL,    /* double within [low, high], finite */
    OPTION_TEXT,    /* const char *, points into argv */
    OPTION_TEXTS,   /* struct text_list: the option may be given several times */
    OPTION_CHOICE,  /* int, the position in choices[] */
    OPTION_INTEGERS /* struct integer_list, comma-separated, each within [low, high] */
};

enum { INTEGER_LIST_MAX = 16 };
struct integer_list {
    int count;
    int64_t item[INTEGER_LIST_MAX];
};

enum { TEXT_LIST_MAX = 16 };
struct text_list {
    int count;
    const char *item[TEXT_LIST_MAX]; /* point into argv */
};

struct option_row {
    enum option_type type;
    char letter;                /* 0: none */
    const char *name;           /* without the dashes */
    void *value;                /* the default before parsing, the user's choice after it */
    const char *argument;       /* what --help calls the argument: N, FILE, SEED; NULL for a flag */
    const char *help;
    double low, high;           /* OPTION_INTEGER(S), OPTION_REAL */
    const char *const *choices; /* OPTION_CHOICE: names, NULL-terminated */
};

struct usage {
    const char *synopsis;    /* after the program's name: "[-k N] -d FILE [FILE...]" */
    const char *description; /* one or two sentences */
    bool reads_stream;       /* stdin is a tensor stream: refuse a terminal there and explain */
    bool writes_binary;      /* stdout is binary: refuse a terminal there */
    int operands_low, operands_high; /* how many operands; high < 0: any number */
};

/* What every program has: -j, -q, -h, --help, --version. */
struct common_options {
    int64_t threads; /* 0: all cores */
    bool quiet;
};
extern struct common_options common_options;

/* Parse argv by GNU rules, check each value, start the threads. A fault is one line and exit 2; --help and --version
 * print on stdout and exit 0. Returns the position of the first operand in argv. */
int options_parse(int argc, char **argv, const struct usage *usage, const struct option_row *rows);

/* For tools that read standard input only where no file is named: exit 2 with an explanation where it is a terminal. */
void refuse_terminal_input(void);

/* Whether the option was given (by the address of its value). */
bool option_given(const void *value);

/* The option's value as it stands, as text that tells any two values apart: numbers in full, a flag as yes or no, no
 * text as "none". Not for OPTION_TEXTS. Caller frees. */
char *option_text(const struct option_row *row);

/* A whole number in [low, high] from a text, or false. No spaces, no trailing characters. */
bool parse_integer(const char *text, int64_t low, int64_t high, int64_t *value);

/* A finite number in [low, high] from a text, or false. */
bool parse_real(const char *text, double low, double high, double *value);

#endif
