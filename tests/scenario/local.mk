# Scenarios: scripts that drive the real command, and what they need.
check_PROGRAMS += tests/lib/tapproxy tests/lib/guesser
tests_lib_tapproxy_SOURCES = tests/lib/tapproxy.c
tests_lib_guesser_SOURCES = tests/lib/guesser.c

EXTRA_DIST += tests/scenario/lib.sh
