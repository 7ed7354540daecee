# ms.awk: finish lowdown's -ms output of a numbered report (number.awk), with words.awk. Variables: figures (folder of
# the drawings). Input: the equations (.EQ ... .EN), then lowdown's output. The macros are in style.ms.

# Not hyphenated; a very long word may be broken, without a mark.
function escape(text,    i, letter, run, broken) {
    for (i = 1; i <= length(text); i++) {
        letter = substr(text, i, 1)
        run = letter == " " ? 0 : run + 1
        if (run > 40 && letter !~ /[\200-\277]/) {
            broken = broken "\001"
            run = 1
        }
        broken = broken letter
    }
    text = replaced(broken, "\\", "\\[rs]")
    text = replaced(text, "\001", "\\:")
    text = replaced(text, "'", "\\[aq]")
    text = replaced(text, "\"", "\\[dq]")
    text = replaced(text, "`", "\\[ga]")
    text = replaced(text, "^", "\\[ha]")
    text = replaced(text, "~", "\\[ti]")
    text = replaced(text, "$", "\\[Do]")
    text = replaced(text, "|", "\\[ba]")
    return "\\&\\%" replaced(text, " ", " \\%")
}

FNR == NR {
    if (/^\.EQ/)
        equation[++equations] = ""
    else if (!/^\.EN/)
        equation[equations] = equation[equations] (equation[equations] == "" ? "" : "\n") $0
    next
}

# A paragraph macro waits for the line after it, which may be one of our marks.
/^\.(PP|LP)$/ && !table { held = ".LP"; next }

/^FIGUREBEGIN / {
    print ".FIGURE " figures "/" $2 ".eps " $2
    held = ""
    caption = 1
    next
}
/^TABLEBEGIN / {
    print ".TABLE " $2
    held = ""
    caption = 1
    next
}
/^FIGUREEND$/ { print ".ENDFIGURE"; held = ""; next }
/^TABLEEND$/  { print ".ENDTABLE"; held = ""; next }
/^WORK /      { work = ".WORK " $2 " " $3; held = ""; next }
/^EQN[0-9]+Q$/ {
    print ".EQ\n" equation[substr($0, 4) + 0] "\n.EN"
    held = ""
    next
}

held != "" {
    list = 0
    print caption ? ".CAPTION" : work != "" ? work : held
    held = caption = work = ""
}

# Items: the label beside the words whatever they begin with, and no space between items.
/^\.IP / {
    sub(/^\.IP/, ".ITEM")
    sub(/ [0-9]+$/, "")
    print $0 (list ? "" : " first")
    list = 1
    next
}
/^\.(LP|NH|FIGURE|TABLE)/ { list = 0 }
/^\.if [nt] \\$/ { spacing = 1; next }
spacing { spacing = 0; next }

# Code blocks are set small enough for 92 letters.
/^\.ft CR$/ { print ".ps 8\n.vs 11.5\n.ft CR"; code = 1; next }
/^\.ft$/ && code { print ".ft\n.ps\n.vs"; code = 0; next }

# Tables: rules above, below and under the head instead of boxes; a cell is as wide as its words.
/^\.TS/ { table = 1; print ".TS"; next }
table && /^tab\(\|\)/ { print "tab(|) center;"; next }
table && /\.$/ && !ruled { print; print "_"; ruled = 1; next }
table && /^\.TH$/ { print "_"; next }
/^\.TE/ { table = ruled = 0; print "_" }
table && /^T\{$/ { row = ""; cells = 1; next }
table && cells && /^T\}(\|T\{)?$/ {
    if (/\{$/)
        row = row "|"
    else {
        print row
        cells = 0
    }
    next
}
table && cells { gsub(/\302\240/, "\\~"); row = row with_words($0); next }

{
    result = ""
    line = $0
    while (match(line, /EQN[0-9]+Q/)) {
        result = result substr(line, 1, RSTART - 1) "$" equation[substr(line, RSTART + 3, RLENGTH - 4) + 0] "$"
        line = substr(line, RSTART + RLENGTH)
    }
    line = with_words(result line)
    gsub(/\302\240/, "\\~", line)
    print line
}
