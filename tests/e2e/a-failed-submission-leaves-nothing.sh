#!/usr/bin/env bash
# A submission any of whose system calls fails says so by its exit code, and leaves nothing in
# the queue; or it succeeds all the same. Exit 0 means: whole, and in the queue (rows 181, 182).
. "$(dirname "$0")/lib.sh"
. "$TOP/tests/support/crash/lib.sh"

play submit fault 25
