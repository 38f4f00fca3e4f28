#!/bin/sh
# Checks that no file includes what its layer must not know. Prints each line that does.
#
# A row: the files; then `only` (of our own headers, those below these folders and no others) or
# `never` (nothing whose name matches); then a pattern, and why.
set -eu
cd "$(dirname "$0")/.."

n_bad=0
n_files=0

includes_of() {
    find "$1" -name '*.[ch]' -exec grep -HnE '^[[:space:]]*#[[:space:]]*include' {} + || true
}

# report LINES WHY
report() {
    [ -z "$1" ] && return 0
    printf '%s\n' "$1" | while IFS= read -r line; do printf '%s   <- %s\n' "$line" "$2"; done
    n_bad=$((n_bad + $(printf '%s\n' "$1" | wc -l)))
}

only() {
    [ -d "$1" ] || return 0
    report "$(includes_of "$1" | grep -E '"(backend|tui)/' | grep -vE "\"($2)/" || true)" "$1: only $2"
}

never() {
    [ -d "$1" ] || return 0
    report "$(includes_of "$1" | grep -E "$2" || true)" "$1: $3"
}

for folder in backend tui; do
    never $folder '"(\.|[^/"]*"|[^bt"]|tests/)' 'an include is written from the root of the repository'
done
never backend '"tui/' 'the backend knows no terminal'
never backend '<(n?curses|ncursesw/.*|term|panel)\.h>' 'the backend knows no terminal'
only backend/base 'backend/base'
# What the configuration says is AWS's words (accounts, ARNs), so it is not base; all above may read it.
only backend/config 'backend/(base|aws|config)'
only backend/aws 'backend/(base|aws)'
only backend/guard 'backend/(base|guard)'
only backend/estate 'backend/(base|estate)'
only backend/policy 'backend/(base|policy)'
only backend/redact 'backend/(base|aws|estate|policy|redact)'
only backend/collect 'backend/(base|config|aws|estate|policy|collect)'
never backend/store '"backend/(aws|collect|refresh|cli)/' 'files, no wire'
only backend/change 'backend/(base|aws|estate|policy|collect|change)'
never backend/judge '"backend/(aws|collect|refresh)/' 'pure questions, no wire'
only tui/widgets '(backend/base|tui/(term|widgets))'
for folder in tui/*/; do
    [ "$folder" = tui/term/ ] || never "${folder%/}" '[<"](n?curses|ncursesw/.*|term|panel)\.h[>"]' \
        'only tui/term includes curses'
done

# The wire that may write is opened in one place, by the run of a confirmed plan.
report "$(grep -rn 'allow_write' backend tui | grep -vE '^backend/(aws|change)/' || true)" 'only backend/change writes'

n_files=$(find backend tui -name '*.[ch]' 2>/dev/null | wc -l)
if [ "$n_bad" -gt 0 ]; then
    echo "layers: $n_bad includes go the wrong way" >&2
    exit 1
fi
echo "layers: $n_files files, all includes go the right way"
