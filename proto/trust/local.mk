noinst_LTLIBRARIES += proto/trust/libtrust.la
libtrec_la_LIBADD += proto/trust/libtrust.la

proto_trust_libtrust_la_SOURCES = proto/trust/trust.h
