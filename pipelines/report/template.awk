# template.awk: compile a report template into the body of an awk program that prints the report.
#
#   % CODE         a line of awk: if, else, for, an assignment
#   %# words       a comment
#   text {{EXPR}}  printed, with the value of the expression in its place; a line that begins with a comma, a colon or
#                  the like and a space belongs to the end of the line before
#
# In code and expressions a name with a dot in it (knn.label.layer4) is a fact: value("knn.label.layer4"), which dies
# where the fact is not known. Other facts are reached by value() itself: value("recall.label." k).
# The program needs library.awk before it and the facts as its input.

function names(code,    parts, count, i, text, name, result) {
    count = split(code, parts, "\"")   # odd parts are code, even parts are inside a string
    for (i = 1; i <= count; i++) {
        if (i % 2) {
            text = parts[i]
            parts[i] = ""
            while (match(text, /[A-Za-z_][A-Za-z0-9_]*(\.[a-z0-9_]+)+/)) {
                name = substr(text, RSTART, RLENGTH)
                parts[i] = parts[i] substr(text, 1, RSTART - 1) "value(\"" name "\")"
                text = substr(text, RSTART + RLENGTH)
            }
            parts[i] = parts[i] text
        }
        result = result (i > 1 ? "\"" : "") parts[i]
    }
    return result
}

function literal(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

BEGIN { print "END {" }
/^%#/ { next }
/^%/  { print names(substr($0, 2)); next }
{
    statement = ""
    text = $0
    while ((start = index(text, "{{"))) {
        end = index(substr(text, start), "}}")
        if (!end) {
            printf "%s:%d: {{ without }}\n", FILENAME, FNR | "cat >&2"
            exit failed = 1
        }
        statement = statement literal(substr(text, 1, start - 1)) " (" names(substr(text, start + 2, end - 3)) ") "
        text = substr(text, start + end + 1)
    }
    print "line(" statement literal(text) ")"
}
END {
    if (failed)
        exit 1
    print "}"
}
