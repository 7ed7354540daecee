# number.awk: from the report's Markdown, take out what Markdown has no words for.
#
#   [[contents]]              list of the sections
#   ::: figure NAME [WORDS]   a figure: the drawing figures/NAME, the lines up to ::: are its caption
#   ::: table NAME            a table: first paragraph its caption, then a Markdown table, up to :::
#   $$ ... $$                 a displayed equation in eqn(1)'s language, the $$ on lines of their own
#   $x sub i$                 an equation in the text
#   [@NAME]                   "Figure 3", "Table 1" or, for a work of the bibliography, "[4]"
#   [@NAME]: words            an entry of the bibliography
#
# Reads the text twice (number.awk pass=1 TEXT pass=2 TEXT): numbers first, so that a reference may stand before what it
# refers to. Figures and tables become marked paragraphs (FIGUREBEGIN, FIGUREEND, TABLEBEGIN, TABLEEND) and equations
# words (EQNnQ) for html.awk and ms.awk to replace; equation n is written to the file equations as .EQ ... .EN.

function die(message) {
    print "report: line " FNR ": " message | "cat >&2"
    close("cat >&2")
    exit 1
}

function equation(source) {
    print ".EQ\n" source "\n.EN" > equations
    return "EQN" ++equation_count "Q"
}

# Put equations and references into a line's text.
function inline(text,    result, name, label) {
    while (match(text, /`[^`]*`|\$[^$]+\$|\[@[a-z0-9-]+\]/)) {
        name = substr(text, RSTART, RLENGTH)
        if (name ~ /^`/) {
            label = name
        } else if (name ~ /^\$/) {
            label = equation(substr(name, 2, length(name) - 2))
        } else {
            name = substr(name, 3, length(name) - 3)
            if (!(name in number))
                die("nothing is called " name)
            label = kind[name] == "work" ? "[" number[name] "]" : kind[name] " " number[name]
            label = "[" (kind[name] == "work" ? "\\[" number[name] "\\]" : label) "](#" name ")"
        }
        result = result substr(text, 1, RSTART - 1) label
        text = substr(text, RSTART + RLENGTH)
    }
    return result text
}

function define(name, what) {
    if (name in number)
        die(name " stands for two things")
    kind[name] = what
    number[name] = ++total[what]
}

pass == 1 && /^```/          { code = !code }
pass == 1 && code            { next }
pass == 1 && /^::: figure /  { define($3, "Figure") }
pass == 1 && /^::: table /   { define($3, "Table") }
pass == 1 && /^\[@[^]]*\]: / { define(substr($1, 3, length($1) - 4), "work") }
pass == 1 && /^# /           { heading[++headings] = substr($0, 3) }
pass == 1                    { next }

/^```/ { code = !code }
code   { print; next }

/^\$\$$/ {
    if (display) {
        print "\n" equation(source) "\n"
        source = ""
    }
    display = !display
    next
}
display { source = source (source == "" ? "" : "\n") $0; next }

/^\[\[contents\]\]$/ {
    for (i = 1; i <= headings; i++) {
        link = tolower(heading[i])
        gsub(/[^a-z0-9]+/, "-", link)
        print i ". [" heading[i] "](#" link ")"
    }
    next
}

/^::: figure / {
    print "FIGUREBEGIN " $3 " " $4 "\n"
    print "**Figure " number[$3] ".**"
    block = "FIGURE"
    next
}
/^::: table / {
    print "TABLEBEGIN " $3 "\n"
    print "**Table " number[$3] ".**"
    block = "TABLE"
    next
}
/^:::$/ { print "\n" block "END\n"; next }

/^\[@[^]]*\]: / {
    name = substr($1, 3, length($1) - 4)
    sub(/^\[@[^]]*\]: */, "")
    print "WORK " name " " number[name] "\n\n" inline($0)
    next
}
{ print inline($0) }
