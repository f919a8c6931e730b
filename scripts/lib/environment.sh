# shellcheck shell=bash
# What tests, samples and checks need beside a Rust toolchain. Sourced by scripts/test, scripts/make-samples and .ci/run.
#
# Debian packages go into the system; everything else into .test-env/ of this folder, where deleting it is safe.
# Each function looks first and does nothing, without any network, when what it provides is there already.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
test_env=$root/.test-env

export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive CARGO_TERM_COLOR=never PIP_DISABLE_PIP_VERSION_CHECK=1

# need_packages NAME…: installs the Debian packages that are missing, without letting their services start.
need_packages() {
    local missing=() name
    for name in "$@"; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
    done
    ((${#missing[@]})) || return 0
    if ((EUID)) && ! command -v sudo >/dev/null; then
        echo "Missing Debian packages, and neither root nor sudo to install them: ${missing[*]}" >&2
        return 1
    fi
    say "Installing ${missing[*]}"
    # In a subshell, so that the guard is taken back however the installation ends.
    (
        trap allow_services EXIT
        trap 'exit 130' INT TERM
        forbid_services
        as_root apt-get update --quiet=2
        as_root apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}"
    )
}

# Debian starts a package's services on installation unless this file says no (101); a test machine wants none of them.
policy=/usr/sbin/policy-rc.d

forbid_services() {
    [[ ! -e $policy ]] || as_root mv --no-clobber "$policy" "$policy.before-torikomi-tests"
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

allow_services() {
    as_root rm -f "$policy"
    [[ ! -e $policy.before-torikomi-tests ]] || as_root mv "$policy.before-torikomi-tests" "$policy"
}

# need_python VENV LIST: a virtual environment .test-env/VENV with exactly what scripts/lib/LIST names.
need_python() {
    local venv=$test_env/$1 wanted=$root/scripts/lib/$2
    ! cmp --silent "$wanted" "$venv/installed.txt" || return 0
    say "Installing Python packages into ${venv#"$root"/}"
    rm -rf "$venv"
    # Debian's own interpreter: another one on the path may lack the venv module.
    /usr/bin/python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --no-deps --requirement "$wanted"
    cp "$wanted" "$venv/installed.txt"
}

# need_openssl: an OpenSSL that verifies Ed25519 in CMS, which 3.5 was the first to do; Debian 12 has 3.0.
# Its sources come through cargo, pinned by checksum in scripts/lib/openssl/Cargo.lock. About two minutes on two cores.
need_openssl() {
    local prefix=$test_env/openssl
    ! cmp --silent "$root/scripts/lib/openssl/Cargo.lock" "$prefix/installed.lock" || return 0
    say "Building OpenSSL 3.5 into ${prefix#"$root"/}"
    local work=$test_env/openssl-build
    rm -rf "$prefix" "$work"
    mkdir -p "$prefix/bin"
    cargo vendor --quiet --locked --manifest-path "$root/scripts/lib/openssl/Cargo.toml" "$work" >/dev/null
    (
        cd "$work/openssl-src/openssl"
        # With the configuration of Debian's own openssl.
        ./config no-shared no-tests no-docs no-module no-legacy no-quic --prefix="$prefix" --openssldir=/usr/lib/ssl
        make -j "$(nproc)" build_sw
    ) >"$test_env/openssl-build.log" 2>&1 || { tail -30 "$test_env/openssl-build.log" >&2; return 1; }
    cp "$work/openssl-src/openssl/apps/openssl" "$prefix/bin/"
    rm -rf "$work"
    cp "$root/scripts/lib/openssl/Cargo.lock" "$prefix/installed.lock"
}

# need_cargo_tool CRATE VERSION: a cargo subcommand in .test-env/bin.
need_cargo_tool() {
    PATH=$test_env/bin:$PATH
    [[ $("$1" --version 2>/dev/null) != "$1 $2" ]] || return 0
    say "Building $1 $2 into .test-env/bin"
    # Not worth optimising: it runs for a second.
    cargo install --quiet --debug --locked --force --root "$test_env" --version "$2" "$1"
}

as_root() {
    if ((EUID)); then sudo "$@"; else "$@"; fi
}

say() {
    printf '==> %s\n' "$*" >&2
}
