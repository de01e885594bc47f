noinst_LTLIBRARIES += proto/crypto/libcrypto.la
libtrec_la_LIBADD += proto/crypto/libcrypto.la

proto_crypto_libcrypto_la_SOURCES = proto/crypto/crypto.h
proto_crypto_libcrypto_la_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)
proto_crypto_libcrypto_la_LIBADD = $(WOLFSSL_LIBS)
