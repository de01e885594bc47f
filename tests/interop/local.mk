# Foreign programs against ours; each script skips where its program is missing.
check_PROGRAMS += tests/interop/certs
tests_interop_certs_SOURCES = tests/interop/certs.c
tests_interop_certs_LDADD = proto/crypto/libcrypto.la proto/base/libbase.la

dist_check_SCRIPTS += tests/interop/certificates
TESTS += tests/interop/certificates
