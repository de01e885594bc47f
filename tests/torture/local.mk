# Plays of two devices under every fault of wire and memory; see play.h.
torture_play = tests/torture/play.c tests/torture/play.h tests/torture/judge.c $(wire_rig) \
	tests/lib/engine_rig.c tests/lib/engine_rig.h tests/lib/mem_store.c tests/lib/mem_store.h

check_PROGRAMS += tests/torture/test_wire_torture
TESTS += tests/torture/test_wire_torture
tests_torture_test_wire_torture_SOURCES = tests/torture/test_wire_torture.c $(torture_play)
tests_torture_test_wire_torture_CPPFLAGS = $(engine_cppflags)
tests_torture_test_wire_torture_LDADD = $(engine_below)

# Counts what the library and the hook that gives wolfSSL its memory have taken.
torture_wrap = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=free
check_PROGRAMS += tests/torture/test_memory_torture
TESTS += tests/torture/test_memory_torture
tests_torture_test_memory_torture_SOURCES = tests/torture/test_memory_torture.c \
	tests/torture/heap.c tests/torture/heap.h $(torture_play)
tests_torture_test_memory_torture_CPPFLAGS = $(engine_cppflags)
tests_torture_test_memory_torture_LDADD = $(engine_below)
tests_torture_test_memory_torture_LDFLAGS = $(AM_LDFLAGS) $(torture_wrap)

check_PROGRAMS += tests/torture/test_fault_secrets
TESTS += tests/torture/test_fault_secrets
tests_torture_test_fault_secrets_SOURCES = tests/torture/test_fault_secrets.c tests/lib/scan.c \
	tests/lib/scan.h $(wire_rig) $(engine_rig)
tests_torture_test_fault_secrets_CPPFLAGS = $(engine_cppflags)
tests_torture_test_fault_secrets_LDADD = $(engine_below)

check_PROGRAMS += tests/torture/test_store_torture
TESTS += tests/torture/test_store_torture
tests_torture_test_store_torture_SOURCES = tests/torture/test_store_torture.c \
	tests/torture/heap.c tests/torture/heap.h
tests_torture_test_store_torture_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_torture_test_store_torture_LDADD = $(keystore_test_libs)
tests_torture_test_store_torture_LDFLAGS = $(AM_LDFLAGS) $(torture_wrap)
