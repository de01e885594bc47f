noinst_LTLIBRARIES += keystore/libkeystore.la
libtrec_la_LIBADD += keystore/libkeystore.la

keystore_libkeystore_la_SOURCES = keystore/format.h keystore/index.h keystore/volume.h \
	keystore/blockio.c keystore/commit.c keystore/format.c keystore/index.c keystore/open.c \
	keystore/plan.c keystore/table.c keystore/volume.c
