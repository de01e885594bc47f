# tests of crypto
CRYPTO_LIBS = tests/lib/libsuite.la proto/crypto/libcrypto.la proto/base/libbase.la

check_PROGRAMS += tests/unit/test_crypto tests/unit/test_p256
TESTS += tests/unit/test_crypto tests/unit/test_p256

tests_unit_test_crypto_SOURCES = tests/unit/test_crypto.c
tests_unit_test_crypto_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_crypto_LDADD = $(CRYPTO_LIBS)

tests_unit_test_p256_SOURCES = tests/unit/test_p256.c
tests_unit_test_p256_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_p256_LDADD = $(CRYPTO_LIBS)
