#!/bin/bash
# The figures of the design, each with its limit and its peer measured in the same run. Called by
# `make bench`; `tests/bench/run.sh wire` runs one part. Exit status 1: a limit was missed.
#
# Variables: BUILD, MAKE, PYTHON (one that has boto3; default tests/.venv, else python3), LATENCY_MS,
# KEYS, ROUNDS.
set -uo pipefail
cd "$(dirname "$0")/../.."

make=${MAKE:-make}
build=${BUILD:-build}
out=$build/bench
cc=${CC:-gcc}
latency=${LATENCY_MS:-20}
keys=${KEYS:-1000}
rounds=${ROUNDS:-3}
python=${PYTHON:-}
missed=0
server=
mkdir -p "$out"

# The caller's account and proxies are no part of a measurement.
unset ${!AWS_@} http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY

stop_server() {
    [ -n "$server" ] && kill "$server" 2>/dev/null
    server=
}
trap stop_server EXIT

find_python() {
    local p
    [ -n "$python" ] && return
    for p in tests/.venv/bin/python python3; do
        if "$p" -c 'import boto3' 2>/dev/null; then
            python=$p
            return
        fi
    done
}

# compile NAME [LIBRARY]: tests/bench/NAME.c with the backend, and the screen's library if it is named.
compile() {
    local flags libs screen=${2:+$build/$2}
    # shellcheck disable=SC2086
    "$make" --no-print-directory -s BUILD="$build" $screen "$build/libbackend.a" || return 1
    flags=$(sed -n 's/^LIB_CFLAGS := //p' "$build/libraries.mk")
    libs=$(sed -n 's/^LIBS := //p' "$build/libraries.mk")
    # shellcheck disable=SC2086
    $cc -std=c17 -D_GNU_SOURCE -O2 -g -I. $flags -o "$out/$1" "tests/bench/$1.c" $screen \
        "$build/libbackend.a" $libs -pthread
}

# --- the wire: bare libcurl, boto3, keyfall -------------------------------------------------------

# value NAME LINE: the number after a name in "calls N seconds S cpu_us U".
value() {
    awk -v name="$1" '{ for (i = 1; i < NF; i++) if ($i == name) print $(i + 1) }' <<<"$2"
}

# best COMMAND...: the round with the least CPU a call: others on this machine only ever add to it.
best() {
    local line least='' i
    for ((i = 0; i < rounds; i++)); do
        line=$("$@") || return 1
        if [ -z "$least" ] || awk "BEGIN { exit !($(value cpu_us "$line") < $(value cpu_us "$least")) }"; then
            least=$line
        fi
    done
    echo "$least"
}

row() {
    awk -v name="$1" -v calls="$(value calls "$2")" -v s="$(value seconds "$2")" -v cpu="$(value cpu_us "$2")" \
        'BEGIN { printf "  %-32s %8d calls %8.0f calls/s %8.1f us CPU a call\n", name, calls, calls / s, cpu }'
}

# limit WHAT VALUE COMPARISON LIMIT
limit() {
    if awk "BEGIN { exit !($2 $3 $4) }"; then
        printf '  %-52s %8.2f  (%s %s)  ok\n' "$1" "$2" "$3" "$4"
    else
        printf '  %-52s %8.2f  (%s %s)  MISSED\n' "$1" "$2" "$3" "$4"
        missed=1
    fi
}

# start_server KEYS: sets url.
start_server() {
    local port=
    : >"$out/canned.port"
    "$out/canned" -l "$latency" -k "$1" >"$out/canned.port" &
    server=$!
    for _ in $(seq 50); do
        port=$(sed -n 's/^port //p' "$out/canned.port")
        [ -n "$port" ] && break
        sleep 0.1
    done
    url=http://127.0.0.1:$port
}

# With rates kept: ListGrants is the slowest of the calls, 50 of AWS's 100 a second, 5 of them at once.
paced() {
    local n=200 paced ideal
    start_server $n
    paced=$("$out/bench_wire" paced "$url") || return 1
    stop_server
    ideal=$(awk "BEGIN { print ($n - 5) / 50 + 2 * $latency / 1000 }")
    row "keyfall at its share of rates" "$paced"
    limit "seconds, of what rates and round trips allow" \
        "$(awk "BEGIN { print $(value seconds "$paced") / $ideal }")" '<=' 1.1
}

wire() {
    local url boto bare wire
    echo "wire: ListKeys and 4 calls for each of $keys keys, 2 accounts x 2 regions, $latency ms latency"
    compile bench_wire || return 1
    $cc -std=c17 -D_GNU_SOURCE -O2 -g -o "$out/canned" tests/bench/canned.c || return 1
    start_server "$keys"
    bare=$(best "$out/bench_wire" bare "$url") || return 1
    wire=$(best "$out/bench_wire" wire "$url") || return 1
    row "bare libcurl, same signed calls" "$bare"
    row "keyfall" "$wire"
    limit "CPU a call, of bare libcurl's" \
        "$(awk "BEGIN { print $(value cpu_us "$wire") / $(value cpu_us "$bare") }")" '<=' 1.5
    find_python
    if [ -n "$python" ]; then
        boto=$("$python" tests/bench/bench_boto3.py "$url" 32) || return 1
        row "boto3, 32 threads" "$boto"
        limit "rate, of boto3's" "$(awk "BEGIN { print ($(value calls "$wire") / $(value seconds "$wire")) / \
            ($(value calls "$boto") / $(value seconds "$boto")) }")" '>=' 10
        limit "CPU a call, of boto3's" \
            "$(awk "BEGIN { print $(value cpu_us "$wire") / $(value cpu_us "$boto") }")" '<=' 0.125
    else
        echo "  no Python with boto3 (tests/bootstrap.sh --tests makes one): its rate is not compared"
        missed=1
    fi
    stop_server
    paced
}

# --- parts ----------------------------------------------------------------------------------------

estate() {
    [ -e tests/bench/bench_estate.c ] || return 0
    echo "estate: 1,000,000 records"
    compile bench_estate && "$out/bench_estate"
}

judge() {
    echo "judge and views: 1,000,000 records"
    compile bench_judge && "$out/bench_judge"
}

# What a dashboard left is shown before anything is asked: from exec to the first picture.
store() {
    echo "first picture from a store of 1,000,000 records"
    local state
    compile bench_store libtui.a && "$make" --no-print-directory -s BUILD="$build" all || return 1
    state=$(mktemp -d)
    XDG_STATE_HOME=$state python3 tests/bench/first_paint.py "$out/bench_store" || missed=1
    rm -rf "$state"
}

# Keys on a terminal, while a writer publishes.
screen() {
    echo "keys at 1,000,000 records"
    compile bench_screen libtui.a && python3 tests/bench/keys.py "$out/bench_screen"
}

for part in "${@:-wire estate judge store screen}"; do
    for name in $part; do
        "$name" || { echo "$name: failed"; missed=1; }
    done
done
exit $missed
