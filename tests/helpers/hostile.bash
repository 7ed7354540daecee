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
    wide 30000 >wide.st
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
space="-m 16384" # of addresses, so that what asks for more fails and is not killed
if [[ $BIN == *sanitize* ]]; then
    sanitized=yes
    slower=20
    space=''
fi

# The rest runs hundreds of times, so it leaves to the shell what would take a process.

# slurp FILE: its text without the last newline, in `text`.
slurp() {
    text=''
    IFS= read -rd '' text <"$1" || true
    text=${text%$'\n'}
}

# hostile_run COMMAND: run it in this folder with the file `in`, if there is one, as its input. Beside the folder stand
# then what it wrote (out, said) and the exit status, memory (KiB) and time (ms) it took (figures).
hostile_run() {
    local input=/dev/null
    [ ! -e in ] || input=in
    eval "bounded $space -o ../figures $1" <"$input" >../out 2>../said
    [ -z "$sanitized" ] || sed -i '/^==[0-9]*==WARNING: AddressSanitizer failed to allocate/d' ../said
}

# judge STATUS MEMORY TIME FRAMES WORDS COMMAND FILES: what is wrong with what hostile_run left, in `faults`; FILES are
# those that were there.
judge() {
    local status=$1 memory=$2 time=$3 frames=$4 words=$5 name=${6%% *} code kib ms text files
    faults=''
    files=(.* *)
    slurp ../said
    read -r code kib ms <../figures
    [ "$code" == "$status" ] || faults+="exit $code and not $status; "
    [ "$7" == "${files[*]}" ] || faults+="files were left: ${files[*]}; "
    [ "$frames" != - ] || [ ! -s ../out ] || faults+="something is on standard output; "
    [[ $frames == [-*] ]] || [ "$(tensor-ls -f ../out | grep -c '^# frame')" == "$frames" ] ||
        faults+="not $frames whole frames; "
    if [ "$words" == - ]; then
        [ -z "$text" ] || faults+="it says something; "
    else
        [[ $text == "$name: $words"* ]] || faults+="it says other words; "
        [[ $text != *$'\n'* ]] || faults+="more than one line; "
    fi
    [ -n "$sanitized" ] || [ "$kib" -le $((memory * 1024)) ] || faults+="$((kib / 1024)) MiB and not at most $memory; "
    [ "$ms" -le $((time * slower * 1000)) ] || faults+="$ms ms and not at most $((time * slower)) s; "
}

# hostile_row LINE STATUS MEMORY TIME FRAMES WORDS INPUT COMMAND: what is wrong with the row in that line of the table,
# for each command of it. With sanitizers it is a quarter of the readers: with each line other ones.
hostile_row() {
    local status=$2 memory=$3 time=$4 frames=$5 words=$6 input=$7 commands=("|$8") step=1 reader i files faults text
    if [ "$8" == each ]; then
        commands=("${readers[@]}")
        [ -z "$sanitized" ] || step=4
    fi
    [ "$input" == - ] || eval "$input" >in || echo "    its input cannot be made"
    [ "$time" != - ] || time=2
    [ "$memory" != - ] || memory=$((100 + ($(stat -c %s in 2>/dev/null || echo 0)) / 500000))
    files=(.* *)
    for ((i = $1 % step; i < ${#commands[@]}; i += step)); do
        reader=${commands[i]%%|*}
        hostile_run "${commands[i]#*|}"
        judge "$status" "$memory" "$time" "$frames" "${reader:+$reader: }$words" "${commands[i]#*|}" "${files[*]}"
        [ -z "$faults" ] && continue
        slurp ../said
        printf '    %s: %s\n    %s\n' "${commands[i]#*|}" "$faults" "${text:0:1000}"
    done
}

# hostile_rows SECTION REMAINDER: each second row of a section of the table; lines for each that is not as it should be.
hostile_rows() {
    local line=0 row=0 section='' text columns faults left
    mkdir here
    while IFS= read -r text; do
        line=$((line + 1))
        [[ $text != '## '* ]] || section=${text#'## '}
        [[ $section == "$1" && -n $text && $text != '#'* ]] || continue
        row=$((row + 1))
        [ $((row % 2)) == "$2" ] || continue
        IFS=$'\t' read -ra columns <<<"$text"
        faults="    it has ${#columns[@]} columns and not 7"
        cd here || return
        [ ${#columns[@]} != 7 ] || faults=$(hostile_row "$line" "${columns[@]}")
        left=(*)
        [ "${left[*]}" == '*' ] || rm -rf ./*
        cd .. || return
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
