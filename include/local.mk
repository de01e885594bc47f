trecincludedir = $(includedir)/trec
trecinclude_HEADERS = \
	include/trec/bytes.h \
	include/trec/env.h \
	include/trec/error.h \
	include/trec/identity.h \
	include/trec/store.h \
	include/trec/transport.h
