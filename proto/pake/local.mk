noinst_LTLIBRARIES += proto/pake/libpake.la
libtrec_la_LIBADD += proto/pake/libpake.la

proto_pake_libpake_la_SOURCES = proto/pake/pake.h
