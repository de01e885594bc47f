noinst_LTLIBRARIES += proto/crypto/libcrypto.la
libtrec_la_LIBADD += proto/crypto/libcrypto.la

proto_crypto_libcrypto_la_SOURCES = proto/crypto/crypto.h proto/crypto/wolf.h proto/crypto/der.h \
	proto/crypto/aead.c proto/crypto/cert.c proto/crypto/der.c proto/crypto/hash.c \
	proto/crypto/init.c proto/crypto/kdf.c proto/crypto/key.c proto/crypto/p256.c \
	proto/crypto/random.c proto/crypto/scalar.c proto/crypto/selftest.c proto/crypto/spki.c proto/crypto/verify.c
proto_crypto_libcrypto_la_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)
proto_crypto_libcrypto_la_LIBADD = $(WOLFSSL_LIBS)
