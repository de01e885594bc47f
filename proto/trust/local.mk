noinst_LTLIBRARIES += proto/trust/libtrust.la
libtrec_la_LIBADD += proto/trust/libtrust.la

proto_trust_libtrust_la_SOURCES = proto/trust/trust.h proto/trust/statement.h \
	proto/trust/beacon.c proto/trust/claims.c proto/trust/make.c proto/trust/statement.c proto/trust/verify.c
