# Every preset's options, as its report would use them: each command line of the first half of the report is given to
# the program, which has to understand it; the networks train on a handful of images.
load helpers/common

# A program in place of each of ours: it reads what it is given and runs the true one with the same options on nothing.
# resnet-train gets a few images. What was run, with which status and message, goes to the file `ran`.
stand_in() {
    cat <<'END'
#!/usr/bin/env bash
name=${0##*/} status=0 input=/dev/null options=("$@")
case "$name $*" in
tensor-ls*safetensors*) exec "$BIN/$name" "$@" ;;
tensor-ls*) cat >/dev/null && echo some-model && exit ;;
tensor-pick*task=*) exec "$BIN/$name" "$@" ;; # a model
esac
[ "$name" == cifar-synth ] || [ "$name" == cifar-cat ] || cat >/dev/null
case $name in
cifar-synth)
    mkdir "${options[-1]}"
    options[-1]=/dev/null/folder
    ;;
resnet-train)
    input=$HERE/few.st
    [[ " $* " != *" --target rotation "* ]] || input=$HERE/few-turned.st
    for ((i = 0; i < $#; i++)); do
        [ "${options[i]}" != --val ] || options[i + 1]=$input
    done
    ;;
esac
"$BIN/$name" "${options[@]}" <"$input" 2>"$HERE/said.$$" || status=$?
printf '%s\t%s\t%s\t%s\n' "$name" "$status" "$*" "$(tr '\n' ' ' <"$HERE/said.$$")" >>"$HERE/ran"
rm "$HERE/said.$$"
END
}

setup() {
    common_setup
    export HERE=$PWD
    cifar-synth -q --train 12 --test 0 few
    cifar-cat -q few >few.st
    rotate-aug -q <few.st >few-turned.st
    mkdir stand-ins
    stand_in >stand-ins/tensor-ls
    chmod +x stand-ins/tensor-ls
    local program
    for program in "$BIN"/*; do
        [ "${program##*/}" == tensor-ls ] || ln -s tensor-ls "stand-ins/${program##*/}"
    done
}

# tale PRESET ARGUMENT...: make of the report's makefile, with stand-ins.
tale() {
    PATH=$PWD/stand-ins:$PATH env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --no-print-directory -j2 \
        -f "$ROOT/pipelines/report.mk" PRESET="$1" CIFAR10_PATH= OUT=out "${@:2}" </dev/null
}

# preset NAME: the streams of its report, made by stand-ins; what is the same for each network, for one.
preset() {
    local o=out/synthetic-$1 layers
    read -ra layers < <(tale "$1" --eval "names-of-layers:; @echo \$(layers)" names-of-layers)
    layers=("${layers[@]/#/$o/depth/rotation-}")
    # no image is enough
    tale "$1" -o "$o/enough.tsv" "$o"/{label,rotation,random}.safetensors "$o"/names.st "$o"/{turns,val-turned}.tsv \
        "$o"/neighbours-label.st "$o"/{tsne,cam}-rotation.tsv "$o"/map-label.st \
        "${layers[@]/%/.txt}" >made 2>&1 || flunk "$(cat made ran)"
}

@test "every command line of every preset is understood, and its networks can be trained" {
    local file name
    for file in "$ROOT"/pipelines/presets/*.mk; do
        name=$(basename "$file" .mk)
        [[ $BIN != *sanitize* ]] || [ "$name" == smoke ] || continue # the larger networks would take minutes
        rm -f ran
        preset "$name"
        equal "$(awk -F'\t' '$2 == 2 || $1 == "resnet-train" && $2 != 0' ran)" ""
        # of each program at least one command line was tried
        equal "$(cut -f1 ran | sort -u | paste -sd' ')" "cam-render cifar-cat cifar-synth knn probe resnet-embed$(
            ) resnet-train rotate-aug tensor-pick tensor-tsv tsne"
        equal "$(grep -c '^resnet-train' ran)" 3
    done
}

@test "every preset sets the same things" {
    local file
    for file in "$ROOT"/pipelines/presets/*.mk; do
        sed -n 's/^\([a-z_]*\) *:=.*/\1/p' "$file" | sort | paste -sd' '
    done | sort -u >sets
    equal "$(wc -l <sets)" 1
}
