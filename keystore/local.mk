noinst_LTLIBRARIES += keystore/libkeystore.la
libtrec_la_LIBADD += keystore/libkeystore.la

keystore_libkeystore_la_SOURCES = keystore/access.h keystore/format.h keystore/index.h \
	keystore/keystore.h keystore/own.h keystore/provider.h keystore/volume.h \
	keystore/access.c keystore/beneath.c keystore/blockio.c keystore/commit.c \
	keystore/create.c keystore/format.c keystore/index.c keystore/keystore.c keystore/open.c \
	keystore/own.c keystore/path.c keystore/plan.c keystore/provider_keyfile.c \
	keystore/provider_passphrase.c keystore/sys.c keystore/table.c keystore/volume.c
