# Read by the other scripts: where things are, and how steps are told. Not run by itself.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1

# Debian keeps servers (ngircd, inspircd, nginx) out of an ordinary user's PATH.
export PATH="$PATH:/usr/sbin:/sbin"

# One line about what happens now; stdout stays free for results.
say() { printf '==> %s\n' "$*" >&2; }

# Ends the script: what failed, why, what to do.
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Runs a command as a named step and tells how long it took.
step() {
    local name=$1 started=$EPOCHREALTIME status=0
    shift
    say "$name"
    "$@" || status=$?
    awk -v name="$name" -v from="$started" -v to="$EPOCHREALTIME" -v status="$status" 'BEGIN {
        printf "==> %s: %s, %.1f s\n", name, status == 0 ? "done" : "FAILED (" status ")", to - from
    }' >&2
    return "$status"
}
