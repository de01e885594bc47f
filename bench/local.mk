# Measurements: docs/PERFORMANCE.md. Built with the tests so that they always compile; not
# installed. `make bench` runs them.
BENCH_LIBS = keystore/libkeystore.la proto/engine/libengine.la proto/tls/libtls.la \
	proto/trust/libtrust.la proto/pake/libpake.la proto/codec/libcodec.la \
	proto/crypto/libcrypto.la proto/base/libbase.la

check_PROGRAMS += bench/workload bench/bare
bench_workload_SOURCES = bench/workload.c bench/acts.c bench/beacons.c bench/bench.h bench/bytes.c bench/device.c \
	bench/device.h bench/disk.c bench/disk.h bench/duo.c bench/duo.h bench/peak.h \
	bench/statements.c bench/store.c bench/stream.c tests/lib/mem_store.c tests/lib/mem_store.h
bench_workload_CPPFLAGS = $(AM_CPPFLAGS)
bench_workload_LDADD = $(BENCH_LIBS)
bench_workload_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=chan_write -Wl,--wrap=crypto_scrypt
bench_bare_SOURCES = bench/bare.c bench/bare.h bench/bare_primitives.c bench/bare_stream.c bench/bare_tls.c \
	bench/peak.h
bench_bare_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)
bench_bare_LDADD = $(WOLFSSL_LIBS)

# What connections take, over RFCOMM and TCP; its first lines tell how to run it.
if HAVE_BLUETOOTH
check_PROGRAMS += bench/radio
bench_radio_SOURCES = bench/radio.c bench/radio.h bench/radio_frames.c bench/radio_plain.c \
	bench/duo.c bench/duo.h tests/lib/mem_store.c tests/lib/mem_store.h
bench_radio_CPPFLAGS = $(AM_CPPFLAGS)
bench_radio_LDADD = link/liblink.la transports/libtransports.la $(BENCH_LIBS)
bench_radio_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=crypto_scrypt -Wl,--wrap=trec_link_send \
	-Wl,--wrap=trec_link_recv
endif

dist_check_SCRIPTS += bench/trec-bench bench/check-figures
TESTS += bench/check-figures
EXTRA_DIST += bench/expected bench/goals bench/parts
bench: all $(check_PROGRAMS)
	srcdir=$(srcdir) $(srcdir)/bench/trec-bench $(BENCH)
.PHONY: bench
