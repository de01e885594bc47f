noinst_LTLIBRARIES += proto/tls/libtls.la
libtrec_la_LIBADD += proto/tls/libtls.la

proto_tls_libtls_la_SOURCES = proto/tls/authenticator.c proto/tls/authenticator.h proto/tls/buffer.h \
	proto/tls/channel.c proto/tls/channel.h proto/tls/channel_psk.c proto/tls/context.c \
	proto/tls/gate.c proto/tls/gate.h \
	proto/tls/internal.h proto/tls/wire.h
proto_tls_libtls_la_CPPFLAGS = $(AM_CPPFLAGS) $(WOLFSSL_CFLAGS)
proto_tls_libtls_la_LIBADD = $(WOLFSSL_LIBS)
