# A test that hangs ends as a failure.
LOG_COMPILER = timeout
AM_LOG_FLAGS = -k 10 900

AM_TESTS_ENVIRONMENT = CC='$(CC)' CXX='$(CXX)' NM='$(NM)'; export CC CXX NM; \
	ASAN_OPTIONS=detect_stack_use_after_return=1; UBSAN_OPTIONS=print_stacktrace=1; \
	export ASAN_OPTIONS UBSAN_OPTIONS;

# The gates: scripts that read sources, headers and symbols. Each also shows that it can fail.
GATES = tests/check-exports tests/check-headers tests/check-layers tests/check-style \
	tests/check-symbols
dist_check_SCRIPTS += $(GATES)
TESTS += $(GATES)
EXTRA_DIST += tests/lib/claims.sh tests/lib/strip.awk tests/lib/layers.awk tests/lib/links.awk \
	tests/layers.table tests/prefixes.table tests/style.allow tests/soak.table \
	tests/analyze tests/lib/planted.c tests/valgrind.supp .clang-tidy

# What is said about the command is what the command says.
dist_check_SCRIPTS += tests/check-cli
EXTRA_DIST += tests/lib/cli_facts.pl tests/lib/complete.bash
if HAVE_TOOLS
TESTS += tests/check-cli
endif

# Test programs: one per module, linked with their layer and those below only.

# Also of the fuzz targets.
check_LTLIBRARIES += tests/lib/libcases.la
tests_lib_libcases_la_SOURCES = tests/lib/codec_cases.c tests/lib/codec_cases.h

# What a wire can do to two devices; wire_rig puts it between those of engine_rig.
wire_faults = tests/lib/wire_faults.c tests/lib/wire_faults.h tests/lib/wire_plan.c
wire_rig = tests/lib/wire_rig.c tests/lib/wire_rig.h $(wire_faults)
EXTRA_DIST += $(wire_rig)

if HAVE_CUNIT
check_LTLIBRARIES += tests/lib/libsuite.la
tests_lib_libsuite_la_SOURCES = tests/lib/suite.c tests/lib/suite.h tests/lib/sweep.c tests/lib/sweep.h \
	tests/lib/fault_env.c tests/lib/fault_env.h
tests_lib_libsuite_la_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_lib_libsuite_la_LIBADD = $(CUNIT_LIBS)

include tests/unit/base.mk
include tests/unit/codec.mk
include tests/unit/crypto.mk
include tests/unit/pake.mk
include tests/unit/trust.mk
include tests/unit/tls.mk
include tests/unit/engine.mk
include tests/unit/keystore.mk
include tests/unit/transports.mk
include tests/unit/trec.mk
include tests/contract/local.mk
include tests/torture/local.mk
endif

include tests/model/local.mk
include tests/sim/local.mk
include tests/interop/local.mk
include tests/conformance/local.mk
include tests/scenario/local.mk
include tests/memory/local.mk
include tests/timing/local.mk
include tests/testbed/local.mk
