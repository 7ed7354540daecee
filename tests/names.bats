# Names of classes: whatever they hold, they are text in figures and in the report; and every row of a table is a mark.
load helpers/common

# draw SCRIPT STEM [NAME=VALUE...], as the pipeline does.
draw() {
    local script=$1
    shift
    "$ROOT/pipelines/figures/draw" "$ROOT/pipelines/figures/$script.gp" "$@"
}

# marks FIGURE.svg: how many points are drawn, those of the legend too.
marks() {
    grep -c "<use xlink:href='#gpPt[0-9]*' transform='translate([0-9.,]*) scale" "$1"
}

# places FIGURE.svg: X Y ANCHOR WORDS of every text.
places() {
    awk '
        /<g transform="translate\(/ {
            split($0, part, /[(),]/)
            x = part[2]
            y = part[3]
            anchor = $0
            sub(/.*text-anchor="/, "", anchor)
            sub(/".*/, "", anchor)
        }
        /<text>/ {
            gsub(/<[^>]*>|^[ \t]+/, "")
            print x "\t" y "\t" anchor "\t" $0
        }' "$1"
}

# map SCALE ROWS: a map of ROWS rows of ten classes, SCALE wide.
map() {
    awk -v scale="$1" -v rows="$2" 'BEGIN {
        for (i = 0; i < rows; i++)
            print scale * sin(i * i) "\t" 3 * scale + scale * cos(i * i) "\t" i % 10
    }'
}

# names_in MAP: where names stand in it. names: of the classes, in the environment and in the table `names`.
names_in() {
    awk -f "$ROOT/pipelines/facts/statistics.awk" -f "$ROOT/pipelines/figures/tsne-names.awk" "$1"
}
export names=alpha,beta,gamma,delta,epsilon,zeta,eta,theta,iota,kappa

@test "the maps of t-SNE show every row, whatever the scale of the one beside it" {
    local scales
    tr , '\n' <<<"$names" >names
    for scales in "1 1" "1 30" "30 1" "1 1e-6"; do
        map "${scales% *}" 100 >first
        map "${scales#* }" 70 >second
        for half in first second; do
            names_in $half >$half-names
        done
        draw tsne map first=first second=second names=names first_names=first-names second_names=second-names
        equal "$scales: $(marks map.svg)" "$scales: $((100 + 70 + 10))"
        # each name once in the legend and once in each half
        equal "$scales: $(places map.svg | grep -c "	alpha$")" "$scales: 3"
    done
}

@test "the names in a map stand inside its frame" {
    # one class in a far corner each, and names of any length
    printf '%s\t%s\t%s\n' 0 0 0  10 10 1  0 10 2  10 0 3  5 5 4 >first
    local long=automobiles,a_name_of_twenty_two_l,aa,a_name_of_thirty_five_letters_in_all,b
    names=$long names_in first >first-names
    tr , '\n' <<<"$long" >names
    draw tsne map first=first second=first first_names=first-names second_names=first-names names=names
    # a bold letter is 7 pixels wide at most; a frame is a path from its left upper corner and back
    { grep -o "d='M[0-9.]*,[0-9.]* L[^Z]*Z" map.svg | sort -u; places map.svg; } | awk -F'\t' '
        /^d=/ {
            split($0, corner, /[ML, ]+/)
            frames++
            left[frames] = corner[2]; bottom[frames] = corner[5]; right[frames] = corner[6]; top[frames] = corner[3]
            next
        }
        $3 == "middle" && $4 != "labels" && $4 != "rotation" {
            half = 7 * length($4) / 2
            for (f = 1; f <= frames; f++)
                inside += $1 - half > left[f] && $1 + half < right[f] && $2 > top[f] + 4 && $2 < bottom[f]
        }
        END { print frames, inside }' | grep -qx "2 10"
}

# Names that a shell, gnuplot, its enhanced text, its formats, a markup or a data file would take for something else.
odd_names() {
    cat <<'END'
x'; system('touch PWNED'); y='z
`touch PWNED`$(touch PWNED)
it's
bird's eye "view"
50% of %s %d
pickup_truck^2 {/:Bold b}
a\nb \134 \
<script>alert("x")</script>&amp;
#1
kůň Жук
鳥
END
}
# shown FILE: the words in a figure of SVG, or of EPS (what no font here has is written as its number there).
shown() {
    case $1 in
    *.svg) places "$1" | cut -f4 | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&apos;/'"'"'/g; s/&amp;/\&/g' ;;
    *.eps) ps2pdf -dEPSCrop "$1" "${1%eps}pdf" && pdftotext -layout "${1%eps}pdf" - ;;
    esac
}
# shows FIGURE: the drawing has every odd name, in both of its forms.
shows() {
    local name
    shown "$1.svg" >page
    shown "$1.eps" | tr -s ' ' >paper
    while IFS= read -r name; do
        grep -qxF -- "$name" page || flunk "$1.svg does not show $name: $(cat page)"
        fc-list ':charset=9CE5' family | grep -q . || name=${name//鳥/'[U+9CE5]'}
        grep -qF -- "$name" paper || flunk "$1.eps does not show $name: $(cat paper)"
    done < <(odd_names)
    [ ! -e PWNED ]
}

@test "names in figures are drawn as they are written, whatever they hold" {
    odd_names >names
    local classes row
    classes=$(wc -l <names)
    for ((row = 0; row < classes; row++)); do
        printf '%s\t%s\t%s\n' $row $row 0.5 >>cells
        printf '%s\t%s\t%s\n' $row 0.5 0.75 >>rows
        printf '%s\t%s\t%s\n' $row $row $row >>map
        printf '1\t%s\t-\t-\tleft\tbig\t' $row >>layout
        sed -n $((row + 1))p names >>layout
    done
    paste <(cut -f1,2 map) names >map-names
    draw confusion confusion cells=cells names=names
    shows confusion
    for ((row = 0; row < 4; row++)); do printf '%s\t%s\t1\n' $row $row; done >turned
    draw turns turns cells=turned rows=rows names=names
    shows turns
    draw tsne map first=map second=map names=names first_names=map-names second_names=map-names
    shows map
    # no image, only words
    pbmmake -white 2 2 | pnmtopng >sheet.png
    printf '0\t0\t1\t1\t0\t-\t-\n' >>layout
    "$ROOT/pipelines/figures/sheet" sheet.png sheet tile_width=2 tile_height=2 rows=layout width=15 height=12
    shows sheet
}

# The words of a PDF, in which fi may be one letter.
paper_text() { pdftotext -layout "$1" - | sed 's/ﬁ/fi/g; s/ﬂ/fl/g' | tr -s ' \n' ' '; }

@test "names in the text of the report are what they are, on paper and on the page" {
    local k=0 name report=$ROOT/pipelines/report
    mkdir figures
    printf 'conv1\t0.5\t0.4\t0.3\nlayer1\t0.6\t0.4\t0.3\n' >rows
    draw depth figures/depth rows=rows classes=10
    while IFS= read -r name; do
        printf 'class.%s\t%s\n' $k "$name"
        k=$((k + 1))
    done < <(odd_names; printf '%s\n' .sp 1.~a '- -b' 'EQN1Q "WORK" x' airplane "$(printf 'x%.0s' {1..200})") >facts
    sed "s/COUNT/$k/" >template.md <<'END'
title: A title
subtitle: Below
about: {{data.name}}

# One

% for (k = 0; k < COUNT; k++) {
{{class(k)}} is {{a(class(k))}} in `{{class(k)}}`.

% }
$a sub b$

::: figure depth
Of {{class(0)}}.
:::

::: table t
A table.

| a | b |
|:---|---:|
% for (k = 0; k < 5; k++)
| {{class(k)}} | {{k}} |
:::
END
    printf 'data.name\t<b>"data"</b> & \\\\fB\n' >>facts
    awk -f "$report/template.awk" template.md >program.awk
    awk -f "$report/library.awk" -f program.awk facts >report.md
    "$report/typeset" report.md figures report.html report.pdf 2>said || flunk "$(cat said)"
    fc-list ':charset=9CE5' family | grep -q . || grep -q 'U+9CE5' said
    sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g' report.html | tr -s ' \n' ' ' >page
    paper_text report.pdf >paper
    while IFS=$'\t' read -r _ name; do
        grep -qF -- "<p>$name is a" page || flunk "the page does not hold $name"
        grep -qF -- "<code>$name</code>" page || flunk "the page does not hold $name as code"
        [ ${#name} -lt 100 ] || {
            equal "$(tr -d ' ' <paper | grep -o "$name" | wc -l)" 3 # broken over lines, and whole
            continue
        }
        name=${name//鳥/'[U+9CE5]'}
        grep -qF -- "$name is a" paper || flunk "the PDF does not hold $name: $(cat paper)"
    done < <(grep ^class facts)
    grep -qF 'airplane is an airplane' paper
    equal "$(grep -c '<script\|<b>' report.html)" 0
    equal "$(grep -o 'title>A title\|<p class="about">[^/]*/b' report.html | tail -n 1)" \
        '<p class="about">&lt;b&gt;&quot;data&quot;&lt;/b'
    [ ! -e PWNED ]
}

@test "a warning of troff's other than of a letter that no font has ends the report" {
    cat >report.md <<'END'
title: A
subtitle: B
about: C

# One

Text with $a$.
END
    mkdir bin figures
    cat >bin/lowdown <<END
#!/bin/sh
$(command -v lowdown) "\$@"
echo .nosuchfont
echo '.ft QQ'
END
    chmod +x bin/lowdown
    PATH=$PWD/bin:$PATH run "$ROOT/pipelines/report/typeset" report.md figures report.html report.pdf
    equal "$status" 1
    holds "$output" "typeset: troff: "
    [ ! -e report.pdf ]
}

@test "a table that goes into the margin is no fault" {
    {
        printf 'title: A\nsubtitle: B\nabout: C\n\n# One\n\nText with %s.\n\n::: table t\nWide.\n\n' "\$a\$"
        printf '| a | b | c | d | e |\n|---|---|---|---|---|\n'
        printf '| %s | %s | %s | %s | %s |\n:::\n' one-of-twenty-letters{,,,,}
    } >report.md
    mkdir figures
    "$ROOT/pipelines/report/typeset" report.md figures report.html report.pdf
    [ -s report.pdf ]
}

# batch FROM TO EXPRESSION: the records of a batch of CIFAR-10 for which awk's expression of their label and of how many
# of their class there are until then (seen) holds.
batch() {
    local work
    work=$(mktemp -d)
    split -a 4 -b 3073 "$1" "$work/record."
    paste <(ls "$work") <(od -An -v -tu1 -w3073 "$1" | awk '{ print $1 }') |
        awk "{ label = \$2; seen = ++n[label] } $3 { print \"$work/\" \$1 }" | xargs cat >"$2"
    rm -r "$work"
}

@test "the whole tale, in a tree and of data with odd paths, of classes with odd names and few images" {
    [[ $BIN == "$ROOT"/build*/bin && $BIN != *sanitize* ]] || skip "told with the tree's programs, without sanitizers"
    local tree="a tree's \$copy" data="it's \"my\" \$HOME \`data\`; here" name part build=${BIN#"$ROOT/"}
    mkdir "$tree"
    for part in Makefile pipelines common tools tests build; do ln -s "$ROOT/$part" "$tree/$part"; done
    cd "$tree" || return
    cifar-synth -q --train 1000 --test 200 "$data"
    odd_names | head -n 9 >"$data/cifar-10-batches-bin/batches.meta.txt"
    echo 鳥 >>"$data/cifar-10-batches-bin/batches.meta.txt"
    # the fourth class has three test images, the sixth one and the first none
    batch "$data/cifar-10-batches-bin/test_batch.bin" few \
        'label && (label != 3 || seen <= 3) && (label != 5 || seen < 2)'
    mv few "$data/cifar-10-batches-bin/test_batch.bin"
    tell() {
        env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make "$@" PRESET=smoke OUT=out BUILD="${build%/bin}" \
            train=500 val=60 test=0 knn_database=300 knn_queries=100 cam_studied=100 \
            'label=--epochs 2 --batch 32 --stem trained' 'rotation=--epochs 1 --batch 64 --stem trained' \
            'tsne=--perplexity 15 --iterations 200' 'map_tsne=--perplexity 15 --iterations 200'
    }
    tell report CIFAR10="$data" >log 2>&1 || flunk "$(cat log)"
    [ ! -e PWNED ] && [ ! -e "$ROOT/PWNED" ]
    fc-list ':charset=9CE5' family | grep -q . || grep -q 'no font for paper has U+9CE5' log
    # each name is in the figure of all classes, in all figures of them on paper, and on both pages
    local made=out/cifar-10-smoke figure
    for figure in samples confusion turns tsne map; do
        shown $made/figures/$figure.svg
    done | sort | uniq -c >page
    paper_text out/report.pdf >paper
    sed -n 's/^const classes = //p' out/map.html | sed 's/","/"\n"/g' | wc -l | grep -qx 10
    while IFS= read -r name; do
        name=$name awk '
            { n = $1; sub(/^ *[0-9]+ /, "") }
            $0 == ENVIRON["name"] { count = n }
            END { exit count < 5 }' page || flunk "the figures do not show $name: $(cat page)"
        name=${name//鳥/'[U+9CE5]'}
        grep -qF -- "$name" paper || flunk "the PDF does not hold $name"
    done <"$data/cifar-10-batches-bin/batches.meta.txt"
    equal "$(grep -ci '<script' out/report.html) $(grep -ci '<script' out/map.html)" "0 1"
    grep -qF "data from <code>$(sed 's/&/\&amp;/g; s/"/\&quot;/g' <<<"$data")</code>" <(tr '\n' ' ' <out/report.html)
    # tiles are of their own class's row, and empty places are where there is no image
    equal "$(awk -F'\t' '$4 == "-" { class++ } $4 != "-" { n[class]++ }
        END { for (k = 1; k <= 10; k++) printf "%d ", n[k] }' $made/sheets/samples.tsv)" "0 10 10 3 10 1 10 10 10 10 "
    equal "$(tensor-pick --sort label -n 10 --per label <$made/test.st | tensor-tsv label | uniq -c |
        awk '{ print $2 ":" $1 }' | paste -sd' ')" "1:10 2:10 3:3 4:10 5:1 6:10 7:10 8:10 9:10"
    # other files at the same place are other data
    cksum $made/test.st $made/train.st >before
    cifar-synth -q --train 1000 --test 200 --seed 2 "$data"
    CIFAR10_PATH=$data tell -f pipelines/report.mk $made/test.st $made/train.st
    equal "$(cksum $made/test.st $made/train.st | comm -12 <(sort before) - | wc -l)" 0
}
