# Foreign programs against ours; each script skips where its program is missing.
check_PROGRAMS += tests/interop/certs
tests_interop_certs_SOURCES = tests/interop/certs.c
tests_interop_certs_LDADD = proto/crypto/libcrypto.la proto/base/libbase.la

dist_check_SCRIPTS += tests/interop/certificates
TESTS += tests/interop/certificates

check_PROGRAMS += tests/vectors/make_pairing
tests_vectors_make_pairing_SOURCES = tests/vectors/make_pairing.c
tests_vectors_make_pairing_LDADD = proto/trust/libtrust.la proto/pake/libpake.la \
	proto/crypto/libcrypto.la proto/codec/libcodec.la proto/base/libbase.la
EXTRA_DIST += tests/vectors/pairing.txt
dist_check_SCRIPTS += tests/interop/check-pairing
TESTS += tests/interop/check-pairing
