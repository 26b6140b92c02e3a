# Runs steps under headings and says how long each took. A step that fails ends the script (`set -e`; so a step must
# not stand behind `if`, `!`, `&&` or `||`, where bash switches that off).

current=
trap '[ -z "$current" ] || printf "== %s: FAILED\n" "$current"' EXIT

section() {
    local begin=$SECONDS
    current=$1
    shift
    printf '\n== %s\n' "$current"
    "$@"
    printf '== %s: %d s\n' "$current" $((SECONDS - begin))
    current=
}

# The last step: its own closing lines are the end of the output.
last_section() {
    printf '\n== %s\n' "$1"
    shift
    "$@"
}
