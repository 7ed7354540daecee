#include "datasets/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The value of a digit in a base up to 16, or -1. */
static int digit_value(unsigned char c, int base)
{
    int value = -1;
    if (c >= '0' && c <= '9')
        value = c - '0';
    else if (c >= 'a' && c <= 'f')
        value = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
        value = c - 'A' + 10;
    return value < base ? value : -1;
}

/* Reads a number of at most `most` digits at text[*at] and moves *at past it. Returns the number of digits. */
static int take_digits(const unsigned char *text, size_t length, size_t *at, int base, int most, uint32_t *number)
{
    int count = 0, value;
    *number = 0;
    while (count < most && *at < length && (value = digit_value(text[*at], base)) >= 0) {
        *number = *number * (uint32_t)base + (uint32_t)value;
        count++;
        ++*at;
    }
    return count;
}

size_t escape_bytes(const unsigned char *text, size_t length, unsigned char *out)
{
    static const char letters[] = "abfnrtv\\'\"", meant[] = "\a\b\f\n\r\t\v\\'\"";
    size_t written = 0;
    for (size_t i = 0; i < length;) {
        uint32_t number;
        const char *letter;
        if (text[i] != '\\') {
            out[written++] = text[i++];
            continue;
        }
        if (++i == length)
            return ESCAPE_UNSOUND;
        if (text[i] == 'x') {
            i++;
            if (take_digits(text, length, &i, 16, 2, &number) != 2)
                return ESCAPE_UNSOUND;
            out[written++] = (unsigned char)number;
        } else if (take_digits(text, length, &i, 8, 3, &number)) {
            out[written++] = (unsigned char)number;
        } else if ((letter = memchr(letters, text[i], sizeof letters - 1))) {
            out[written++] = (unsigned char)meant[letter - letters];
            i++;
        } else {
            out[written++] = '\\';
            out[written++] = text[i++];
        }
    }
    return written;
}

static size_t put_utf8(unsigned char *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (unsigned char)point;
        return 1;
    }
    size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    out[0] = (unsigned char)(lead[more] | point >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        out[i] = (unsigned char)(0x80 | (point >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

/* \u and \U are escapes only after an even number of backslashes, which are all literal characters. */
static size_t decode_characters(const unsigned char *text, size_t length, unsigned char *out, bool latin1)
{
    size_t written = 0;
    for (size_t i = 0; i < length;) {
        uint32_t point = text[i++];
        if (point == '\\' && i < length && text[i] == '\\') {
            out[written++] = text[i++];
        } else if (point == '\\' && i < length && (text[i] == 'u' || text[i] == 'U')) {
            int digits = text[i++] == 'u' ? 4 : 8;
            if (take_digits(text, length, &i, 16, digits, &point) != digits || point > 0x10ffff)
                return ESCAPE_UNSOUND;
        }
        if (latin1 && point > 0xff)
            return ESCAPE_UNSOUND;
        if (latin1)
            out[written++] = (unsigned char)point;
        else
            written += put_utf8(out + written, point);
    }
    return written;
}

size_t escape_utf8(const unsigned char *text, size_t length, unsigned char *out)
{
    return decode_characters(text, length, out, false);
}

size_t escape_latin1(const unsigned char *text, size_t length, unsigned char *out)
{
    return decode_characters(text, length, out, true);
}
