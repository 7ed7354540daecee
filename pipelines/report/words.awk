# words.awk: how html.awk and ms.awk write what is not ours (TEXT...Q of library.awk): escape(), which each of them
# defines, makes it text of its language. Wants LC_ALL=C.
function with_words(line,    result, code, i, text) {
    while (match(line, /TEXT([0-9a-f][0-9a-f])+Q/)) {
        code = substr(line, RSTART + 4, RLENGTH - 5)
        text = ""
        for (i = 1; i < length(code); i += 2)
            text = text sprintf("%c", 16 * (index("0123456789abcdef", substr(code, i, 1)) - 1) + \
                index("0123456789abcdef", substr(code, i + 1, 1)) - 1)
        result = result substr(line, 1, RSTART - 1) escape(text)
        line = substr(line, RSTART + RLENGTH)
    }
    return result line
}
# Every one of the letter in a text, written otherwise; gsub() would read escapes in both.
function replaced(text, letter, other,    result, at) {
    while ((at = index(text, letter))) {
        result = result substr(text, 1, at - 1) other
        text = substr(text, at + length(letter))
    }
    return result text
}
