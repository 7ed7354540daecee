# The same bytes whatever threads there are: every program under each limit that can take threads away.
load helpers/common

# all_programs FOLDER: run every program on small inputs that reach its parallel parts; results go to FOLDER. The
# 256 x 256 layer is one that all threads share.
all_programs() {
    mkdir "$1" && (
        cd "$1" || exit
        set -e -o pipefail
        cifar-synth -q "${threads[@]}" --train 100 --test 40 set
        cifar-cat -q -s train --val 0 -n 40 set >train.st
        cifar-cat -q -s test set >test.st
        rotate-aug -q <test.st >turned.st
        resnet-train -q "${threads[@]}" --widths 16,256 --blocks 0,1 -e 1 -b 20 --val test.st <train.st >model.st
        resnet-embed -q "${threads[@]}" -m model.st -b 16 --views mirror --emit feature,logit,prediction,loss,fmap \
            <test.st >rows.st
        cam-render -q "${threads[@]}" -m model.st --map <rows.st >maps.st
        cam-render -q "${threads[@]}" -m model.st <rows.st >maps.ppm
        filter-render -q "${threads[@]}" model.st >filters.ppm
        knn -q "${threads[@]}" -d rows.st -k 3 --metric cosine <rows.st >neighbors.st
        probe -q "${threads[@]}" -t rows.st -e 2 --hidden 16 -b 20 <rows.st >probe.st
        tsne -q "${threads[@]}" -p 5 --iterations 60 --method exact <rows.st >exact.st
        tsne -q "${threads[@]}" -p 5 --iterations 60 --method fft <rows.st >fft.st
        tensor-pick -q --sort loss -n 5 <rows.st >picked.st
        tensor-pnm -q <picked.st >sheet.ppm
        tensor-tsv prediction loss <picked.st >table.tsv
        tensor-ls -v rows.st >list
    )
}

# same_bytes FOLDER: its results are those of `whole`.
same_bytes() {
    diff <(cd whole && find . -type f -exec cksum {} + | sort) <(cd "$1" && find . -type f -exec cksum {} + | sort)
}

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    threads=(-j 2)
    all_programs whole
}

setup() {
    cd "$BATS_FILE_TMPDIR" || return
    threads=(-j 4)
}

# The search for leaks clones a process of its own, for which a limit of processes leaves no room.
no_search_for_leaks() {
    export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
}

# in_control_group CONTROLLER FILE=VALUE... -- COMMAND...: run it in a control group of its own with these limits.
in_control_group() {
    local controller=$1 group status=0
    shift
    for group in /sys/fs/cgroup/"$controller" /sys/fs/cgroup; do
        group=$group/tale-test-$$
        ! mkdir "$group" 2>/dev/null || break
    done
    [ -d "$group" ] || skip "control groups may not be made here"
    while [ "$1" != -- ]; do
        if ! echo "${1#*=}" 2>/dev/null >"$group/${1%%=*}"; then
            rmdir "$group"
            skip "this control group has no ${1%%=*}"
        fi
        shift
    done
    shift
    (echo "$BASHPID" >"$group/cgroup.procs" && "$@") || status=$?
    rmdir "$group"
    return "$status"
}

@test "one thread, and more threads than cores" {
    threads=(-j 1)
    all_programs one
    same_bytes one
    threads=(-j 5)
    all_programs five
    same_bytes five
}

@test "OMP_THREAD_LIMIT gives fewer threads than -j asks for" {
    OMP_THREAD_LIMIT=1 all_programs limit1
    same_bytes limit1
    OMP_THREAD_LIMIT=3 all_programs limit3
    same_bytes limit3
}

@test "OMP_MAX_ACTIVE_LEVELS=0 leaves one thread, and OMP_DYNAMIC and OMP_NUM_THREADS change nothing" {
    OMP_MAX_ACTIVE_LEVELS=0 all_programs levels
    same_bytes levels
    OMP_DYNAMIC=true OMP_NUM_THREADS=3 all_programs dynamic
    same_bytes dynamic
}

@test "as many threads as cores, of which taskset leaves one" {
    local first
    first=$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')
    export -f all_programs
    taskset -c "$first" bash -c 'threads=(); all_programs pinned'
    same_bytes pinned
}

@test "a control group that has room for few threads: a warning, and the same bytes" {
    no_search_for_leaks
    in_control_group pids pids.max=6 -- all_programs group
    same_bytes group
    in_control_group pids pids.max=3 -- resnet-embed -j 8 -m whole/model.st <whole/test.st >out.st 2>said
    grep -qE '^resnet-embed: 8 threads are wanted, but only [12] can be made' said
    equal "$(wc -l <said)" 1
    in_control_group cpu cpu.cfs_quota_us=50000 -- all_programs slow
    same_bytes slow
}

@test "ulimit -u: an ordinary user who may have no more threads gets a warning, and the same bytes" {
    [ "$(id -u)" == 0 ] || skip "only root can become an ordinary user of whom nothing else runs"
    no_search_for_leaks
    local user=(setpriv --reuid=64321 --regid=64321 --clear-groups prlimit --nproc=1)
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
    "${user[@]}" test -r whole/model.st || skip "an ordinary user may not read $PWD"
    "${user[@]}" "$(command -v tensor-ls)" --version || skip "an ordinary user may not run the programs"
    "${user[@]}" "$(command -v resnet-embed)" -j 4 -m whole/model.st --emit feature <whole/test.st >out.st 2>said
    equal "$(<said)" "resnet-embed: 4 threads are wanted, but only 1 can be made (is a limit reached, such as \
\`ulimit -u\`?): 1 are used"
    resnet-embed -q -m whole/model.st --emit feature <whole/test.st | cmp - out.st
}
