# What the report says: the template on given facts (fixtures/report/facts.tsv), as whole sentences, and where a verdict
# turns, both verdicts; the forms of numbers; figures, tables, works and equations by their numbers.
load helpers/common

REPORT=$ROOT/pipelines/report

setup_file() {
    awk -f "$REPORT/template.awk" "$REPORT/report.md" >"$BATS_FILE_TMPDIR/report.awk"
    told >"$BATS_FILE_TMPDIR/text"
}

# told [FACT=VALUE...]: the report's text, a paragraph a line, ~ for a blank that does not break.
told() {
    awk -f "$REPORT/library.awk" -f "$BATS_FILE_TMPDIR/report.awk" "$FIXTURES/report/facts.tsv" \
        <(printf '%s\n' "$@" | sed 's/=/\t/') |
        awk 'NF { text = text " " $0; next } { print text; text = "" } END { print text }' |
        sed 's/  */ /g; s/\xc2\xa0/~/g'
}

@test "the whole report, on given facts, says each of the sentences that were worked out by hand" {
    local sentence
    while IFS= read -r sentence; do
        grep -qF -- "$sentence" "$BATS_FILE_TMPDIR/text" || flunk "the report does not say: $sentence"
    done <"$FIXTURES/report/sentences.txt"
    equal "$(grep -c 'nan\|inf ' "$BATS_FILE_TMPDIR/text")" 0
}

@test "where a verdict turns: what is said on either side" {
    local facts says silent
    while IFS=$'\t' read -r facts says silent; do
        [[ $facts != '#'* ]] || continue
        # shellcheck disable=SC2086 # facts hold no blanks
        told $facts >said
        grep -qF -- "$says" said || flunk "with $facts the report does not say: $says"
        [ -z "$silent" ] || ! grep -qF -- "$silent" said || flunk "with $facts the report says: $silent"
    done <"$FIXTURES/report/verdicts.tsv"
}

# call EXPRESSION: its value in library.awk, ~ for a blank that does not break, with some facts.
call() {
    printf 'class.0\towl\nclass.1\tcat\na.b.best\t0.5\na.b.c\t0.5\na.b.d\t0.25\n' >facts
    { cat "$REPORT/library.awk" && printf 'END { print %s }\n' "$1"; } >program
    awk -f program facts | sed 's/\xc2\xa0/~/g'
}

@test "numbers as the report writes them" {
    equal "$(call 'percent(0.8531)')" "85.3~%"
    equal "$(call 'percent(1)')" "100.0~%"
    equal "$(call 'points(0.522, 0.331)')" "19.1"
    equal "$(call 'points(0.331, 0.522)')" "−19.1"
    equal "$(call 'fixed(2.345678, 3)')" "2.346"
    equal "$(call 'fixed(-0.5, 1)')" "−0.5"
    equal "$(call 'count(999) " " count(4600) " " count(50000) " " count(1234567)')" "999 4600 50~000 1~234~567"
    equal "$(call 'word(0) " " word(1) " " word(12) " " word(13) " " word(100)')" "no one twelve 13 100"
    equal "$(call 'duration(94.4) " " duration(754)')" "94~s 12.6~min"
    equal "$(call 'duration(5939) " " duration(7200)')" "99.0~min 2.0~h"
    equal "$(call 'margin(0.5, 100)')" 0.1
    equal "$(call 'margin(0.2, 1600)')" 0.02
    equal "$(call 'min(1, 2) max(1, 2)')" 12
    equal "$(call 'upper("some words")')" "Some words"
    equal "$(call 'a(class(0)) ", " a(class(1))')" "an owl, a cat"
    equal "$(call 'probed("a.b", "c") " " probed("a.b", "d")')" "**50.0~%** 25.0~%"
    equal "$(call 'known("class.0") known("class.2")')" 10
}

@test "figures, tables and works by their numbers, wherever they are referred to; equations kept apart" {
    cat >text.md <<'END'
See [@late], [@early], [@rows] and
[@second2020], [@first2021].

[[contents]]

# A heading: one

::: figure early wide
The early one, beside [@late].
:::

$$
x sub 1
$$

and $y$, `$no$`.

# Two

::: table rows
Rows.
:::

::: figure late
The late one.
:::

```
[@not-a-reference] $x$
```

[@second2020]: Second, S. (2020). Of $z$.

[@first2021]: First, F. (2021).
END
    awk -f "$REPORT/number.awk" -v equations=equations pass=1 text.md pass=2 text.md | sed '/^$/d; s/ *$//' >got
    cat >wanted <<'END'
See [Figure 2](#late), [Figure 1](#early), [Table 1](#rows) and
[\[1\]](#second2020), [\[2\]](#first2021).
1. [A heading: one](#a-heading-one)
2. [Two](#two)
# A heading: one
FIGUREBEGIN early wide
**Figure 1.**
The early one, beside [Figure 2](#late).
FIGUREEND
EQN1Q
and EQN2Q, `$no$`.
# Two
TABLEBEGIN rows
**Table 1.**
Rows.
TABLEEND
FIGUREBEGIN late
**Figure 2.**
The late one.
FIGUREEND
```
[@not-a-reference] $x$
```
WORK second2020 1
Second, S. (2020). Of EQN3Q.
WORK first2021 2
First, F. (2021).
END
    equal "$(cat got)" "$(cat wanted)"
    equal "$(paste -sd' ' equations)" ".EQ x sub 1 .EN .EQ y .EN .EQ z .EN"
    echo 'See [@nothing].' >text.md
    run awk -f "$REPORT/number.awk" -v equations=equations pass=1 text.md pass=2 text.md
    equal "$status" 1
    holds "$output" "report: line 1: nothing is called nothing"
    printf '::: figure one\n:::\n::: table one\n:::\n' >text.md
    run awk -f "$REPORT/number.awk" -v equations=equations pass=1 text.md pass=2 text.md
    equal "$status" 1
    holds "$output" "report: line 3: one stands for two things"
}

@test "the page: each figure with its own drawing, numbered equations and works in their places" {
    mkdir figures
    echo first >figures/one.svg
    echo 2nd >figures/two.svg
    printf '<math>\n<math><mi>x</mi></math>\n<math><mi>y</mi></math>\n' | sed 1d >mathml
    cat >html <<'END'
<p>FIGUREBEGIN two wide</p>
<p><strong>Figure 1.</strong> A "caption", EQN2Q.</p>
<p>FIGUREEND</p>
<p>EQN1Q</p>
<p>TABLEBEGIN rows</p>
<p>Rows.</p>
<table></table>
<p>TABLEEND</p>
<p>FIGUREBEGIN one</p>
<p>Other.</p>
<p>FIGUREEND</p>
<p>WORK he2016 3</p>
<p>He, K.</p>
END
    LC_ALL=C awk -f "$REPORT/words.awk" -f "$REPORT/html.awk" -v figures=figures mathml html >got
    equal "$(cat got)" '<figure id="two" class="wide">
<div class="drawing"><img alt="Figure 1. A &quot;caption&quot;, y." src="data:image/svg+xml;base64,Mm5kCg=="></div>
<figcaption><strong>Figure 1.</strong> A "caption", <math><mi>y</mi></math>.</figcaption>
</figure>
<div class="equation"><math display="block"><mi>x</mi></math></div>
<figure id="rows" class="table">
<figcaption>Rows.</figcaption>
<table></table>
</figure>
<figure id="one" class="">
<div class="drawing"><img alt="Other." src="data:image/svg+xml;base64,Zmlyc3QK"></div>
<figcaption>Other.</figcaption>
</figure>
<p class="work" id="he2016"><span>[3]</span> He, K.</p>'
}
