# The tale end to end: find-data, the report on drawn scenes, what is made again and what is not.
load helpers/common
load helpers/recount

# report [SETTING...]: the report of PRESET=smoke with the programs under test. Those with sanitizers get less to do,
# and so does who sets SMALL (tests/mutate, say, that tells one for every slip).
report() {
    local less=()
    [[ $BIN != *sanitize* && -z ${SMALL:-} ]] || less=(train=300 val=100 test=100
        knn_database=200 knn_queries=60 cam_studied=60
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
    told=$PWD/out/synthetic-smoke
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

# --- the numbers, counted again

@test "training, validation and test images are what they are called, and no image is in two of them" {
    local part
    for part in train val test; do
        fields $part.st label index >"$BATS_TEST_TMPDIR/$part"
        equal "$(tensor-ls -m source "$told/$part.st")" "cifar-synth (seed 1) $part"
        is_fact data.$part "$(wc -l <"$BATS_TEST_TMPDIR/$part")"
        equal "$(cut -f2 "$BATS_TEST_TMPDIR/$part" | sort | uniq -d)" ""
    done
    cd "$BATS_TEST_TMPDIR"
    # training and validation are rows of one set; validation has the same number of each class
    equal "$(cut -f2 train val | sort | uniq -d)" ""
    equal "$(cut -f1 val | sort | uniq -c | awk '{ print $1 }' | sort -u)" "$(($(fact data.val) / 10))"
    equal "$(fact data.train_all)" "$(($(cat "$told"/data/*/data_batch_*.bin | wc -c) / 3073 - $(fact data.val)))"
    # the images themselves: each row of the file is a label and an image
    od -An -v -tx1 -w3073 "$told"/data/*/data_batch_*.bin | cut -c4- | sort >training
    od -An -v -tx1 -w3073 "$told"/data/*/test_batch.bin | cut -c4- | sort >testing
    equal "$(comm -12 training testing | wc -l)" 0
    for part in train val test; do
        tensor-pick -n 50 <"$told/$part.st" | tensor-pick --fields image | stream-cut 0 | tail -c $((50 * 3072)) |
            od -An -v -tx1 -w3072 | sort >images
        equal "$part $(comm -12 images training | wc -l) $(comm -12 images testing | wc -l)" \
            "$part $([ $part == test ] && echo 0 50 || echo 50 0)"
    done
}

@test "what the network with labels says: accuracy, loss, recalls and the matrix" {
    cd "$BATS_TEST_TMPDIR"
    # the model's word is asked again
    named label label prediction loss <"$told/test.st" >rows
    near "$(cat rows)" "$(fields names.st label prediction loss)"
    is_fact test.label.accuracy "$(share <rows)"
    is_fact test.label.loss "$(cut -f3 rows | mean)"
    # the scores: the largest is the prediction's; the loss is the logarithm of its share
    fields names.st label prediction loss logit | awk -F'\t' '{
        best = 0; sum = 0
        for (k = 0; k < NF - 3; k++) { if ($(4 + k) > $(4 + best)) best = k; sum += exp($(4 + k)) }
        d = log(sum) - $(4 + $1) - $3
        if (best != $2 || d > 1e-4 || d < -1e-4) { print; exit 1 }
    }'
    cut -f1,2 rows | sort | uniq -c | awk '{ print $2 "\t" $3 "\t" $1 }' | sort >pairs
    awk -F'\t' 'FNR == NR { n[$1] += $3; pair[$1, $2] = $3; next } { print $1 "\t" $2 "\t" pair[$1, $2] / n[$1] }' \
        pairs "$told/confusion.tsv" >matrix
    near "$(cat matrix)" "$(cat "$told/confusion.tsv")"
    equal "$(wc -l <"$told/confusion.tsv")" 100
    local class
    for class in {0..9}; do
        is_fact "recall.label.$class" "$(awk -v k="$class" '$1 == k' rows | share)"
    done
    # best, worst and most confused: no other is more so
    near "$(awk '$1 == $2 { print $3 }' matrix | sort -g | sed -n '1p;$p' | paste -sd' ')" \
        "$(fact test.label.worst_recall) $(fact test.label.best_recall)"
    near "$(awk '$1 != $2 { print $3 }' matrix | sort -gr | head -n 1)" "$(fact test.label.confused_share)"
    near "$(awk -v t="$(fact test.label.confused_true)" -v p="$(fact test.label.confused_predicted)" '
        $1 == t && $2 == p { there = $3 } $1 == p && $2 == t { back = $3 } END { print there, back }' matrix)" \
        "$(fact test.label.confused_share) $(fact test.label.confused_back_share)"
    # the chosen epoch's accuracy is that of the validation images now
    near "$(named label label prediction <"$told/val.st" | share)" "$(fact label.val_accuracy)"
    near "$(tensor-ls -m epoch "$told/label.safetensors")" "$(fact label.chosen)"
}

@test "what the network without labels says: turns, half and quarter turns, classes" {
    cd "$BATS_TEST_TMPDIR"
    rotate-aug -q <"$told/test.st" | named rotation label rotation prediction loss >rows
    near "$(cat rows)" "$(cat "$told/turns.tsv")"
    equal "$(cut -f2 rows | sort | uniq -c | awk '{ print $1 }' | sort -u)" "$(fact data.test)"
    is_fact test.rotation.accuracy "$(cut -f2,3 rows | share)"
    is_fact test.rotation.loss "$(cut -f4 rows | mean)"
    is_fact turn.opposite "$(awk '{ print $2 != $3 && ($2 + $3) % 2 == 0 }' rows | mean)"
    is_fact turn.side "$(awk '{ print ($2 + $3) % 2 }' rows | mean)"
    local class
    for class in {0..9}; do
        is_fact "recall.rotation.$class" "$(awk -v k="$class" '$1 == k { print $2, $3 }' rows | share)"
        echo "$(fact "recall.rotation.$class") $(fact "recall.label.$class")"
    done >both
    is_fact turn.correlation "$(correlation <both)"
    near "$(cut -f2,3 "$told/turns-classes.tsv")" "$(cat both)"
    awk '{ n[$2]++; m[$2, $3]++ }
        END { for (i = 0; i < 16; i++) print m[int(i / 4), i % 4] / n[int(i / 4)] }' rows >cells
    near "$(cut -f3 "$told/turns-cells.tsv")" "$(cat cells)"
    # the validation accuracy of the log is that of turned validation images now; never the test images'
    near "$(rotate-aug -q <"$told/val.st" | named rotation rotation prediction | share)" "$(fact rotation.val_accuracy)"
    near "$(tensor-ls -m epoch "$told/rotation.safetensors")" "$(fact rotation.chosen)"
    equal "$(tensor-ls -m task "$told/label.safetensors")" label
    equal "$(tensor-ls -m task "$told/rotation.safetensors")" rotation
}

@test "the extremes are the validation images with the largest and the least losses" {
    cd "$BATS_TEST_TMPDIR"
    rotate-aug -q <"$told/val.st" | named rotation label index rotation prediction loss >rows
    near "$(cat rows)" "$(cat "$told/val-turned.tsv")"
    local n
    n=$(fact extreme.count)
    equal "$(wc -l <"$told/extremes.tsv")" $((2 * n))
    # the greatest loss of each image, the ten greatest of these; the least likewise
    awk '!($2 in most) || $5 > most[$2] { most[$2] = $5 } END { for (i in most) print most[i] }' rows |
        sort -gr | head -n "$n" >high
    awk '!($2 in least) || $5 < least[$2] { least[$2] = $5 } END { for (i in least) print least[i] }' rows |
        sort -g | head -n "$n" >low
    near "$(cut -f5 "$told/extremes.tsv")" "$(cat high low)"
    # rows are those of the turned images, in the table as in the sheet
    awk 'FNR == NR { row[FNR - 1] = $1 " " $3 " " $4 " " $5; next } { print row[$1] }' rows "$told/extremes.tsv" >named
    near "$(cut -f2- "$told/extremes.tsv")" "$(cat named)"
    for n in 0 12; do
        cmp <(tile rotation-loss $n 10 3) <(image val-turned.st "$(sed -n $((n + 1))p "$told/extremes.tsv" | cut -f1)")
    done
}

@test "the untrained network is untrained" {
    # its outputs are as good as a guess, though it has the shape of the others; its kernels are as they were drawn
    [ "$(tensor-ls -m widths "$told/random.safetensors")" == "$(tensor-ls -m widths "$told/label.safetensors")" ]
    awk -v share="$(named random label prediction <"$told/test.st" | share)" 'BEGIN { exit !(share < 0.22) }'
    cd "$BATS_TEST_TMPDIR"
    tensor-pick -n 100 <"$told/val.st" | resnet-train -q --stem trained --init random --average none --batch 100 \
        --optimizer sgd --lr 0 --epochs 1 --seed 1 --widths "$(tensor-ls -m widths "$told/random.safetensors")" \
        --blocks "$(tensor-ls -m blocks "$told/random.safetensors")" \
        --downsample "$(tensor-ls -m downsample "$told/random.safetensors")" >drawn.safetensors 2>/dev/null
    for tensor in 'conv1.weight 27' 'layer3.0.conv2.weight 288' 'fc.weight 32'; do
        # shellcheck disable=SC2086 # two words
        cmp <(values $tensor <"$told/random.safetensors") <(values $tensor <drawn.safetensors)
    done
}

@test "neighbours: those of the right network among the training images, nearest first; shares and overlap" {
    cd "$BATS_TEST_TMPDIR"
    local net n
    for net in label rotation; do
        equal "$(fields database-$net.st index label | sort)" "$(fields train.st index label | sort)"
        equal "$(fields features-$net.st index label)" "$(fields test.st index label)"
        # the features are this network's
        for n in 'database train' 'features test'; do
            tensor-pick -n 20 <"$told/${n#* }.st" | resnet-embed -q -m "$told/$net.safetensors" --emit feature |
                tensor-tsv feature >now
            near "$(fields "${n% *}-$net.st" feature | head -n 20)" "$(cat now)"
        done
        # of four test images, the nearest by the cosine of their angles
        for n in 3 17 41 58; do
            { sed -n $((n + 1))p <(fields features-$net.st feature) && fields database-$net.st feature; } | awk '
                NR == 1 { for (i = 1; i <= NF; i++) { q[i] = $i; qq += $i * $i } next }
                {
                    dot = rr = 0
                    for (i = 1; i <= NF; i++) { dot += q[i] * $i; rr += $i * $i }
                    printf "%.9g\t%d\n", 1 - dot / sqrt(qq * rr), NR - 2
                }' | sort -g | head -n 10 >nearest
            near "$(fields neighbours-$net.st neighbor_distance | sed -n $((n + 1))p)" "$(cut -f1 nearest)"
            equal "$(fields neighbours-$net.st neighbor_label.0 | sed -n $((n + 1))p)" \
                "$(fields database-$net.st label | sed -n "$(($(head -n 1 nearest | cut -f2) + 1))p")"
        done
        fields neighbours-$net.st label neighbor_label >labels
        awk '{ for (i = 2; i <= NF; i++) print $1, $i }' labels >pairs
        is_fact neighbours.$net.share "$(share <pairs)"
        awk '{ n[$1]++; right[$1] += $1 == $2 } END { for (k in n) printf "%.9g\n", right[k] / n[k] }' pairs |
            sort -g | sed -n '1p;$p' >classes
        near "$(paste -sd' ' classes)" \
            "$(fact neighbours.$net.worst_share) $(fact neighbours.$net.best_share)"
        # those of the figure: the first test image of every other class
        for n in 0 2 4 6 8; do
            awk -v k=$n '$1 == k { print; exit }' labels
        done | awk '{ for (i = 2; i <= NF; i++) right += $i == $1 } END { print right + 0 }' >right
        is_fact neighbours.$net.right "$(cat right)"
        # their frames in the sheet: blue for the same class
        awk -F'\t' -v from="$([ $net == label ] && echo labels || echo rotation)" '
            $7 == "labels" || $7 == "rotation" { net = $7; next }
            net == from && $6 == "right" { n++ } END { print n + 0 }' "$told/sheets/neighbours.tsv" >framed
        equal "$(cat framed)" "$(cat right)"
    done
    paste <(fields neighbours-label.st neighbor_index) <(fields neighbours-rotation.st neighbor_index) |
        awk '{ split("", seen); for (i = 1; i <= NF; i++) n += seen[$i]++ } END { printf "%.9g\n", n / NR }' >overlap
    is_fact neighbours.overlap "$(cat overlap)"
    # the pictures: the second query and its third neighbour of both networks
    local row index
    row=$(fields test.st label | awk '$1 == 2 { print NR - 1; exit }')
    cmp <(tile neighbours 11 11 3) <(image test.st "$row")
    n=14
    for net in label rotation; do
        index=$(fields neighbours-$net.st neighbor_index.2 | sed -n $((row + 1))p)
        index=$(fields train.st index | awk -v index_of="$index" '$1 == index_of { print NR - 1; exit }')
        cmp <(tile neighbours $n 11 3) <(image train.st "$index")
        n=69
    done
}

@test "features at every depth: each network's own, by neighbours' vote and by probes" {
    cd "$BATS_TEST_TMPDIR"
    local net layer column=2 last first part rows
    first=$(head -n 1 "$told/depth.tsv" | cut -f1)
    last=$(tail -n 1 "$told/depth.tsv" | cut -f1)
    for net in label rotation random; do
        for layer in "$first" "$last"; do
            for part in train test; do
                rows=$(fact "knn.$([ $part == train ] && echo database || echo queries)")
                tensor-pick -n "$rows" <"$told/$part.st" | resnet-embed -q -m "$told/$net.safetensors" \
                    --emit feature --layer "$layer" --grid "$(fact knn.grid)" >$part.st
            done
            # the vote, from similarities: exp(s / T)
            knn -q -d train.st -k "$(fact knn.k)" --metric cosine <test.st |
                tensor-tsv label neighbor_label neighbor_distance |
                awk -F'\t' -v t="$(fact knn.temperature)" '{
                    split("", vote); best = -1; k = (NF - 1) / 2
                    for (i = 2; i <= k + 1; i++) vote[$i] += exp((1 - $(i + k)) / t)
                    for (c in vote) if (best < 0 || vote[c] > vote[best]) best = c
                    print $1, best
                }' | share >vote
            near "$(awk -v l="$layer" -v c=$column '$1 == l { print $c }' "$told/depth.tsv")" "$(cat vote)"
            is_fact "knn.$net.$layer" "$(cat vote)"
        done
        is_fact "knn.$net.last" "$(cat vote)"
        is_fact "knn.$net.best" "$(cut -f$column "$told/depth.tsv" | sort -g | tail -n 1)"
        is_fact "linear.$net.best" "$(cut -f$((column + 3)) "$told/depth.tsv" | sort -g | tail -n 1)"
        is_fact "hidden.$net.best" "$(cut -f$((column + 6)) "$told/depth.tsv" | sort -g | tail -n 1)"
        column=$((column + 1))
    done
    # the probes of the untrained network's last layer; the settings are the report's
    probe -q --seed 1 -t train.st --epochs 30 <test.st | tensor-tsv label probe_prediction | share >plain
    is_fact "linear.random.$last" "$(cat plain)"
    probe -q --seed 1 -t train.st --hidden 200,200 --epochs 10 --lr 0.03 <test.st |
        tensor-tsv label probe_prediction | share >hidden
    is_fact "hidden.random.$last" "$(cat hidden)"
}

# maps NET ROWS: of the images, the class activation maps worked out from feature maps and weights: for each image its
# class (the prediction, or that named third), and the map.
maps() {
    {
        tensor-pick --fields fc.weight <"$told/$1.safetensors" | tensor-tsv fc.weight
        echo --
        tensor-pick --rows "$2" <"$told/test.st" | resnet-embed -q -m "$told/$1.safetensors" --emit fmap,prediction |
            tensor-tsv "${3:-prediction}" $(seq -f fmap.%g 0 2047)
    } | awk -F'\t' '
        /^--$/ { images = 1; next }
        !images { for (c = 1; c <= NF; c++) w[NR - 1, c] = $c; channels = NF; next }
        {
            places = (NF - 1) / channels
            printf "%d", $1
            for (p = 0; p < places; p++) {
                v = 0
                for (c = 1; c <= channels; c++) v += w[$1, c] * $(1 + (c - 1) * places + p + 1)
                printf "\t%.9g", v
            }
            print ""
        }'
}

@test "class activation maps: each network's own, what lies in the middle, how far two agree, the odd ones" {
    cd "$BATS_TEST_TMPDIR"
    local net outputs
    for net in label rotation; do
        outputs=$([ $net == label ] && echo 10 || echo 4)
        cut -f2,$((3 + outputs))- "$told/cam-$net.tsv" >maps
        maps $net 0-4 | tr -s '\t' '\n' >again
        head -n 5 maps | tr -s '\t' '\n' | paste - again | awk '
            { d = $1 - $2 } !(d < 1e-3 && -d < 1e-3) { print; exit 1 }'
        # 8 x 8 places: the middle quarter is the inner 4 x 4
        awk -F'\t' '{
            all = inner = 0
            for (p = 0; p < NF - 1; p++) {
                v = $(p + 2) > 0 ? $(p + 2) : 0
                y = int(p / 8); x = p % 8
                all += v
                if (x >= 2 && x < 6 && y >= 2 && y < 6) inner += v
            }
            print (all > 0 ? inner / all : "none")
        }' maps >$net.middle
        cut -f2- maps >$net.maps
    done
    is_fact cam.size 8
    is_fact cam.studied "$(wc -l <label.middle)"
    paste label.middle <(cut -f1,2 "$told/cam-label.tsv") | grep -v none >rows
    is_fact cam.centre_right "$(awk '$2 == $3' rows | mean)"
    is_fact cam.centre_wrong "$(awk '$2 != $3' rows | mean)"
    is_fact cam.centre_rotation "$(grep -v none rotation.middle | mean)"
    equal "$(cut -f1 "$told/cam-label.tsv")" "$(fields test.st label | head -n "$(fact cam.studied)")"
    paste label.maps rotation.maps | awk -F'\t' '{
        n = NF / 2; mx = my = xx = yy = xy = 0
        for (i = 1; i <= n; i++) { mx += $i / n; my += $(i + n) / n }
        for (i = 1; i <= n; i++) { dx = $i - mx; dy = $(i + n) - my; xx += dx * dx; yy += dy * dy; xy += dx * dy }
        print (xx * yy > 0 ? xy / sqrt(xx * yy) : 0)
    }' | mean >agreement
    is_fact cam.agreement "$(cat agreement)"
    # the surest mistake: its probability, and how alike its two maps are
    fields names.st label prediction logit | awk -F'\t' '$1 != $2 {
        sum = 0
        for (k = 3; k <= NF; k++) sum += exp($k)
        printf "%.9g %d %d %d\n", exp($(3 + $2)) / sum, NR - 1, $1, $2
    }' | sort -gr | head -n 1 >wrong
    near "$(cat wrong)" "$(for n in probability index label prediction; do fact "odd.wrong.$n"; done)"
    local row
    row=$(fact odd.wrong.index)
    paste <(maps label "$row" | tr '\t' '\n') <(maps label "$row" label | tr '\t' '\n') | tail -n +2 |
        correlation >overlap
    awk -v d="$(fact odd.wrong.overlap) $(cat overlap)" '
        BEGIN { split(d, v); exit !(v[1] - v[2] < 1e-3 && v[2] - v[1] < 1e-3) }'
    # its picture in the sheet, and that of the right prediction from the border
    cmp <(tile cam-odd 0 2 3) <(image test.st "$row")
    cmp <(tile cam-odd 4 2 3) <(image test.st "$(fact odd.edge.index)")
    # the edge: right, and of those that are as sure none lies less in the middle
    paste label.middle "$told/cam-label.tsv" | awk -F'\t' -v sure="$(fact odd.edge.sure)" '$2 == $3 && $1 != "none" {
        sum = 0; for (k = 0; k < 10; k++) sum += exp($(4 + k)); p = exp($(4 + $3)) / sum
        if (!sure || p >= 0.9) printf "%.9g %.9g %d %d\n", sure ? $1 : -p, p, NR - 1, $2
    }' | sort -g | head -n 1 | cut -d' ' -f2- >edge
    near "$(cat edge)" "$(fact odd.edge.probability) $(fact odd.edge.index) $(fact odd.edge.label)"
    # the images of three classes: found most often, in the middle, least often
    near "$(for n in 1 2 3; do fact "recall.label.$(fact cam.class_$n)"; done)" \
        "$(for n in {0..9}; do fact "recall.label.$n"; done | sort -gr | sed -n '1p;6p;10p')"
    tensor-pick --rows "$(paste -sd, "$told/cam-rows.txt")" <"$told/test.st" | named label label prediction >shown
    is_fact cam.right "$(awk '$1 == $2' shown | wc -l)"
    equal "$(cut -f1 shown | uniq | paste -sd' ')" "$(for n in 1 2 3; do fact "cam.class_$n"; done | paste -sd' ')"
    cmp <(tile cam 8 2 3) <(image test.st "$(sed -n 5p "$told/cam-rows.txt")")
    equal "$(awk -F'\t' '$6 == "big" { print $7 }' "$told/sheets/cam.tsv")" \
        "$(for n in 1 2 3; do fact "class.$(fact cam.class_$n)"; done)"
}

@test "maps of t-SNE: each network's own, agreement of neighbours, chance, the divergence that was left" {
    cd "$BATS_TEST_TMPDIR"
    local net
    for net in label rotation; do
        # the nearest point of each, by all distances
        for map in tsne map; do
            awk -F'\t' '{ x[NR] = $1; y[NR] = $2; k[NR] = $3 }
                END {
                    for (i = 1; i <= NR; i++) {
                        best = -1
                        for (j = 1; j <= NR; j++) {
                            d = (x[i] - x[j]) * (x[i] - x[j]) + (y[i] - y[j]) * (y[i] - y[j])
                            if (j != i && (best < 0 || d < best)) { best = d; near = j }
                        }
                        print k[i], k[near]
                    }
                }' "$told/$map-$net.tsv" | share >agreement
            is_fact $map.$net.agreement "$(cat agreement)"
        done
        holds "$(cat "$told/tsne-$net.tsv.kl")" "KL divergence $(fact tsne.$net.kl)"
        holds "$(cat "$told/map-$net.st.kl")" "KL divergence $(fact map.$net.kl)"
        # the map is that of this network's features: neighbours in the features are near in it
        paste <(fields features-$net.st label) <(cut -f3 "$told/map-$net.tsv") | share >same
        equal "$(cat same)" 1
        paste <(fields names.st prediction) <(cut -f4 "$told/map-$net.tsv") | share >same
        equal "$(cat same)" 1
        tsne -q --perplexity 15 --iterations 400 --seed 1 <"$told/features-$net.st" | tensor-tsv map |
            cmp - <(cut -f1,2 "$told/map-$net.tsv")
        tensor-pick --sort label -n "$(fact tsne.per_class)" --per label <"$told/features-$net.st" |
            tsne -q --perplexity 15 --iterations 500 --seed 1 | tensor-tsv map label | cmp - "$told/tsne-$net.tsv"
    done
    is_fact tsne.count "$(wc -l <"$told/tsne-label.tsv")"
    equal "$(cut -f3 "$told/tsne-rotation.tsv" | uniq -c | awk '{ print $1 }' | sort -u)" "$(fact tsne.per_class)"
    is_fact map.count "$(wc -l <"$told/map-rotation.tsv")"
    # the drawing: the left panel is that of labels, its points where the table has them
    sed -n '/^const data = /,/]/p' "$told/map.html" | grep '^.*,' | sed 's/.*\[//; s/\].*//; s/,$//' | tr , '\t' >page
    equal "$(cut -f1,2 page)" "$(cut -f3,4 "$told/map-label.tsv")"
    local column=3 left=1
    for net in label rotation; do
        grep -o "<use xlink:href='#gpPt[0-9]*' transform='translate([0-9.]*,[0-9.]*)" "$told/figures/tsne.svg" |
            sed 's/.*(//; s/,/ /; s/)//' | awk -v left=$left '$2 < 304 && ($1 < 298) == left' >marks
        equal "$(wc -l <marks)" "$(fact tsne.count)"
        paste <(cut -d' ' -f1 marks) <(cut -f1 "$told/tsne-$net.tsv") | correlation
        paste <(cut -d' ' -f2 marks) <(cut -f2 "$told/tsne-$net.tsv") | awk '{ print -$1, $2 }' | correlation
        # and the page of all test images
        paste <(cut -f$column page) <(cut -f1 "$told/map-$net.tsv") | correlation
        paste <(cut -f$((column + 1)) page) <(cut -f2 "$told/map-$net.tsv") | correlation
        column=5 left=0
    done >correlations
    awk '$1 < 0.999 { print; exit 1 }' correlations
    equal "$(wc -l <correlations)" 8
}

@test "filters: shares of each network's own, counted from its weights" {
    cd "$BATS_TEST_TMPDIR"
    local net
    for net in label rotation; do
        values conv1.weight 27 <"$told/$net.safetensors" >weights
        equal "$(cat "$told/filters-first-$net.tsv")" "$(cat weights)"
        is_fact filter.count "$(wc -l <weights)"
        # colour: what is left of each pixel when the mean of its colours is taken away
        # (where filters whiten, each counts alike)
        awk -F'\t' -v stem="$(fact net.stem)" '{
            size = 0
            for (p = 1; p <= 27; p++) size += $p * $p
            if (stem != "whiten") size = 1
            for (p = 1; p <= 9; p++) {
                m = ($p + $(p + 9) + $(p + 18)) / 3
                for (c = 0; c < 3; c++) {
                    all += $(p + 9 * c) ^ 2 / size
                    colour += ($(p + 9 * c) - m) ^ 2 / size
                }
            }
        } END { printf "%.9g\n", colour / all }' weights >share
        is_fact filter.$net.colour_share "$(cat share)"
        awk -F'\t' '{ s = 0; for (i = 1; i <= NF; i++) s += $i * $i; printf "%.9g\t%d\n", s, NR - 1 }' weights |
            sort -g >sizes
        [ "$(fact net.stem)" == whiten ] || {
            equal "$(fact filter.$net.weak.index)" "$(head -n 1 sizes | cut -f2)"
            awk 'NR == 1 { least = $1 } END { printf "%.9g\n", sqrt(least / $1) }' sizes >weakest
            is_fact filter.$net.weak.norm "$(cat weakest)"
        }
        values layer2.pool.conv.weight 72 <"$told/$net.safetensors" |
            awk -F'\t' '{
                sum = strongest = 0
                for (c = 0; c < NF / 9; c++) {
                    e[c] = 0
                    for (p = 1; p <= 9; p++) e[c] += $(9 * c + p) ^ 2
                    sum += e[c]
                    if (e[c] > e[strongest]) strongest = c
                }
                if (sum > most) { most = sum; found = NR - 1 " " strongest }
            } END { print found }' >strongest
        equal "$(cat strongest)" "$(fact filter.$net.second.index) $(fact filter.$net.second.input_1)"
    done
    equal "$(fact filter.layer)" layer2.pool.conv
}

@test "sheets and tables of the data: the first images of each class, the options, the parameters" {
    cd "$BATS_TEST_TMPDIR"
    local n row
    for n in 0 23 99; do
        row=$(fields test.st label | awk -v k=$((n / 10)) '$1 == k { print NR - 1 }' | sed -n $((n % 10 + 1))p)
        cmp <(tile samples $n 10 3) <(image test.st "$row")
    done
    tensor-ls "$told/label.safetensors" | grep '\.\(weight\|bias\) ' | sed 's/.*\[//; s/\].*//; s/,/ /g' |
        awk '{ n = 1; for (i = 1; i <= NF; i++) n *= $i; sum += n } END { print sum }' >parameters
    is_fact net.parameters "$(cat parameters)"
    local log
    for log in label rotation; do
        is_fact $log.epochs "$(tail -n 1 "$told/$log.tsv" | cut -f1)"
        is_fact $log.seconds "$(tail -n 1 "$told/$log.tsv" | cut -f8)"
        near "$(tensor-ls -m val_accuracy "$told/$log.safetensors") $(tensor-ls -m val_loss "$told/$log.safetensors")" \
            "$(fact $log.val_accuracy) $(fact $log.val_loss)"
    done
    # what the text says first
    percent() { fact "$1" | awk '{ printf "%.1f", 100 * $1 }'; }
    tr '\n' ' ' <"$told/report.md" >text
    grep -q "the network with labels names $(percent test.label.accuracy)" text
    grep -q "finds the right turn of $(percent test.rotation.accuracy)" text
}

@test "a swapped input is refused, not drawn" {
    cp -rp out "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
    # swapped WORDS FILE COMMAND...: FILE is what the command writes; every target that is made from it says why not.
    swapped() {
        local words=$1 file=out/synthetic-smoke/$2
        mv "$file" kept
        "${@:3}" >"$file"
        run report ${all:+-k} OUT="$PWD/out"
        [ "$status" -ne 0 ] || flunk "$2 was swapped, and the report was told"
        holds "$output" "$words"
        mv kept "$file"
    }
    local o=$PWD/out/synthetic-smoke
    cp -p out/report.html before.html
    # two networks are compared by knn and mapped by tsne, whichever make comes to first
    all=yes swapped "model is 'label " features-rotation.st cat "$o/features-label.st"
    swapped "of '$(cat "$o/label.id")' (both must be of the same model)" database-rotation.st cat "$o/database-label.st"
    swapped "('* test' is required)" test.st cat "$o/val.st"
    swapped "('* val' is required)" val-turned.st rotate-aug -q <"$o/test.st"
    swapped "('rotation *' is required)" rotation.safetensors cat "$o/label.safetensors"
    swapped "the untrained network is the one with labels" random.safetensors cat "$o/label.safetensors"
    as_validation() { tensor-pick -n 7 <"$o/train.st" | stream-set 'source=of one train set val'; }
    swapped "7 validation images are among those to train on" val.st as_validation
    cmp out/report.html before.html
}

# --- the template's language

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
