# Time and memory access that depend on secrets.
timing_libs = proto/pake/libpake.la proto/crypto/libcrypto.la proto/base/libbase.la

if HAVE_CUNIT
check_PROGRAMS += tests/timing/test_detector
TESTS += tests/timing/test_detector
tests_timing_test_detector_SOURCES = tests/timing/test_detector.c tests/timing/ttest.c \
	tests/timing/ttest.h
tests_timing_test_detector_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_timing_test_detector_LDADD = tests/lib/libsuite.la $(timing_libs) -lm
endif

# A campaign of ./dev soak.
check_PROGRAMS += tests/timing/own
tests_timing_own_SOURCES = tests/timing/own.c tests/timing/ttest.c tests/timing/ttest.h
tests_timing_own_LDADD = $(timing_libs) -lm

# Secrets followed by valgrind.
check_PROGRAMS += tests/timing/ctgrind
tests_timing_ctgrind_SOURCES = tests/timing/ctgrind.c
tests_timing_ctgrind_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=base_declassify \
	-Wl,--wrap=crypto_p256_mul -Wl,--wrap=crypto_p256_mul_split \
	-Wl,--wrap=crypto_p256_mul_base -Wl,--wrap=crypto_p256_mul_base_split \
	-Wl,--wrap=crypto_p256_add -Wl,--wrap=crypto_p256_sub
tests_timing_ctgrind_LDADD = $(timing_libs)
dist_check_SCRIPTS += tests/timing/check-ctgrind
EXTRA_DIST += tests/timing/ctgrind.supp
TESTS += tests/timing/check-ctgrind
