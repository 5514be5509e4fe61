# What the scripts here share; sourced, not run.

# Says what is being done, so that it stands out between the output of the tools.
step() {
    printf '\n== %s\n' "$*"
}

fail() {
    printf '\nerror: %s\n' "$*" >&2
    exit 1
}

# Installs Debian packages, as root or by sudo; what they are for comes first.
install_packages() {
    local purpose=$1
    shift
    local by=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "$purpose is missing, and this user can neither become root nor use sudo. Install: $*"
        by=(sudo)
        # Nobody is there to type a password.
        if [ "${CI:-}" = true ]; then by=(sudo -n); fi
    fi
    command -v apt-get >/dev/null || fail "$purpose is missing, and this is no Debian. Install it and run this again: $*"
    step "installing $purpose: $*"
    local log
    log=$(mktemp)
    # A list that is old may still do; the installation tells.
    "${by[@]}" apt-get update -qq </dev/null >"$log" 2>&1 || true
    if ! "${by[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
        </dev/null >>"$log" 2>&1; then
        cat "$log" >&2
        fail "$purpose could not be installed. Install it and run this again: $*"
    fi
    rm -f "$log"
}

# Node.js 20 or newer, with npm; what it is for comes first.
has_node() {
    command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node, 10) >= 20 ? 0 : 1)' 2>/dev/null
}

need_node() {
    has_node || install_packages "Node.js, for $1" nodejs npm
    has_node || fail "Node.js 20 or newer is missing, for $1. Install it and run this again."
}
