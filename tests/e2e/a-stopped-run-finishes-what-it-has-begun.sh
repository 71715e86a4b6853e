#!/usr/bin/env bash
# SIGTERM at any moment: what is on the wire is finished, what was not begun waits for the next run,
# and nothing goes twice.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/crash/lib.sh"

play flush stop 12
