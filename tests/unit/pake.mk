# tests of pake
PAKE_LIBS = tests/lib/libsuite.la proto/pake/libpake.la proto/crypto/libcrypto.la \
	proto/base/libbase.la

PAKE_TESTS = tests/unit/test_pake tests/unit/test_pake_vectors tests/unit/test_schedule \
	tests/unit/test_schedule_vectors tests/unit/test_wipe
check_PROGRAMS += $(PAKE_TESTS)
TESTS += $(PAKE_TESTS)

tests_unit_test_pake_SOURCES = tests/unit/test_pake.c
tests_unit_test_pake_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_pake_LDADD = $(PAKE_LIBS)

tests_unit_test_pake_vectors_SOURCES = tests/unit/test_pake_vectors.c tests/unit/rfc9383.h
tests_unit_test_pake_vectors_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_pake_vectors_LDADD = $(PAKE_LIBS)

tests_unit_test_schedule_SOURCES = tests/unit/test_schedule.c
tests_unit_test_schedule_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_schedule_LDADD = $(PAKE_LIBS)

tests_unit_test_schedule_vectors_SOURCES = tests/unit/test_schedule_vectors.c
tests_unit_test_schedule_vectors_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_schedule_vectors_LDADD = $(PAKE_LIBS)

tests_unit_test_wipe_SOURCES = tests/unit/test_wipe.c tests/lib/scan.c tests/lib/scan.h
tests_unit_test_wipe_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_wipe_LDADD = $(PAKE_LIBS)
