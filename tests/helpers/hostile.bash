# Running the rows of fixtures/hostile.tsv: `load helpers/hostile` after helpers/common and helpers/makers.

# hostile_materials: good files, for commands that need some beside the bad one. Rows find them as ../g/NAME.
hostile_materials() {
    cifar-synth -q --train 50 --test 40 set
    cifar-cat -q -s train --val 0 set >train.st
    cifar-cat -q -s test set >test.st
    small=(resnet-train -q -j 1 -e 1 -b 16)
    "${small[@]}" --widths 4,8 --blocks 1,1 --checkpoint state.st <train.st >model.st
    rotate-aug <train.st | "${small[@]}" -t rotation --widths 4 --blocks 1 >turns.st
    resnet-embed -q -j 1 -m model.st --emit feature,fmap,prediction,logit,loss <test.st >rows.st
    resnet-embed -q -j 1 -m model.st --emit feature <train.st >base.st
    knn -q -d base.st -k 3 <rows.st >near.st
    tar -cf set.tar -C set cifar-10-batches-bin
}

# Who reads streams, and by what name messages call the stream that is bad: it lies in the file `in` and is the input.
readers=(
    "standard input|tensor-ls"
    "in|tensor-ls -v in"
    "standard input|tensor-tsv"
    "standard input|tensor-pick"
    "standard input|tensor-pick -s label"
    "in|tensor-pick --join in <../g/rows.st"
    "standard input|tensor-pnm"
    "in|tensor-pnm --neighbors in <../g/near.st"
    "standard input|rotate-aug"
    "standard input|resnet-embed -m ../g/model.st"
    "in|resnet-embed -m in <../g/test.st"
    "standard input|cam-render -m ../g/model.st"
    "standard input|cam-render --map -m ../g/model.st"
    "in|cam-render -m in <../g/rows.st"
    "standard input|filter-render"
    "in|filter-render in"
    "standard input|knn -q -d ../g/base.st"
    "in|knn -d in <../g/rows.st"
    "standard input|probe -q -t ../g/base.st -e 1"
    "in|probe -t in <../g/rows.st"
    "standard input|tsne"
    "standard input|resnet-train"
    "in|resnet-train --val in <../g/train.st"
    "in|resnet-train --resume in --widths 4,8 --blocks 1,1 -e 1 -b 16 <../g/train.st"
)

# Sanitizers slow programs down and take memory of their own: time has another bound there, and memory none. They also
# tell of each allocation that failed.
sanitized=''
slower=1
if [[ $BIN == *sanitize* ]]; then
    sanitized=yes
    slower=20
fi

# hostile_run COMMAND: run it in this folder with the file `in`, if there is one, as its input. Beside the folder stand
# then what it wrote (out, said) and the exit status, memory (KiB) and time (ms) it took (figures).
hostile_run() {
    local input=/dev/null
    [ ! -e in ] || input=in
    eval "bounded -o ../figures $1" <"$input" >../out 2>../said
    [ -z "$sanitized" ] || sed -i '/^==[0-9]*==WARNING: AddressSanitizer failed to allocate/d' ../said
}

# judge STATUS MEMORY TIME FRAMES WORDS COMMAND BEFORE: what is wrong with what hostile_run left; BEFORE are the files
# that were there.
judge() {
    local status=$1 memory=$2 time=$3 frames=$4 words=$5 name=${6%% *} before=$7 code kib ms said after size=0
    after=$(echo .* *)
    said=$(<../said)
    read -r code kib ms <../figures
    [ ! -e in ] || size=$(stat -Lc %s in)
    [ "$code" == "$status" ] || echo "exit $code and not $status"
    [ "$before" == "$after" ] || echo "files were left: $after"
    [ "$frames" != - ] || [ ! -s ../out ] || echo "something is on standard output"
    [[ $frames == [-*] ]] || [ "$(tensor-ls -f ../out | grep -c '^# frame')" == "$frames" ] ||
        echo "not $frames whole frames"
    if [ "$status" == 0 ]; then
        [ "$said" == "${words#-}" ] || [[ $said == "$name: $words"* ]] || echo "it says more or other words"
    else
        [[ $said == "$name: $words"* ]] || echo "it says other words"
        [[ $said != *$'\n'* ]] || echo "more than one line"
    fi
    [ "$memory" != - ] || memory=$((100 + size / 500000))
    [ -n "$sanitized" ] || [ "$kib" -le $((memory * 1024)) ] || echo "$((kib / 1024)) MiB and not at most $memory"
    [ "$time" != - ] || time=2
    [ "$ms" -le $((time * slower * 1000)) ] || echo "$ms ms and not at most $((time * slower)) s"
}

# commands_of COMMAND LINE: what a row of that line of the table runs, as `readers` has it. Sanitizers have time for a
# third of the readers: with each line for others.
commands_of() {
    local i step=1 first=0
    if [ "$1" != each ]; then
        echo "|$1"
        return
    fi
    [ -z "$sanitized" ] || step=3 first=$(($2 % 3))
    for ((i = first; i < ${#readers[@]}; i += step)); do
        echo "${readers[i]}"
    done
}

# hostile_row LINE STATUS MEMORY TIME FRAMES WORDS INPUT COMMAND: what is wrong with a row, for each command of it.
hostile_row() {
    local commands reader before faults words=$6 input=$7 command=$8
    mapfile -t commands < <(commands_of "$command" "$1")
    mkdir here && cd here || return
    [ "$input" == - ] || eval "$input" >in || echo "its input cannot be made"
    before=$(echo .* *)
    for reader in "${commands[@]}"; do
        command=${reader#*|}
        [ -z "${reader%%|*}" ] || words="${reader%%|*}: $6"
        hostile_run "$command"
        faults=$(judge "${@:2:4}" "$words" "$command" "$before")
        [ -z "$faults" ] || printf '    %s: %s\n    %s\n' "$command" "${faults//$'\n'/; }" "$(head -c 1000 ../said)"
    done
    cd .. && rm -rf here
}

# hostile_rows SECTION REMAINDER: each second row of a section of the table; lines for each that is not as it should be.
hostile_rows() {
    local line=0 row=0 section='' text columns faults
    while IFS= read -r text; do
        line=$((line + 1))
        [[ $text != '## '* ]] || section=${text#'## '}
        [[ $section == "$1" && -n $text && $text != '#'* ]] || continue
        row=$((row + 1))
        [ $((row % 2)) == "$2" ] || continue
        IFS=$'\t' read -ra columns <<<"$text"
        faults="    it has ${#columns[@]} columns and not 7"
        [ ${#columns[@]} != 7 ] || faults=$(hostile_row "$line" "${columns[@]}")
        [ -z "$faults" ] || printf 'hostile.tsv:%d: %s\n%s\n' "$line" "$text" "$faults"
        echo "$line" >>lines
    done <"$FIXTURES/hostile.tsv"
}

# hostile_section NAME GOOD: all rows of a section, in two processes; GOOD is the folder of hostile_materials.
hostile_section() {
    local half faults
    for half in 0 1; do
        mkdir $half
        ln -s "$2" $half/g
        (cd $half && hostile_rows "$1" $half >faults 2>&1) &
    done
    wait
    faults=$(cat 0/faults 1/faults)
    [ -z "$faults" ] || flunk "$faults"
    [ -s 1/lines ] || flunk "the table has no rows of '$1'"
}
