#!/bin/sh
# Installs what is missing to build keyfall; with --tests also what its tests need.
# Says what it does, and does nothing (and uses no network) when all is there.
set -eu
cd "$(dirname "$0")/.."

with_tests=no
[ "${1:-}" = --tests ] && with_tests=yes
venv=tests/.venv

say() { printf 'bootstrap: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# --- What is there ---------------------------------------------------------------------------

has_header() {
    for folder in /usr/include /usr/local/include /opt/homebrew/include ${CPATH:-}; do
        [ -e "$folder/$1" ] && return 0
    done
    # Debian keeps some headers below the machine's name.
    for file in /usr/include/*-linux-gnu*/"$1"; do
        [ -e "$file" ] && return 0
    done
    return 1
}

build_is_ready() {
    have make && { have gcc || have clang || have cc; } && have pkg-config &&
        pkg-config --exists ncursesw libcurl libcjson libcrypto expat sqlite3 zlib &&
        has_header csv.h
}

# Terminals beyond the few that every system describes: Debian and Fedora have them in a package of their own.
has_terminals() { infocmp xterm-direct >/dev/null 2>&1; }

# What a viewer does is looked at from outside, through a real login too.
has_watchers() {
    have ssh && have screen && { have sshd || [ -x /usr/sbin/sshd ]; } &&
        { [ "$(uname)" != Linux ] || have strace; }
}

# A venv module without ensurepip (Debian splits it off) cannot make a usable environment.
tests_are_ready() {
    has_watchers && have gcc && have clang && have tmux && have python3 && has_header cmocka.h &&
        has_terminals &&
        { [ ! -e tests/requirements.txt ] || venv_is_current ||
            python3 -c 'import venv, ensurepip' 2>/dev/null; }
}

requirements_hash() { cksum <tests/requirements.txt; }

venv_is_current() {
    [ -x "$venv/bin/python" ] && [ -e "$venv/stamp" ] &&
        [ "$(cat "$venv/stamp")" = "$(requirements_hash)" ]
}

# --- How to get it ---------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        say "not root, and there is no sudo; run this as root: $*"
        exit 1
    fi
}

apt_names='build-essential pkg-config libncurses-dev libcurl4-openssl-dev libcjson-dev libcsv-dev
    libexpat1-dev libssl-dev libsqlite3-dev zlib1g-dev libseccomp-dev'
apt_test_names='clang libcmocka-dev ncurses-term tmux screen strace openssh-client openssh-server python3
    python3-venv'
dnf_names='gcc make pkgconf-pkg-config ncurses-devel libcurl-devel cjson-devel libcsv-devel expat-devel
    openssl-devel sqlite-devel zlib-devel libseccomp-devel'
dnf_test_names='clang compiler-rt libasan libubsan libtsan libcmocka-devel ncurses-term tmux screen
    strace openssh-clients openssh-server python3'
pacman_names='base-devel pkgconf ncurses curl cjson libcsv expat openssl sqlite zlib libseccomp'
pacman_test_names='clang compiler-rt cmocka tmux screen strace openssh python'
brew_names='pkg-config ncurses curl cjson libcsv expat openssl sqlite zlib'
brew_test_names='cmocka tmux python'

install_packages() {
    if have apt-get; then
        names=$apt_names
        [ $with_tests = no ] || names="$names $apt_test_names"
        say "installing with apt-get:" $names
        export DEBIAN_FRONTEND=noninteractive
        as_root apt-get update -q </dev/null >&2 || say "apt-get update failed; trying with old lists"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
            $names </dev/null >&2
    elif have dnf; then
        names=$dnf_names
        [ $with_tests = no ] || names="$names $dnf_test_names"
        say "installing with dnf:" $names
        as_root dnf install -q -y $names </dev/null >&2
    elif have pacman; then
        names=$pacman_names
        [ $with_tests = no ] || names="$names $pacman_test_names"
        say "installing with pacman:" $names
        as_root pacman -S --needed --noconfirm $names </dev/null >&2
    elif have brew; then
        names=$brew_names
        [ $with_tests = no ] || names="$names $brew_test_names"
        say "installing with brew:" $names
        brew install -q $names </dev/null >&2
    else
        say "no package manager that this script knows; install (Debian's names):" $apt_names \
            "; for the tests also:" $apt_test_names
        exit 1
    fi
}

make_venv() {
    say "making $venv from tests/requirements.txt"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-input --require-hashes \
        -r tests/requirements.txt </dev/null >&2 || {
        say "pip could not install tests/requirements.txt (it needs the package index, once)"
        exit 1
    }
    requirements_hash >"$venv/stamp"
}

# --- Do it -----------------------------------------------------------------------------------

is_ready() { build_is_ready && { [ $with_tests = no ] || tests_are_ready; }; }

if ! is_ready; then
    install_packages
    if ! is_ready; then
        say "something is still missing; make all says what"
        exit 1
    fi
fi
if [ $with_tests = yes ] && [ -e tests/requirements.txt ] && ! venv_is_current; then
    make_venv
fi
