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

check_PROGRAMS += tests/interop/statements
tests_interop_statements_SOURCES = tests/interop/statements.c
tests_interop_statements_LDADD = proto/trust/libtrust.la proto/crypto/libcrypto.la \
	proto/codec/libcodec.la proto/base/libbase.la
EXTRA_DIST += tests/interop/statements.py tests/vectors/statements.txt
dist_check_SCRIPTS += tests/interop/check-statements
TESTS += tests/interop/check-statements

check_PROGRAMS += tests/interop/store_make
tests_interop_store_make_SOURCES = tests/interop/store_make.c
tests_interop_store_make_LDADD = keystore/libkeystore.la proto/codec/libcodec.la \
	proto/crypto/libcrypto.la proto/base/libbase.la
dist_check_SCRIPTS += tests/interop/check-store
EXTRA_DIST += tests/interop/store.py tests/vectors/store-1/store tests/vectors/store-1/key \
	tests/vectors/store-1/records.txt
TESTS += tests/interop/check-store

check_PROGRAMS += tests/interop/raw_scan tests/interop/raw_image
tests_interop_raw_image_SOURCES = tests/interop/raw_image.c
tests_interop_raw_image_LDADD = $(tests_interop_store_make_LDADD)
tests_interop_raw_scan_SOURCES = tests/interop/raw_scan.c
tests_interop_raw_scan_LDADD = $(tests_interop_store_make_LDADD)
dist_check_SCRIPTS += tests/interop/check-raw-device
TESTS += tests/interop/check-raw-device

check_PROGRAMS += tests/interop/tls_peer
tests_interop_tls_peer_SOURCES = tests/interop/tls_peer.c
tests_interop_tls_peer_LDADD = proto/tls/libtls.la proto/crypto/libcrypto.la proto/base/libbase.la
dist_check_SCRIPTS += tests/interop/check-foreign-tls
TESTS += tests/interop/check-foreign-tls
