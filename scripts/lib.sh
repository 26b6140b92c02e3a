# Shared by the scripts that install things. Debian and Ubuntu.

say() { printf '%s\n' "$*"; }

fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

# The packages of the arguments that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$package"
    done
}

# Installs the packages of the arguments that are not there yet; asks nobody anything when all are. Debian would start their
# services at once: unless somebody decides about that already, none is.
install_packages() {
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "This machine has no apt-get. Install these by hand: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "Run as root (there is no sudo): apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "Installing ${missing[*]}"
    local quiet=(-qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120)
    "${as_root[@]}" apt-get "${quiet[@]}" update
    # In a shell of its own, so that whatever ends it the policy goes.
    (
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap '"${as_root[@]}" rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
        fi
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${quiet[@]}" install --no-install-recommends -y "${missing[@]}" >/dev/null
    )
}

# The packages of a requirements file, in a place of their own with a name beside what Cargo builds.
python_packages() {
    local name=$1 wanted=$2
    local place="${CARGO_TARGET_DIR:-$(dirname "${BASH_SOURCE[0]}")/../target}/$name"
    cmp -s "$wanted" "$place/requirements.txt" && return 0
    python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
    say "Installing $name"
    python3 -m venv --clear "$place"
    "$place/bin/pip" --quiet --disable-pip-version-check install --requirement "$wanted"
    # Last, so that one that was not installed as a whole is installed again.
    cp "$wanted" "$place/requirements.txt"
}

# Rust and Node.js are not installed by us: their users have their own ways.
need_rust_and_node() {
    command -v cargo >/dev/null || fail "Rust is not installed. Install it from https://rustup.rs, then run this again."
    command -v node >/dev/null && command -v npm >/dev/null \
        || fail "Node.js with npm is not installed. Install version 20 or later, then run this again."
    local major
    major=$(node -p 'process.versions.node.split(".")[0]')
    [ "$major" -ge 20 ] || fail "Node.js $(node --version) is too old. Install version 20 or later, then run this again."
}
