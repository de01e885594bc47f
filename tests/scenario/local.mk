# Scenarios: scripts that drive the real command, and what they need.
check_PROGRAMS += tests/lib/tapproxy
tests_lib_tapproxy_SOURCES = tests/lib/tapproxy.c

EXTRA_DIST += tests/scenario/lib.sh
