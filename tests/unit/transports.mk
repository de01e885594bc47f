# tests of transports
transports_programs = tests/unit/test_discover tests/unit/test_uri tests/unit/test_tcp \
	tests/unit/test_unix tests/unit/test_mem tests/unit/test_script
check_PROGRAMS += $(transports_programs)
TESTS += $(transports_programs)
transports_libs = tests/lib/libsuite.la transports/libtransports.la proto/base/libbase.la

tests_unit_test_discover_SOURCES = tests/unit/test_discover.c
tests_unit_test_discover_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_discover_LDADD = $(transports_libs)

tests_unit_test_uri_SOURCES = tests/unit/test_uri.c
tests_unit_test_uri_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_uri_LDADD = $(transports_libs)

tests_unit_test_tcp_SOURCES = tests/unit/test_tcp.c
tests_unit_test_tcp_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_tcp_LDFLAGS = -Wl,--wrap=socket -Wl,--wrap=getaddrinfo -Wl,--wrap=freeaddrinfo
tests_unit_test_tcp_LDADD = $(transports_libs)

tests_unit_test_unix_SOURCES = tests/unit/test_unix.c
tests_unit_test_unix_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_unix_LDADD = $(transports_libs)

tests_unit_test_script_SOURCES = tests/unit/test_script.c
tests_unit_test_script_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_script_LDADD = tests/lib/libscript.la $(transports_libs)

tests_unit_test_mem_SOURCES = tests/unit/test_mem.c
tests_unit_test_mem_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_mem_LDADD = $(transports_libs)
