# Test programs: one per module, linked with their layer and those below only.
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
endif
