#!/usr/bin/env bash
# Submitters side by side, runs that deliver what they bring, and SIGKILL for any of them at any
# moment: every accepted message arrives, and twice only where a connection broke off behind its
# final dot.
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/crash/lib.sh"

play storm all 8
