#!/bin/sh
# Makes the private virtual environment and installs the package into it, editable:
# it rebuilds itself when it is imported after a source has changed.
#
#   tools/setup.sh build    what building and the command line need
#   tools/setup.sh test     what tests and checks need
#   tools/setup.sh docs     what the documentation needs
#   tools/setup.sh bench    what measuring needs
#   tools/setup.sh browser  what drives a browser, into .build/browser
#   tools/setup.sh scanners what scans are compared with, into .build/scanners

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
    pip install -qq --upgrade 'pip>=25.1'
    pip install -qq --group build
    # Whatever is told to meson here stays in the build folder, so that a rebuild on
    # import finds the same tools and headers, whoever imports from wherever.
    mkdir -p .build
    tools=.build/tools.ini
    [ "$VENV" = .venv ] || tools=$VENV/tools.ini
    printf "[binaries]\ncython = '%s'\n" "$PWD/$VENV/bin/cython" >"$tools"
    # Meson looks for ninja in the environment alone.
    site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "import os; os.environ.setdefault('NINJA', '$PWD/$VENV/bin/ninja')" \
        >"$site/brisktls-tools.pth"
    PATH="$PWD/$VENV/bin:$PATH" pip install -qq --no-build-isolation \
        "-Csetup-args=--native-file=$PWD/$tools" \
        ${flags:+"-Csetup-args=-Dc_args=$flags" "-Csetup-args=-Dc_link_args=$flags"} \
        --editable '.[cli]'
    ;;
test)
    echo "Adding what tests and checks need to $VENV (once)"
    pip install -qq --group test --group check
    sh tools/peers.sh
    ;;
docs)
    echo "Adding what the documentation needs to $VENV (once)"
    pip install -qq --group docs
    ;;
bench)
    echo "Adding what measuring needs to $VENV (once)"
    pip install -qq --group bench
    ;;
scanners)
    # An environment of its own: it asks for older libraries than the tests do.
    scanners=.build/scanners
    [ -x "$scanners/bin/sslyze" ] && exit 0
    echo "Installing sslyze into $scanners (once)"
    "$PYTHON" -m venv --without-pip "$scanners"
    pip --python "$scanners/bin/python" install -qq --group scanners ||
        echo "Tests that need sslyze will be skipped"
    ;;
browser)
    # An environment of its own: only one test drives a browser, and it needs no package.
    [ -x .build/browser/bin/pytest ] && exit 0
    echo "Installing what drives a browser into .build/browser (once)"
    "$PYTHON" -m venv --without-pip .build/browser
    pip --python .build/browser/bin/python install -qq --group browser
    ;;
*)
    echo "unknown part: $1" >&2
    exit 2
    ;;
esac
