# tests of tools/trec: the parts of the trec command that need no device
if HAVE_TOOLS
tools_programs = tests/unit/test_args tests/unit/test_request tests/unit/test_secret \
	tests/unit/test_output
check_PROGRAMS += $(tools_programs)
TESTS += $(tools_programs)
tools_libs = tests/lib/libsuite.la tools/trec/libtool.la
tools_cppflags = $(AM_CPPFLAGS) -DHAVE_CONFIG_H -D_GNU_SOURCE $(CUNIT_CFLAGS) $(JANSSON_CFLAGS)

tests_unit_test_args_SOURCES = tests/unit/test_args.c
tests_unit_test_args_CPPFLAGS = $(tools_cppflags)
tests_unit_test_args_LDADD = $(tools_libs)

tests_unit_test_request_SOURCES = tests/unit/test_request.c
tests_unit_test_request_CPPFLAGS = $(tools_cppflags)
tests_unit_test_request_LDADD = $(tools_libs) $(JANSSON_LIBS)

tests_unit_test_secret_SOURCES = tests/unit/test_secret.c
tests_unit_test_secret_CPPFLAGS = $(tools_cppflags)
tests_unit_test_secret_LDADD = $(tools_libs)

tests_unit_test_output_SOURCES = tests/unit/test_output.c
tests_unit_test_output_CPPFLAGS = $(tools_cppflags)
tests_unit_test_output_LDADD = $(tools_libs) $(JANSSON_LIBS)
endif
