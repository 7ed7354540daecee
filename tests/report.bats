# The tale end to end: find-data, the report on drawn scenes, what is made again and what is not.
load helpers/common

# report [SETTING...]: the report of PRESET=smoke with the programs under test. Those with sanitizers get less to do.
report() {
    local less=()
    [[ $BIN != *sanitize* ]] || less=(train=300 val=100 test=100 knn_database=200 knn_queries=60 cam_studied=60
        'synthetic=--train 500 --test 100' 'label=--epochs 2 --batch 20' 'rotation=--epochs 1 --batch 40')
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --no-print-directory -C "$ROOT" -f pipelines/report.mk -j2 \
        PRESET=smoke CIFAR10_PATH= OUT="$BATS_FILE_TMPDIR/out" "${less[@]}" "$@"
}

# changed STAMP: the files under out/ that were written after STAMP was.
changed() {
    find out/ -type f -newer "$1" | sort
}

setup_file() {
    report >"$BATS_FILE_TMPDIR/log" 2>&1 || {
        cat "$BATS_FILE_TMPDIR/log" >&2
        return 1
    }
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
    touch "$BATS_TEST_TMPDIR/stamp"
    sleep 0.05 # so that what is written from now on is newer than the stamp
}

@test "the report is a PDF and one HTML page, with all figures" {
    equal "$(head -c 5 out/report.pdf)" "%PDF-"
    [ "$(pdfinfo out/report.pdf | awk '/^Pages:/ { print $2 }')" -ge 10 ]
    [ -z "$(pdffonts out/report.pdf | tail -n +3 | awk '$(NF - 4) != "yes"')" ] # all fonts are in it
    head -n 1 out/report.html | grep -qx '<!DOCTYPE html>'
    tail -n 1 out/report.html | grep -qx '</html>'
    local figures
    figures=$(grep -c '^::: figure ' "$ROOT/pipelines/report/report.md")
    equal "$(grep -c '<figure id="[a-z-]*" class="\(wide\)\?">' out/report.html)" "$figures"
    equal "$(grep -o 'src="data:image/svg+xml;base64,' out/report.html | wc -l)" "$figures"
}

@test "the HTML page needs nothing from elsewhere" {
    equal "$(grep -oE '(src|href)="[^d#][^"]{0,60}' out/report.html | grep -v 'href="\(https\?://\|map.html\)')" ""
    equal "$(grep -iE '<script|<link|@import|url\(' out/report.html)" ""
}

@test "the page of maps holds every test image and needs nothing from elsewhere" {
    head -n 1 out/map.html | grep -qx '<!DOCTYPE html>'
    tail -n 1 out/map.html | grep -qx '</html>'
    equal "$(grep -oE '(src|href) ?= ?"[^"]{0,20}' out/map.html | grep -v '"data:image/jpeg;')" ""
    equal "$(grep -iE '@[A-Z]+@|<link|@import|url\(' out/map.html)" ""
    local images
    images=$(tensor-tsv index <out/synthetic-smoke/test.st | wc -l)
    equal "$(sed -n '/^const data = /,/^]/p' out/map.html | grep -cE '[0-9]+(,[0-9]+){5}')" "$images"
    # the sheet of images is whole, and has a tile for each
    grep -o 'image/jpeg;base64,[^"]*' out/map.html | cut -d, -f2 | base64 -d | jpegtopnm -quiet >sheet.ppm
    [ "$(pamfile -size sheet.ppm | awk '{ print $1 * $2 / 1024 }')" -ge "$images" ]
}

@test "no mark of the templates is left, and no number is missing" {
    local text
    text=$(sed 's/src="data[^"]*"//' out/report.html)
    equal "$(grep -E 'EQN[0-9]|FIGUREBEGIN|TABLEBEGIN|WORK |\{\{|\}\}|\[@' <<<"$text")" ""
    equal "$(grep -wiE 'nan|inf|-nan' <<<"$text")" ""
    equal "$(grep -E '\{\{|\}\}|^%' out/synthetic-smoke/report.md)" ""
}

@test "the report says on which data, with which preset and seed, and when each figure was drawn" {
    grep -q 'synthetic scenes · preset smoke · seed 1' out/report.html
    grep -q 'drawn, not photographed' out/report.html
    local figures
    figures=$(grep -c '^::: figure ' "$ROOT/pipelines/report/report.md")
    equal "$(grep -oE '<em>synthetic scenes, preset smoke, seed 1, [0-9-]+ [0-9:]+ UTC</em>' out/report.html | wc -l)" \
        "$figures"
}

@test "a second make does nothing" {
    run report
    equal "$status" 0
    equal "$output" ""
    equal "$(changed "$BATS_TEST_TMPDIR/stamp")" ""
}

@test "a plot script that was touched redraws its plot, no other" {
    cp -r "$ROOT/pipelines" "$BATS_TEST_TMPDIR"
    # the copy's scripts are older than what was drawn, but for one
    find "$BATS_TEST_TMPDIR/pipelines" -type f -exec touch -d '2000-01-01' {} +
    touch "$BATS_TEST_TMPDIR/pipelines/figures/depth.gp"
    cd "$BATS_TEST_TMPDIR"
    cp -rp "$BATS_FILE_TMPDIR/out" .
    touch stamp
    sleep 0.05
    report -C "$BATS_TEST_TMPDIR" OUT=out
    equal "$(changed stamp | grep /figures/)" "out/synthetic-smoke/figures/depth.eps
out/synthetic-smoke/figures/depth.svg"
    equal "$(changed stamp | grep -c '\.st$\|safetensors$')" 0
    changed stamp | grep -qx out/report.pdf
}

@test "another setting makes again what depends on it" {
    cp -rp out "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
    touch stamp
    sleep 0.05
    report OUT="$PWD/out" 'tsne=--perplexity 10 --iterations 300'
    changed stamp | grep -qx out/synthetic-smoke/figures/tsne.svg
    equal "$(changed stamp | grep -c 'safetensors$\|figures/cam')" 0
    grep -q 'perplexity 10' out/report.html
}

@test "a stage that fails leaves no target, and the old report stays" {
    cp -rp out "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
    cp out/report.html before.html
    mkdir broken
    printf '#!/bin/sh\ncat >/dev/null\necho half\nexit 1\n' >broken/knn
    chmod +x broken/knn
    rm out/synthetic-smoke/neighbours-label.st
    PATH=$PWD/broken:$PATH run report OUT="$PWD/out"
    [ "$status" -ne 0 ]
    [ ! -e out/synthetic-smoke/neighbours-label.st ]
    cmp out/report.html before.html
}

@test "find-data: what CIFAR10 names is taken, and must be there" {
    mkdir "$BATS_TEST_TMPDIR/mine"
    cd "$BATS_TEST_TMPDIR"
    equal "$(CIFAR10=mine "$ROOT/pipelines/find-data" data)" mine
    CIFAR10=/no/such/place fails "CIFAR10=/no/such/place: no such file or folder" "$ROOT/pipelines/find-data" data
    [ ! -e data ]
    run "$ROOT/pipelines/find-data"
    equal "$status" 2
}

@test "find-data: the folder is searched before anything is downloaded" {
    unset CIFAR10 # which the tests of the real data may have set
    cd "$BATS_TEST_TMPDIR"
    mkdir -p data
    touch data/cifar-10-python.tar.gz
    equal "$(CIFAR10_URL=file:///nowhere "$ROOT/pipelines/find-data" data)" data/cifar-10-python.tar.gz
    mkdir data/cifar-10-batches-bin
    equal "$("$ROOT/pipelines/find-data" data)" data/cifar-10-batches-bin
}

@test "find-data: what cannot be had, or is not what it should be, is said and nothing is left" {
    unset CIFAR10 # which the tests of the real data may have set
    cd "$BATS_TEST_TMPDIR"
    equal "$(NO_DOWNLOAD=1 "$ROOT/pipelines/find-data" data 2>&1)" ""
    equal "$(CIFAR10_URL=file:///no/such/archive "$ROOT/pipelines/find-data" data 2>said)" ""
    grep -qx 'find-data: the download failed' said
    echo junk >archive
    equal "$(CIFAR10_URL=file://$PWD/archive "$ROOT/pipelines/find-data" data 2>said)" ""
    grep -q 'is not CIFAR-10' said
    equal "$(ls -A data)" ""
}

@test "template.awk: values, conditions, loops, and a fact that is not known" {
    cd "$BATS_TEST_TMPDIR"
    printf '%s\n' 'a {{x.y}} b' '% if (x.y > 2) {' 'more {{fixed(x.y / 2, 1)}} "quoted" a\\b' '% }' ', glued' \
        '%# not seen' '% for (i = 0; i < 2; i++)' 'row {{i}}' >t.md
    printf 'x.y\t3\n' >facts
    expand() {
        awk -f "$ROOT/pipelines/report/template.awk" "$1" >t.awk &&
            awk -f "$ROOT/pipelines/report/library.awk" -f t.awk facts
    }
    equal "$(expand t.md)" 'a 3 b
more 1.5 "quoted" a\b, glued
row 0
row 1'
    echo '{{no.fact}}' >t.md
    run expand t.md
    equal "$status" 1
    holds "$output" 'report: no fact no.fact'
    echo 'half {{x.y' >t.md
    run expand t.md
    equal "$status" 1
}
