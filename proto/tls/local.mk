noinst_LTLIBRARIES += proto/tls/libtls.la
libtrec_la_LIBADD += proto/tls/libtls.la

proto_tls_libtls_la_SOURCES = proto/tls/authenticator.h proto/tls/channel.h
proto_tls_libtls_la_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)
proto_tls_libtls_la_LIBADD = $(WOLFSSL_LIBS)
