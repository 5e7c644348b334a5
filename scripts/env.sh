# Sourced by the scripts beside it: strict shell, the project's root as working
# folder, and an environment in which nothing from outside changes the outcome.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Where the installers of Go and Rust put them: sudo and fresh shells often do not look there.
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin

# The Go that is here, or a clear message; never a download of another one.
export GOTOOLCHAIN=local

# The flags of the make that started this are not for the makes below.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

# In a container the tree often belongs to somebody else, and git then refuses
# to say what commit it is. Go would fail the build for that.
if ! git rev-parse HEAD >/dev/null 2>&1; then
	export GOFLAGS="${GOFLAGS:-} -buildvcs=false"
fi

require_go() {
	local want have
	want=$(sed -n 's/^go 1\.\([0-9]*\).*/\1/p' go.mod)
	if ! command -v go >/dev/null; then
		echo "Go 1.$want or later is needed and there is no 'go' in PATH." \
			"Install it (https://go.dev/doc/install; Debian 13: apt-get install golang-go) and try again." >&2
		exit 2
	fi
	have=$(go env GOVERSION 2>/dev/null || go version)
	have=$(sed -n 's/.*go1\.\([0-9]*\).*/\1/p' <<<"$have")
	if [ "${have:-0}" -lt "$want" ]; then
		echo "Go 1.$want or later is needed; $(command -v go) is $(go version | cut -d' ' -f3)." \
			"Install a newer one (https://go.dev/doc/install), put it first in PATH and try again." >&2
		exit 2
	fi
}

build_mnbench() {
	go build -o bin/mnbench ./cmd/mnbench
}
