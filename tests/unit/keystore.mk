check_LTLIBRARIES += tests/lib/libmemstore.la
tests_lib_libmemstore_la_SOURCES = tests/lib/mem_store.c tests/lib/mem_store.h
