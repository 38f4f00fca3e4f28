#!/bin/bash
# What people install: make install and uninstall, the Debian package, the manual, the completions of shells.
set -uo pipefail
cd "$(dirname "$0")/../.."
make=${MAKE:-make}
build=${BUILD:-build}
passed=0
failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# check NAME COMMAND...: passes if the command does.
check() {
    local name=$1
    shift
    if "$@" >"$tmp/out" 2>&1; then
        echo "ok $name"
        passed=$((passed + 1))
    else
        echo "not ok $name"
        sed 's/^/    /' "$tmp/out"
        failed=$((failed + 1))
    fi
}

run() { "$@" >"$tmp/log" 2>&1 || { tail -n 20 "$tmp/log"; return 1; }; }
is_empty() { [ -z "$(find "$1" ! -type d -print -quit)" ] || { find "$1" ! -type d; return 1; }; }
has() { grep -qF -e "$2" "$1" || { echo "$1 does not hold: $2"; return 1; }; }

# ---- install, use, uninstall ------------------------------------------------------------------------------

root=$tmp/root
check "make install" run "$make" -s BUILD="$build" DESTDIR="$root" PREFIX=/opt/k install
share=$root/opt/k/share
installed_runs() { "$root/opt/k/bin/keyfall-viewer" check --rules | grep -q '^F-KEY-01'; }
check "the installed program runs" installed_runs
check "the viewer's page is the program's" has "$share/man/man1/keyfall-viewer.1" ".so man1/keyfall.1"
check "themes are there as examples" test -s "$share/doc/keyfall/themes/night.theme"

# ---- the manual -------------------------------------------------------------------------------------------

page=$share/man/man1/keyfall.1
conf=$share/man/man5/keyfall.conf.5
plain() { sed 's/\\-/-/g; s/\\f[BIR]//g' "$1"; }

# every row of the tables has its place: options, keys, findings, columns, permissions, settings
each_is_told() {
    local bad=0 word
    plain "$page" >"$tmp/page"
    plain "$conf" >"$tmp/conf"
    while read -r word; do
        grep -qwF -e "$word" "$tmp/page" || { echo "keyfall.1 lacks $word"; bad=1; }
    done < <(
        sed -n 's/.*{\.name = "\(--[a-z-]*\)".*/\1/p' backend/cli/options.c
        sed -n 's/^KEY([A-Z_0-9]*, "\([a-z0-9-]*\)".*/\1/p' tui/keys/keys.def
        "$root/opt/k/bin/keyfall" check --rules | sed -n 's/^\(F-[A-Z]*-[0-9]*\) *[CHMLI] .*/\1/p'
        "$root/opt/k/bin/keyfall" iam-policy --read --org-role R | grep -oE '"[a-z0-9-]+:[A-Z][A-Za-z]+"' | tr -d '"'
        "$root/opt/k/bin/keyfall" export --demo --view keys 2>/dev/null | head -n 1 | tr -d '\r' | tr , '\n'
    )
    while read -r word; do
        grep -qF -e "$word" "$tmp/conf" || { echo "keyfall.conf.5 lacks $word"; bad=1; }
    done < <("$root/opt/k/bin/keyfall" --print-config --config /dev/null | sed -n 's/^#*\(\[[a-z]*\).*/\1/p; s/^#\([a-z_]*\) = .*/\1/p')
    return $bad
}
check "the manual tells every row of the tables" each_is_told

# only requests of the man macros begin a line, and what is filled again was unfilled
is_well_formed() {
    ! grep -nE '^\.' "$1" | grep -vE ':\.(\\"|TH|SH|SS|TP|PP|nf|fi|nh|ad l)' &&
        [ "$(grep -c '^\.nf' "$1")" = "$(grep -c '^\.fi' "$1")" ] && ! grep -nP '[^\x00-\x7f]' "$1"
}
check "keyfall.1 is well formed" is_well_formed "$page"
check "keyfall.conf.5 is well formed" is_well_formed "$conf"
if command -v groff >/dev/null; then
    is_typeset() { groff -man -Tascii -ww "$1" 2>&1 >/dev/null | grep -v "can't break line" >"$tmp/warnings"; ! grep . "$tmp/warnings"; }
    check "groff has nothing to say of keyfall.1" is_typeset "$page"
    check "groff has nothing to say of keyfall.conf.5" is_typeset "$conf"
fi

# ---- completion -------------------------------------------------------------------------------------------

# complete WORDS...: what bash would offer for the last of them.
complete_bash() {
    # shellcheck disable=SC1091
    source "$share/bash-completion/completions/keyfall"
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _keyfall
    echo "${COMPREPLY[*]}"
}
offers() {
    local want=$1
    shift
    local got
    got=$(complete_bash "$@")
    [[ " $got " == *" $want "* ]] || { echo "$* offers: $got"; return 1; }
}
offers_not() { ! offers "$@" >/dev/null; }
check "bash: a verb" offers export keyfall ex
check "bash: an option of a verb" offers --fail-on keyfall check --f
check "bash: no option of another verb" offers_not --batch keyfall check --b
check "bash: a view" offers recovery-points keyfall export --view re
check "bash: a theme" offers night keyfall --theme n
check "bash: a severity" offers high keyfall check --fail-on ""
for shell in zsh fish; do
    file=$share/zsh/site-functions/_keyfall
    [ $shell = fish ] && file=$share/fish/vendor_completions.d/keyfall.fish
    each_option() {
        local bad=0 name
        for name in $(sed -n 's/.*{\.name = "--\([a-z-]*\)".*/\1/p' backend/cli/options.c); do
            grep -qE -e "(--| -l )$name\b" "$file" || { echo "$file lacks $name"; bad=1; }
        done
        return $bad
    }
    check "$shell: every option" each_option
    command -v $shell >/dev/null && check "$shell reads it" $shell -n "$file"
done

check "make uninstall" run "$make" -s BUILD="$build" DESTDIR="$root" PREFIX=/opt/k uninstall
check "nothing stays behind" is_empty "$root"

# ---- the Debian package -----------------------------------------------------------------------------------

if command -v dpkg-deb >/dev/null && command -v objdump >/dev/null; then
    check "make deb" run "$make" -s BUILD="$build" deb
    package=$(ls -t "$build"/keyfall_*.deb | head -n 1)
    fields() { dpkg-deb -f "$package" Depends | grep -q 'libc6 (>= 2\..*libcurl.*libncursesw6' && dpkg-deb -f "$package" Version; }
    check "its dependencies are named" fields
    sums() { mkdir "$tmp/x" && dpkg-deb -R "$package" "$tmp/x" && (cd "$tmp/x" && md5sum --quiet -c DEBIAN/md5sums); }
    check "its files are as their sums say" sums
    if [ "$(id -u)" = 0 ]; then
        # a root directory of its own; the libraries are the real system's, so what it depends on is not asked
        chroot=$tmp/chroot
        mkdir -p "$chroot/var/lib/dpkg/info" "$chroot/var/lib/dpkg/updates"
        touch "$chroot/var/lib/dpkg/status" "$chroot/var/lib/dpkg/available"
        dpkg_in() { run dpkg --root="$chroot" --force-depends --log=/dev/null "$@"; }
        check "it installs" dpkg_in -i "$package"
        check "what it installed runs" "$chroot/usr/bin/keyfall" --version
        check "it removes" dpkg_in -P keyfall
        check "it leaves nothing" is_empty "$chroot/usr"
    fi
else
    echo "SKIP the Debian package: dpkg-deb or objdump is not installed"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
