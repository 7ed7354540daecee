# html.awk: finish lowdown's HTML of a numbered report (number.awk), with words.awk. Variables: figures (folder of the
# drawings). Input: the equations as eqn -TMathML sets them, then the HTML.

function escape(text) {
    text = replaced(text, "&", "&amp;")
    text = replaced(text, "<", "&lt;")
    text = replaced(text, ">", "&gt;")
    return replaced(text, "\"", "&quot;")
}

function data_uri(file) {
    printf "data:image/svg+xml;base64,"
    fflush()
    if (system("base64 -w 0 '" file "'"))
        exit failed = 1
}

# Equations: one <math> after the other. eqn sets a sum as a letter, Greek letters as operators,
# functions as words without the space of a function, and stretches parentheses; these are mended.
FNR == NR {
    if (!/^<math>/)
        next
    gsub(/<mstyle mathsize='big'><mo>&Sigma;<\/mo><\/mstyle>/, "<mo>\\&sum;</mo>")
    while (match($0, /<mo>&(alpha|beta|gamma|delta|epsilon|theta|lambda|mu|pi|rho|sigma|tau|phi|omega);<\/mo>/))
        $0 = substr($0, 1, RSTART - 1) "<mi>" substr($0, RSTART + 4, RLENGTH - 9) "</mi>" substr($0, RSTART + RLENGTH)
    gsub(/<mstyle mathvariant='normal'><mtext>(log|exp|turn)<\/mtext><\/mstyle>/, "&<mspace width='0.17em'/>")
    gsub(/<mo>\(<\/mo>/, "<mo stretchy='false'>(</mo>")
    gsub(/<mo>\)<\/mo>/, "<mo stretchy='false'>)</mo>")
    gsub(/<mtext>&ensp;<\/mtext><mo>&equals;<\/mo><mtext>&ensp;<\/mtext>/, "<mo>=</mo>")
    math[++equations] = $0
    next
}

/^<p>EQN[0-9]+Q<\/p>$/ {
    number = substr($0, 7) + 0
    sub(/<math>/, "<math display=\"block\">", math[number])
    print "<div class=\"equation\">" math[number] "</div>"
    next
}
{
    line = $0
    result = ""
    while (match(line, /EQN[0-9]+Q/)) {
        result = result substr(line, 1, RSTART - 1) math[substr(line, RSTART + 3, RLENGTH - 4) + 0]
        line = substr(line, RSTART + RLENGTH)
    }
    $0 = with_words(result line)
}

# The page of maps stands beside the report.
{ gsub(/<code>map\.html<\/code>/, "<a href=\"map.html\">&</a>") }

/^<p>FIGUREBEGIN / {
    gsub(/<\/?p>/, "")
    name = $2
    print "<figure id=\"" name "\" class=\"" $3 "\">"
    inside = "figure"
    next
}
/^<p>TABLEBEGIN / {
    gsub(/<\/?p>/, "")
    print "<figure id=\"" $2 "\" class=\"table\">"
    inside = "table"
    next
}
/^<p>(FIGURE|TABLE)END<\/p>$/ {
    print "</figure>"
    inside = ""
    next
}
/^<p>WORK / {
    gsub(/<\/?p>/, "")
    work = "<p class=\"work\" id=\"" $2 "\"><span>[" $3 "]</span> "
    next
}
work != "" && /^<p>/ {
    sub(/^<p>/, work)
    work = ""
}
inside != "" && /^<p>/ {
    sub(/^<p>/, "<figcaption>")
    caption = $0
    gsub(/<[^>]*>/, "", caption)
    gsub(/"/, "\\&quot;", caption)
    if (length(caption) > 200) {
        caption = substr(caption, 1, 200)
        sub(/ [^ ]*$/, "", caption)
    }
    if (inside == "figure") {
        printf "<div class=\"drawing\"><img alt=\"%s\" src=\"", caption
        data_uri(figures "/" name ".svg")
        print "\"></div>"
    }
    inside = inside "-caption"
}
inside ~ /-caption$/ && /<\/p>$/ {
    sub(/<\/p>$/, "</figcaption>")
    inside = "placed"
}
{ print }
END { exit failed }
