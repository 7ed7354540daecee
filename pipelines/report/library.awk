# library.awk: what a compiled report template (template.awk) may use. Input: facts, NAME<TAB>VALUE. Wants LC_ALL=C.
BEGIN {
    FS = "\t"
    for (n = 1; n < 256; n++)
        hexadecimal[sprintf("%c", n)] = sprintf("%02x", n)
}
{ fact[$1] = $1 ~ /^(class\.[0-9]+|data\.name|data\.origin)$/ ? foreign($2) : $2 }

# Words that are not ours, such as the name of a class: as they are where they are plain, else as one word, TEXT, their
# bytes as hexadecimal numbers and Q, which no markup touches; html.awk and ms.awk (words.awk) make them words again.
function foreign(words,    i, result) {
    if (length(words) <= 40 && words ~ /^[A-Za-z][A-Za-z0-9]*([ -][A-Za-z0-9]+)*$/ &&
        words !~ /EQN|TEXT|WORK|BEGIN|END/)
        return words
    for (i = 1; i <= length(words); i++)
        result = result hexadecimal[substr(words, i, 1)]
    result = "TEXT" result "Q"
    first_letter[result] = substr(words, 1, 1)
    return result
}

# One line of the report.
function line(text) { printf "%s%s", lines++ && text !~ /^[,;:.] / ? "\n" : "", text }

function die(message) {
    print "report: " message | "cat >&2"
    close("cat >&2")
    exit 1
}

# A fact by its name.
function value(name) {
    if (!(name in fact))
        die("no fact " name)
    return fact[name]
}

function known(name) { return name in fact }

# 0.8531 -> 85.3 %; a share of one as per cent. The space is a no-break space.
function percent(share) { return sprintf("%.1f\302\240%%", 100 * share) }

# The accuracy of a probe (linear.label) at a layer, in bold where no layer has a better one.
function probed(name, layer) {
    return value(name "." layer) == value(name ".best") ? "**" percent(value(name "." layer)) "**" : \
        percent(value(name "." layer))
}

# A difference of two shares in percentage points: 12.3.
function points(a, b) { return fixed(100 * (a - b), 1) }

# A number with so many digits after the point, and a true minus.
function fixed(x, digits,    text) {
    text = sprintf("%." digits "f", x)
    sub(/^-/, "−", text)
    return text
}

# 50000 -> 50 000, with a no-break space.
function count(n,    text, result) {
    text = sprintf("%d", n)
    if (length(text) <= 4)
        return text
    while (length(text) > 3) {
        result = "\302\240" substr(text, length(text) - 2) result
        text = substr(text, 1, length(text) - 3)
    }
    return text result
}

# Small numbers as words.
function word(n) {
    if (n < 0 || n > 12 || n != int(n))
        return count(n)
    split("one two three four five six seven eight nine ten eleven twelve", number_word, " ")
    return n ? number_word[n] : "no"
}

function plural(n, noun) { return n == 1 ? noun : noun "s" }

# 94 -> 94 s, 754 -> 12.6 min, 7200 -> 2.0 h
function duration(seconds) {
    if (seconds < 100)
        return sprintf("%.0f\302\240s", seconds)
    return seconds < 5940 ? sprintf("%.1f\302\240min", seconds / 60) : sprintf("%.1f\302\240h", seconds / 3600)
}

# Twice the standard error of a share found in n samples: smaller differences mean nothing.
function margin(share, n) { return 2 * sqrt(share * (1 - share) / n) }

function min(a, b) { return a < b ? a : b }
function max(a, b) { return a > b ? a : b }
function upper(text) { return toupper(substr(text, 1, 1)) substr(text, 2) }

# A class by its number, with its article: an airplane, a cat.
function class(k) { return value("class." k) }
function a(noun) { return ((noun in first_letter ? first_letter[noun] : noun) ~ /^[aeiouAEIOU]/ ? "an " : "a ") noun }

# Where a figure came from, for the end of its caption.
function from(figure) {
    return "*" value("data.name") ", preset " value("run.preset") ", seed " value("run.seed") ", " \
        value("made." figure) "*"
}
