# tests of crypto
CRYPTO_LIBS = tests/lib/libsuite.la proto/crypto/libcrypto.la proto/base/libbase.la
CRYPTO_TESTS = tests/unit/test_crypto tests/unit/test_p256 tests/unit/test_key \
	tests/unit/test_cert
check_PROGRAMS += $(CRYPTO_TESTS)
TESTS += $(CRYPTO_TESTS)

tests_unit_test_crypto_SOURCES = tests/unit/test_crypto.c
tests_unit_test_crypto_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_crypto_LDADD = $(CRYPTO_LIBS)

tests_unit_test_p256_SOURCES = tests/unit/test_p256.c
tests_unit_test_p256_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_p256_LDADD = $(CRYPTO_LIBS)

tests_unit_test_key_SOURCES = tests/unit/test_key.c
tests_unit_test_key_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_key_LDADD = $(CRYPTO_LIBS)

tests_unit_test_cert_SOURCES = tests/unit/test_cert.c
tests_unit_test_cert_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_cert_LDADD = $(CRYPTO_LIBS)
