noinst_LTLIBRARIES += proto/engine/libengine.la
libtrec_la_LIBADD += proto/engine/libengine.la

proto_engine_libengine_la_SOURCES = proto/engine/batch.c proto/engine/batch.h \
	proto/engine/dissolve.c proto/engine/dissolve.h proto/engine/gate.c \
	proto/engine/introduction.c proto/engine/introduction.h \
	proto/engine/introduction_take.c proto/engine/introduction_text.c proto/engine/ladder.c \
	proto/engine/ladder.h proto/engine/ledger.c proto/engine/ledger.h \
	proto/engine/notice.c proto/engine/notice.h proto/engine/opening.c proto/engine/opening.h \
	proto/engine/pairing.c proto/engine/pairing.h proto/engine/pairing_before.c \
	proto/engine/pairing_commit.c proto/engine/pairing_end.c proto/engine/pairing_fsm.c \
	proto/engine/pairing_inside.c \
	proto/engine/pairing_new.c proto/engine/parting.c proto/engine/parting.h \
	proto/engine/peers.c proto/engine/refusal.c proto/engine/rights.c proto/engine/session.c \
	proto/engine/session.h proto/engine/session_audience.c proto/engine/session_frames.c \
	proto/engine/session_introduce.c proto/engine/session_new.c proto/engine/session_notice.c \
	proto/engine/session_rights.c proto/engine/session_stranger.c \
	proto/engine/session_store.c proto/engine/session_stream.c proto/engine/session_wire.c \
	proto/engine/succession.c proto/engine/succession.h \
	proto/engine/window.c proto/engine/window.h \
	proto/engine/recognition.c proto/engine/recognition.h \
	proto/engine/session_recognise.c \
	proto/engine/rotate.c proto/engine/rotate.h \
	proto/engine/keys.c proto/engine/keys.h proto/engine/pairing_symmetric.c \
	proto/engine/session_event.c proto/engine/session_symmetric.c \
	proto/engine/session_symmetric.h
