# tests of link: the engine and the transports together
check_PROGRAMS += tests/unit/test_blocking
TESTS += tests/unit/test_blocking
tests_unit_test_blocking_SOURCES = tests/unit/test_blocking.c $(engine_rig)
tests_unit_test_blocking_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_blocking_LDADD = link/liblink.la transports/libtransports.la $(engine_below)
