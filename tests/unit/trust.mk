# tests of trust
check_PROGRAMS += tests/unit/test_trust
TESTS += tests/unit/test_trust

tests_unit_test_trust_SOURCES = tests/unit/test_trust.c tests/unit/trust_rig.c \
	tests/unit/trust_rig.h
tests_unit_test_trust_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_trust_LDADD = tests/lib/libsuite.la proto/trust/libtrust.la \
	proto/crypto/libcrypto.la proto/codec/libcodec.la proto/base/libbase.la
