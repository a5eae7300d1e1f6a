#!/bin/sh
# Makes configure from configure.ac: for checkouts and exported trees, which carry none.
set -e
cd "$(dirname "$0")"
exec autoreconf -fi
