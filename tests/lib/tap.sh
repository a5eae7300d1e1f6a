# shellcheck shell=bash
# The older name of suite.sh.
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/suite.sh"
