# How `make report` is run (pipelines/tell): what it is asked for, one run at a time, and the end of a run before its
# time; and that what is made follows the data (pipelines/data-sum).
load helpers/common

# A source tree with a make that notes what it is asked for, and does what `does` says where it should make the report.
setup() {
    common_setup
    ln -s "$ROOT/pipelines" pipelines
    cat >stub <<'END'
#!/usr/bin/env bash
[[ " $* " != *" -q "* ]] || exit 0
printf '%s\n' "CIFAR10_PATH=$CIFAR10_PATH $*" >>log
[[ " $* " != *report.mk* ]] || . ./does
END
    chmod +x stub
    : >does
}
tell() { MAKE=./stub BUILD=build "$ROOT/pipelines/tell" "$@"; }

@test "what make cannot name, or does not know, is said in one line before anything is done" {
    local out
    for out in "a b" "it's" 'a"b' "a\$b" a:b a%b a=b 'a#b' 'a;b' 'a\b' 'a*' \~/x '|x' '<x' "" -x @x $'a\nb' $'a\tb'
    do
        run tell "$out" smoke 1 drawn
        equal "$status" 1
        holds "$output" "report: OUT=$out: "
        equal "$(wc -l <<<"$output")" "$(($(wc -l <<<"$out")))"
    done
    fails() {
        run tell "$@"
        [ "$status" == 1 ] && [[ $output == "report: "* ]] && [[ $output != *$'\n'* ]] || flunk "$* $output"
    }
    fails out nothing 1 drawn
    fails out ../presets/smoke 1 drawn
    fails out smoke one drawn
    fails out smoke '' drawn
    equal "$(ls)" "$(printf '%s\n' does pipelines stub)"
}

@test "letters of any language may be in the name of the folder" {
    tell á/鳥,x@2+y_z-1 smoke 1 drawn
    [ -d á/鳥,x@2+y_z-1 ]
}

@test "the place of the data is handed on as it is" {
    local place="it's \"my\" \$HOME \`data\`; here"
    mkdir -- "$place" -x
    tell out smoke 7 "$place" -j2
    tell out smoke 7 -x
    equal "$(cat log)" "CIFAR10_PATH=$place -j2 --no-print-directory -f pipelines/report.mk PRESET=smoke SEED=7 OUT=out
CIFAR10_PATH=./-x --no-print-directory -f pipelines/report.mk PRESET=smoke SEED=7 OUT=out"
    run tell out smoke 7 "no such place"
    equal "$status" 1
    holds "$output" "CIFAR10=no such place: no such file or folder"
    equal "$(wc -l <log)" 2
}

@test "a second run in the same folder waits for the first; one in another does not" {
    echo 'echo begin >>order; sleep 1; echo end >>order' >does
    tell out smoke 1 drawn >first &
    until [ -s order ]; do sleep 0.02; done
    tell other smoke 1 drawn >third
    equal "$(cat order)" $'begin\nbegin\nend\nend'
    tell out smoke 1 drawn >/dev/null &
    until [ "$(wc -l <order)" -gt 4 ]; do sleep 0.02; done
    tell out smoke 1 drawn >second
    wait
    equal "$(cat order)" $'begin\nbegin\nend\nend\nbegin\nend\nbegin\nend'
    holds "$(cat second)" "report: another make report is at work in out: waiting for it"
    equal "$(grep -c waiting first)" 0
}

@test "what a killed run left half made is gone before the next begins" {
    mkdir -p out/synthetic-smoke/data.part out/cifar-10-full/depth out/mine
    touch out/synthetic-smoke/{x.st.part,data.part/y,whole.st} out/cifar-10-full/depth/z.txt.part.queries \
        out/report.pdf.part out/mine/of-the-user.part
    echo 'find out -type f >seen' >does
    tell out smoke 1 drawn
    equal "$(sort seen)" "$(printf '%s\n' out/.lock out/mine/of-the-user.part out/synthetic-smoke/whole.st)"
}

# The processes of the run's group.
alive() {
    ps -eo pgid=,stat=,args= | awk -v group="$(cat group)" '$1 == group && $2 !~ /^Z/'
}

@test "SIGINT, SIGTERM and SIGHUP end all that was begun, and leave nothing half made" {
    cat >does <<'END'
mkdir -p out/synthetic-smoke
(sleep 100 | sleep 101 >out/synthetic-smoke/x.part; echo no >out/whole) &
[ ! -e deaf ] || bash -c 'trap "" TERM; sleep 100' &
ps -o pgid= $$ | tr -d ' ' >group
wait
END
    local signal status
    for signal in INT TERM HUP; do
        rm -f group
        [ $signal != HUP ] || touch deaf # one of them does not listen
        env --default-signal=INT MAKE=./stub BUILD=build "$ROOT/pipelines/tell" out smoke 1 drawn &
        until [ -s group ] && [ -e out/synthetic-smoke/x.part ]; do sleep 0.02; done
        kill -$signal $!
        status=0
        wait $! || status=$?
        equal "$signal: $status" "$signal: $((128 + $(kill -l $signal)))"
        # a process that was killed may need a moment to go
        for _ in {1..100}; do [ "$(alive)" ] || break; sleep 0.05; done
        equal "$(alive)" ""
        equal "$(find out -name '*.part*' -o -name whole)" ""
    done
}

@test "a run that waits for another is ended as well, and leaves the other's files" {
    echo 'mkdir -p out/synthetic-smoke; cd out/synthetic-smoke; touch x.part; sleep 2; mv x.part ../x' >does
    tell out smoke 1 drawn &
    until [ -e out/synthetic-smoke/x.part ]; do sleep 0.02; done
    MAKE=./stub BUILD=build "$ROOT/pipelines/tell" out smoke 1 drawn >second &
    local second=$! status=0
    until [ -s second ]; do sleep 0.02; done
    kill -TERM $second
    wait $second || status=$?
    equal "$status" 143
    wait
    [ -e out/x ]
}

@test "data-sum: other bytes, another name or one file less is another sum; another place or time is not" {
    local sum=$ROOT/pipelines/data-sum before
    mkdir -p "da'ta \$x/cifar-10-batches-bin"
    cd "da'ta \$x" || return
    echo one >cifar-10-batches-bin/data_batch_1.bin
    echo two >cifar-10-batches-bin/test_batch.bin
    cd ..
    before=$("$sum" "da'ta \$x" cache)
    equal "$before" "$(printf '%s %s\n' "$(echo one | md5sum | cut -c1-32)" cifar-10-batches-bin/data_batch_1.bin \
        "$(echo two | md5sum | cut -c1-32)" cifar-10-batches-bin/test_batch.bin)"
    # not read again while names, sizes and times are the same
    cp cache kept
    equal "$("$sum" "da'ta \$x" cache)" "$before"
    cmp cache kept
    mv "da'ta \$x" moved
    touch moved/cifar-10-batches-bin/*
    equal "$("$sum" moved cache)" "$before"
    # the same length, and the same time too
    touch -r moved/cifar-10-batches-bin/test_batch.bin time
    echo owt >moved/cifar-10-batches-bin/new
    mv moved/cifar-10-batches-bin/new moved/cifar-10-batches-bin/test_batch.bin
    touch -r time moved/cifar-10-batches-bin/test_batch.bin
    [ "$("$sum" moved cache)" != "$before" ]
    echo two >moved/cifar-10-batches-bin/test_batch.bin
    equal "$("$sum" moved cache)" "$before"
    mv moved/cifar-10-batches-bin/test_batch.bin moved/cifar-10-batches-bin/test_batch_2.bin
    [ "$("$sum" moved cache)" != "$before" ]
    # one file, such as an archive, through a link too
    ln -s moved/cifar-10-batches-bin/data_batch_1.bin link
    equal "$("$sum" link cache)" "$(echo one | md5sum | cut -c1-32) "
    mkdir empty
    fails "no file is there" "$sum" empty cache
}
