# The transport contract: the claims with one small file per transport.
check_LTLIBRARIES += tests/lib/libscript.la
tests_lib_libscript_la_SOURCES = tests/lib/script.c tests/lib/script.h
tests_lib_libscript_la_LIBADD = transports/libtransports.la proto/base/libbase.la

contract_programs = tests/contract/tcp4 tests/contract/tcp6 tests/contract/unix \
	tests/contract/mem tests/contract/script tests/contract/rfcomm
check_PROGRAMS += $(contract_programs)
TESTS += $(contract_programs)

contract_sources = tests/contract/contract.c tests/contract/contract_listen.c \
	tests/contract/contract_help.c tests/contract/contract.h
contract_cppflags = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
contract_libs = tests/lib/libscript.la tests/lib/libsuite.la transports/libtransports.la \
	proto/base/libbase.la

tests_contract_tcp4_SOURCES = tests/contract/tcp4.c $(contract_sources)
tests_contract_tcp4_CPPFLAGS = $(contract_cppflags)
tests_contract_tcp4_LDADD = $(contract_libs)
tests_contract_tcp6_SOURCES = tests/contract/tcp6.c $(contract_sources)
tests_contract_tcp6_CPPFLAGS = $(contract_cppflags)
tests_contract_tcp6_LDADD = $(contract_libs)
tests_contract_unix_SOURCES = tests/contract/unix.c $(contract_sources)
tests_contract_unix_CPPFLAGS = $(contract_cppflags)
tests_contract_unix_LDADD = $(contract_libs)
tests_contract_mem_SOURCES = tests/contract/mem.c $(contract_sources)
tests_contract_mem_CPPFLAGS = $(contract_cppflags)
tests_contract_mem_LDADD = $(contract_libs)
tests_contract_rfcomm_SOURCES = tests/contract/rfcomm.c $(contract_sources)
tests_contract_rfcomm_CPPFLAGS = $(contract_cppflags)
tests_contract_rfcomm_LDADD = $(contract_libs)
tests_contract_script_SOURCES = tests/contract/script.c $(contract_sources)
tests_contract_script_CPPFLAGS = $(contract_cppflags)
tests_contract_script_LDADD = $(contract_libs)

# The engine over the transports, driven by the blocking helpers of link/.
check_PROGRAMS += tests/contract/blocking
TESTS += tests/contract/blocking
tests_contract_blocking_SOURCES = tests/contract/blocking.c $(engine_rig)
tests_contract_blocking_CPPFLAGS = $(contract_cppflags)
tests_contract_blocking_LDADD = link/liblink.la transports/libtransports.la $(engine_below)

# One pairing over every transport, byte by byte. All random bytes must come from a seed, wolfSSL's own
# too: see tests/sim/local.mk.
if HAVE_WOLFSSL_STATIC
check_PROGRAMS += tests/contract/same_bytes
TESTS += tests/contract/same_bytes
tests_contract_same_bytes_SOURCES = tests/contract/same_bytes.c $(entropy) $(engine_rig)
tests_contract_same_bytes_CPPFLAGS = $(contract_cppflags)
tests_contract_same_bytes_LDADD = link/liblink.la transports/libtransports.la $(engine_below) -lm
tests_contract_same_bytes_LDFLAGS = $(AM_LDFLAGS) $(entropy_ldflags)
EXTRA_tests_contract_same_bytes_DEPENDENCIES = tests/sim/static/libwolfssl.a
endif
EXTRA_DIST += tests/contract/same_bytes.c $(entropy)
