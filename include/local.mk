trecincludedir = $(includedir)/trec
trecinclude_HEADERS = \
	include/trec/blocking.h \
	include/trec/bytes.h \
	include/trec/discovery.h \
	include/trec/engine.h \
	include/trec/env.h \
	include/trec/error.h \
	include/trec/identity.h \
	include/trec/introduction.h \
	include/trec/keystore.h \
	include/trec/pairing.h \
	include/trec/peer.h \
	include/trec/rotation.h \
	include/trec/session.h \
	include/trec/store.h \
	include/trec/transport.h \
	include/trec/trec.h \
	include/trec/window.h
