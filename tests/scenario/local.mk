# Scenarios: scripts that drive the real command, and what they need.
links_sources = tests/lib/links.c tests/lib/links.h
links_libs = transports/libtransports.la proto/base/libbase.la
check_PROGRAMS += tests/lib/tapproxy tests/lib/guesser tests/lib/middle tests/lib/wire
tests_lib_tapproxy_SOURCES = tests/lib/tapproxy.c $(links_sources)
tests_lib_tapproxy_LDADD = $(links_libs)
tests_lib_guesser_SOURCES = tests/lib/guesser.c $(links_sources)
tests_lib_guesser_LDADD = $(links_libs)
tests_lib_wire_SOURCES = tests/lib/wire.c $(links_sources)
tests_lib_wire_LDADD = $(links_libs)
tests_lib_middle_SOURCES = tests/lib/middle.c $(links_sources)
tests_lib_middle_LDADD = keystore/libkeystore.la proto/tls/libtls.la proto/codec/libcodec.la \
	proto/crypto/libcrypto.la $(links_libs)

EXTRA_DIST += tests/scenario/lib.sh tests/scenario/circle.sh

# Each is a test of its own; they need the command.
SCENARIOS = tests/scenario/access.sh tests/scenario/broken_wire.sh tests/scenario/carry.sh \
	tests/scenario/cli_usage.sh tests/scenario/cross.sh tests/scenario/daemon.sh tests/scenario/demo.sh tests/scenario/disk.sh \
	tests/scenario/introduce.sh tests/scenario/introduce_conformance.sh \
	tests/scenario/json.sh tests/scenario/kill.sh tests/scenario/lockout.sh \
	tests/scenario/memory.sh tests/scenario/no_memory.sh tests/scenario/over_unix.sh tests/scenario/pair_code.sh \
	tests/scenario/pair_pin.sh tests/scenario/preset.sh tests/scenario/rotate.sh tests/scenario/scan.sh \
	tests/scenario/session.sh \
	tests/scenario/store_kill.sh tests/scenario/strangers.sh tests/scenario/symmetric.sh \
	tests/scenario/unpair.sh tests/scenario/unpair_cascade.sh
dist_check_SCRIPTS += $(SCENARIOS) tests/scenario/demo
# In the testbed's guest only.
dist_check_SCRIPTS += tests/scenario/over_rfcomm.sh tests/scenario/rfcomm.sh \
	tests/scenario/scan_bluetooth.sh
if HAVE_TOOLS
TESTS += $(SCENARIOS)
endif

# Preloaded into the command: memory runs out at a chosen allocation.
if HAVE_SHARED
check_LTLIBRARIES += tests/lib/failalloc.la
tests_lib_failalloc_la_SOURCES = tests/lib/failalloc.c
tests_lib_failalloc_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_builddir)
tests_lib_failalloc_la_LIBADD =

# Likewise: time passes.
check_LTLIBRARIES += tests/lib/later.la
tests_lib_later_la_SOURCES = tests/lib/later.c
tests_lib_later_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_builddir)
tests_lib_later_la_LIBADD =
endif
