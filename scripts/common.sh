# Sourced by the other scripts: paths and messages. Not run directly.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

# Debian installs servers (ngircd, inspircd, nginx) outside an ordinary user's PATH.
export PATH="$PATH:/usr/sbin:/sbin"

# Prints the current step; stdout stays free for results.
say() { printf '==> %s\n' "$*" >&2; }

# Prints what failed, why, and what to do, and exits.
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Runs a command as a named step and prints how long it took.
step() {
    local name=$1 started=$EPOCHREALTIME status=0
    shift
    say "$name"
    "$@" || status=$?
    if [ -n "${JETBRIDGE_TIMES:-}" ]; then
        awk -v name="$name" -v from="$started" -v to="$EPOCHREALTIME" \
            'BEGIN { printf "%.1f\t%s\n", to - from, name }' >>"$JETBRIDGE_TIMES"
    fi
    awk -v name="$name" -v from="$started" -v to="$EPOCHREALTIME" -v status="$status" 'BEGIN {
        printf "==> %s: %s, %.1f s\n", name, status == 0 ? "done" : "FAILED (" status ")", to - from
    }' >&2
    return "$status"
}
