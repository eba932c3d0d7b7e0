#!/bin/sh
# Makes the private virtual environment and installs the package into it, editable:
# it rebuilds itself when it is imported after a source has changed.
#
#   tools/setup.sh build    what building and the command line need
#   tools/setup.sh test     what tests and checks need
#   tools/setup.sh docs     what the documentation needs

set -eu
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
cd "$(dirname "$0")/.."

pip() {
    "$VENV/bin/python" -m pip --disable-pip-version-check "$@"
}

case $1 in
build)
    flags=$(PYTHON=$PYTHON sh tools/preflight.sh --flags)
    echo "Setting up $VENV (once)"
    [ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
    # Dependency groups need pip 25.1; Debian 12 brings 23.0.
    pip install --quiet --upgrade 'pip>=25.1'
    pip install --quiet --group build
    # The build tools are taken from the environment, so that a rebuild on import
    # finds them again; -Dc_args stays in the build folder for the same reason.
    PATH="$PWD/$VENV/bin:$PATH" pip install --quiet --no-build-isolation \
        ${flags:+"-Csetup-args=-Dc_args=$flags" "-Csetup-args=-Dc_link_args=$flags"} \
        --editable '.[cli]'
    ;;
test)
    echo "Adding what tests and checks need to $VENV (once)"
    pip install --quiet --group test --group check
    sh tools/peers.sh
    ;;
docs)
    echo "Adding what the documentation needs to $VENV (once)"
    pip install --quiet --group docs
    ;;
*)
    echo "unknown part: $1" >&2
    exit 2
    ;;
esac
