# tests of trust
trust_tests = tests/unit/test_trust tests/unit/test_trust_introduction \
	tests/unit/test_trust_succession tests/unit/test_beacon
check_PROGRAMS += $(trust_tests)
TESTS += $(trust_tests)

trust_rig = tests/unit/trust_rig.c tests/unit/trust_rig.h
trust_test_libs = tests/lib/libsuite.la proto/trust/libtrust.la proto/crypto/libcrypto.la \
	proto/codec/libcodec.la proto/base/libbase.la

tests_unit_test_beacon_SOURCES = tests/unit/test_beacon.c
tests_unit_test_beacon_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_beacon_LDADD = $(trust_test_libs)
tests_unit_test_trust_SOURCES = tests/unit/test_trust.c $(trust_rig)
tests_unit_test_trust_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_trust_LDADD = $(trust_test_libs)
tests_unit_test_trust_introduction_SOURCES = tests/unit/test_trust_introduction.c $(trust_rig)
tests_unit_test_trust_introduction_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_trust_introduction_LDADD = $(trust_test_libs)
tests_unit_test_trust_succession_SOURCES = tests/unit/test_trust_succession.c $(trust_rig)
tests_unit_test_trust_succession_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_trust_succession_LDADD = $(trust_test_libs)
