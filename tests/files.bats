# Files as programs meet them: closed descriptors, limits of size, devices, and mapped files that are cut short.
load helpers/common

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    cifar-synth -q --train 50 --test 40 set
    cifar-cat -q -s train --val 0 set >train.st
    cifar-cat -q -s test set >test.st
    resnet-train -q -j 1 --widths 4,8 --blocks 1,1 -e 1 -b 16 <train.st >model.st
    resnet-embed -q -j 1 -m model.st --emit feature,fmap,prediction <test.st >rows.st
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
    # every program, with what it needs but for its standard input and output
    commands=("cam-render -m model.st" "cifar-cat -s test set" "filter-render" "knn -d rows.st -k 3"
        "probe -t rows.st -e 1" "resnet-embed -m model.st" "resnet-train --widths 4 --blocks 1 -e 1 -b 16" "rotate-aug"
        "tensor-ls" "tensor-pick" "tensor-pnm" "tensor-tsv" "tsne -p 5 --iterations 20")
}

# input_of COMMAND: the stream that it reads.
input_of() {
    case $1 in
    filter-render) echo model.st ;;
    resnet-train) echo train.st ;;
    *) echo rows.st ;;
    esac
}

@test "standard input that is closed is an error, and no other file is read in its place" {
    local command status
    for command in "${commands[@]}"; do
        [[ $command != cifar-cat* ]] || continue
        status=0
        # shellcheck disable=SC2086 # the command is words
        $command <&- >out 2>said || status=$?
        equal "$command: $status $(<said)" \
            "$command: 1 ${command%% *}: standard input: cannot be read: Bad file descriptor"
    done
    cifar-cat -s test set <&- | cmp - test.st
}

@test "standard output that is closed is an error, and no other file is written in its place" {
    local command status before
    cp -r set model.st rows.st train.st "$BATS_TEST_TMPDIR"
    before=$(cat model.st rows.st train.st | cksum)
    for command in "${commands[@]}"; do
        status=0
        # shellcheck disable=SC2086
        $command <"$(input_of "${command%% *}")" >&- 2>said || status=$?
        equal "$command: $status" "$command: 1"
        holds "$(grep -v 'accuracy\|KL\|epoch' said)" "standard output"
        holds "$(<said)" "Bad file descriptor"
    done
    equal "$(cat model.st rows.st train.st | cksum)" "$before"
}

@test "messages are lost where standard error is closed, and do not go into a file" {
    resnet-train -j 1 --widths 4 --blocks 1 -e 2 -b 16 --log log.tsv <train.st 2>&- >out.st
    equal "$(awk -F'\t' 'NF != 8' log.tsv)" ""
    equal "$(wc -l <log.tsv)" 3
    resnet-train -q -j 1 --widths 4 --blocks 1 -e 2 -b 16 <train.st | cmp - out.st
    tensor-ls <&- 2>&- >out && false
    equal "$(wc -c <out)" 0
}

@test "a file that would grow beyond its limit (ulimit -f) is a failed write" {
    local command status
    for command in "rotate-aug" "resnet-embed -m model.st --emit fmap" "tensor-pick" "tensor-pnm -z 8"; do
        status=0
        # shellcheck disable=SC2086
        (ulimit -f 4 && $command <test.st >out) 2>said || status=$?
        equal "$command: $status $(<said)" \
            "$command: 1 ${command%% *}: standard output: cannot be written: File too large"
    done
    status=0
    (ulimit -f 1 && resnet-train -q -j 1 --widths 4,8 --blocks 1,1 -e 1 -b 16 --checkpoint state.st <train.st) \
        >out 2>said || status=$?
    equal "$status $(<said)" "1 resnet-train: state.st: cannot be written: File too large"
    [ ! -e state.st ]
    equal "$(find . -name 'state.st*')" ""
}

@test "an output is written to a device or a pipe as it is" {
    run_log() { resnet-train -q -j 1 --widths 4 --blocks 1 -e 1 -b 16 --log "$1" <train.st >out.st; }
    local header=$'epoch\tstep\trate\ttrain_loss\ttrain_accuracy\tval_loss\tval_accuracy\tseconds'
    # standard error where it is a file: the file stays, with what it held
    echo before >said
    run_log /dev/stderr 2>>said
    equal "$(head -n 1 said) $(sed -n 2p said)" "before $header"
    mkfifo pipe
    cat pipe >got &
    run_log pipe
    wait
    equal "$(head -n 1 got)" "$header"
    [ -p pipe ]
    if mknod null c 1 3 2>/dev/null; then
        run_log null
        [ -c null ]
    else
        skip "a device may not be made here"
    fi
}

@test "a link that is an output stays one; a planted temporary name does no harm" {
    mkdir -p elsewhere
    echo precious >precious
    ln -s elsewhere/log.tsv log-link.tsv
    ln -s elsewhere/state.st state-link.st
    local before=$$
    for ((pid = before; pid < before + 400; pid++)); do
        ln -sf "$PWD/precious" "state-link.st.$pid.tmp"
        ln -sf "$PWD/precious" "elsewhere/state.st.$pid.tmp"
    done
    for _ in new old; do
        resnet-train -q -j 1 --widths 4 --blocks 1 -e 1 -b 16 --log log-link.tsv --checkpoint state-link.st <train.st \
            >out.st
        [ -L log-link.tsv ]
        [ -L state-link.st ]
        equal "$(wc -l <elsewhere/log.tsv)" 2
        equal "$(tensor-pick --fields step <elsewhere/state.st | tensor-tsv step)" 3
    done
    equal "$(<precious)" precious
    rm -f ./*.tmp elsewhere/*.tmp
}

@test "a mapped file that is cut short ends the program with one line" {
    cifar-cat -q -s train --val 0 set | resnet-embed -q -m model.st --layer conv1 --grid 32 --emit feature >big.st
    # the database is cut once the program waits for its first query
    local status=0
    (sleep 1 && : >big.st && cat rows.st) | knn -q -d big.st -k 1 --field feature >out 2>said || status=$?
    [ "$status" == 1 ] || flunk "exit $status: $(<said)"
    grep -qE "^knn: (big.st: was cut short while it was read|standard input: )" said
    # what a batch of pictures loses
    cp set/cifar-10-batches-bin/test_batch.bin cut.bin
    mkfifo slow
    status=0
    { cifar-cat -q --rows 1 cut.bin 2>said || echo $? >status; } | { head -c 3500 && : >cut.bin && cat; } >out || true
    [ ! -e status ] || equal "$(<status) $(<said)" "1 cifar-cat: cut.bin: was cut short while it was read"
}
