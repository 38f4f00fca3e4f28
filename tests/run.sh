#!/bin/bash
# Runs every test and adds up; closes with the line `N passed, N failed`. Called by `make test`.
#
# Each part is timed and leaves its output in BUILD/logs. A skip counts as failed unless its reason is
# listed in tests/allowed-skips. README.md beside this file says how to add a test of each kind.
set -uo pipefail
shopt -s extglob
cd "$(dirname "$0")/.."

make=${MAKE:-make}
build=${BUILD:-build}
logs=$build/logs
python=tests/.venv/bin/python
jobs=$(nproc 2>/dev/null || echo 2)
passed=0
failed=0
mkdir -p "$logs"

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1}
export LC_ALL=C.UTF-8
# Only what hangs takes so long.
SCRIPT_TIMEOUT=${SCRIPT_TIMEOUT:-900}
if [ "$build" = build ]; then
    export KEYFALL=$PWD/keyfall
else
    KEYFALL=$(realpath -m "$build")/keyfall
    export KEYFALL
fi
KEYFALL_ASAN=$(realpath -m "$build")/asan/keyfall
export KEYFALL_ASAN
# Worlds are new with each tree that is tested, and the same whenever that tree is tested again: a red run can be repeated.
# `make test-long` leaves them to chance.
tree=$(git rev-parse --verify -q 'HEAD^{tree}') || tree=1
[ -n "${LONG:-}" ] || export SEED=${SEED:-$((16#${tree:0:5}))}
# The tests bring their own world; the caller's account must not leak into it, nor what is kept into his home.
unset ${!AWS_@}
XDG_STATE_HOME=$(realpath -m "$build")/state
export XDG_STATE_HOME
rm -rf "$XDG_STATE_HOME"

# part NAME PASSED FAILED SECONDS LOG: adds a part to the sum and prints its line.
part() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    printf '%-34s %5d passed, %d failed  (%ds)\n' "$1" "$2" "$3" "$4"
    if [ "$3" -gt 0 ]; then
        printf -- '--- the end of %s\n' "$5"
        tail -n 60 "$5"
        printf -- '---\n'
    fi
}

# bad_skips LOG: the number of skips whose reason is not listed.
bad_skips() {
    local n=0 reason
    while IFS= read -r reason; do
        grep -qxF -e "$reason" tests/allowed-skips 2>/dev/null && continue
        echo "skip without a listed reason: $reason" >>"$1"
        n=$((n + 1))
    done < <(sed -n 's/^SKIP [^:]*: *//p' "$1")
    echo "$n"
}

# step NAME COMMAND...: one command that passes or fails as a whole.
step() {
    local name=$1 log start status=0
    shift
    log=$logs/${name//[ \/]/-}.log
    start=$SECONDS
    "$@" >"$log" 2>&1 </dev/null || status=1
    part "$name" $((1 - status)) $status $((SECONDS - start)) "$log"
    return $status
}

# start NAME COMMAND...: what it prints, its exit status and its seconds end up beside each other in the logs.
start() {
    local log status=0 start=$SECONDS
    log=$(log_of "$1")
    shift
    timeout "$SCRIPT_TIMEOUT" "$@" >"$log" 2>&1 </dev/null || status=$?
    echo "$status $((SECONDS - start))" >"$log.ended"
}

log_of() { echo "$logs/${1//[ \/]/-}.log"; }

# A program that died early, or leaked, fails even if every line before was ok.
judge_unit() {
    local log ok bad skipped status seconds n_bad_skips explained
    log=$(log_of "$1")
    read -r status seconds <"$log.ended"
    ok=$(grep -c '^ok ' "$log")
    skipped=$(grep -ci '^ok .*# skip' "$log")
    bad=$(grep -c '^not ok ' "$log")
    n_bad_skips=$(bad_skips "$log")
    ok=$((ok - skipped))
    # cmocka's skip() gives no reason: a SKIP line must explain each.
    explained=$(grep -c '^SKIP ' "$log")
    [ "$skipped" -gt "$explained" ] && n_bad_skips=$((n_bad_skips + skipped - explained))
    bad=$((bad + n_bad_skips))
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$ok" -eq 0 ]; }; then
        echo "exit status $status" >>"$log"
        bad=1
    fi
    part "$1" "$ok" "$bad" "$seconds" "$log"
}

# One program that passes or fails as a whole.
judge_whole() {
    local log status seconds
    log=$(log_of "$1")
    read -r status seconds <"$log.ended"
    part "$1" $((status == 0)) $((status != 0)) "$seconds" "$log"
}

# A script's closing line is `N passed, N failed[, N skipped]`.
judge_script() {
    local log status seconds line ok=0 bad=0 skipped=0 n_bad_skips explained
    log=$(log_of "$1")
    read -r status seconds <"$log.ended"
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
    if [ -n "$line" ]; then
        read -r ok _ bad _ skipped _ <<<"$line"
        skipped=${skipped:-0}
    fi
    n_bad_skips=$(bad_skips "$log")
    explained=$(grep -c '^SKIP ' "$log")
    [ "$skipped" -gt "$explained" ] && n_bad_skips=$((n_bad_skips + skipped - explained))
    bad=$((bad + n_bad_skips))
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ -z "$line" ] || [ "$ok" -eq 0 ]; }; then
        echo "exit status $status, closing line: ${line:-none}" >>"$log"
        bad=1
    fi
    part "$1" "$ok" "$bad" "$seconds" "$log"
}

# What takes long and tests the tests' own server, or repeats at length what others look at: `make test-long`.
long='tests/endpoint/test_endpoint.py tests/endpoint/test_worlds.py tests/live/test_organization.py tests/screen/test_races.py'
is_left_out() { [ -z "${LONG:-}" ] && [[ " $long " == *" $1 "* ]]; }

# How soon a key is answered can only be measured by who has the machine to himself.
alone='tests/screen/test_bytes.py tests/screen/test_terminal.py'
is_alone() { [[ " $alone " == *" $1 "* ]]; }

# runner_of SCRIPT: what runs it; one that lost its mark to be run fails.
runner_of() {
    [ -x "$1" ] || { echo false; return; }
    case $1 in *.py) echo "$python" ;; *) echo /bin/bash ;; esac
}

# Every program and script, a line each: who judges it, its name, how to run it. Those that take longest begin.
list_tests() {
    local path name
    for path in tests/live/test_*.py tests/!(live)/test_*.py tests/*/test_*.sh; do
        [ -e "$path" ] || continue
        is_alone "$path" || is_left_out "$path" ||
            echo "script ${path#tests/} $(runner_of "$path") $path"
    done
    for path in "$build"/tsan/tsan/test_*; do
        [ -x "$path" ] && echo "whole tsan/${path##*/test_} $path"
    done
    for path in tests/unit/test_*.c; do
        name=${path##*/test_}
        echo "unit unit/${name%.c} $build/asan/unit/test_${name%.c}"
    done
    for path in "$build"/asan/fuzz/replay_*; do
        name=${path##*/replay_}
        [ -x "$path" ] && echo "whole corpus/$name $path tests/fuzz/corpus/$name"
    done
    return 0
}

# Most wait more than they work, so several run at once.
run_tests() {
    local tests judge name rest
    export CMOCKA_MESSAGE_OUTPUT=TAP
    mapfile -t tests < <(list_tests)
    for rest in "${tests[@]}"; do
        read -r judge name rest <<<"$rest"
        while [ "$(jobs -rp | wc -l)" -ge $((jobs + 3)) ]; do wait -n; done
        # shellcheck disable=SC2086 # a program, its argument: none holds a blank
        start "$name" $rest &
    done
    wait
    for rest in "${tests[@]}"; do
        read -r judge name rest <<<"$rest"
        "judge_$judge" "$name"
    done
    for rest in $alone; do
        is_left_out "$rest" && continue
        start "${rest#tests/}" "$(runner_of "$rest")" "$rest"
        judge_script "${rest#tests/}"
    done
}

step layers tests/layers.sh
step build "$make" -k -j"$jobs" BUILD="$build" all
step 'build asan' "$make" -k -j"$jobs" BUILD="$build" asan
# What clang warns of does not hang on how hard it optimizes, as it does with gcc.
step 'build clang' "$make" -k -j"$jobs" BUILD="$build" CFLAGS=-O0 HARDENING= clang
step 'build tsan' "$make" -j"$jobs" BUILD="$build/tsan" FLAVOUR=tsan ${LONG:+all} thread-programs
run_tests

printf 'in %d s\n' "$SECONDS"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
