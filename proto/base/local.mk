noinst_LTLIBRARIES += proto/base/libbase.la
libtrec_la_LIBADD += proto/base/libbase.la

proto_base_libbase_la_SOURCES = proto/base/base.h proto/base/arena.c proto/base/declassify.c \
	proto/base/env.c proto/base/errno.c proto/base/error.c proto/base/log.c proto/base/mem.c
