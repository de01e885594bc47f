# Fuzz targets: each is built with replay.c for make check, and with libFuzzer under --enable-fuzz
# (fuzz/README.md). A layer's targets stand together; FUZZ_CODEC is the pattern to copy.
EXTRA_DIST += fuzz/README.md fuzz/corpus fuzz/run

FUZZ_CODEC = fuzz/replay_cbor fuzz/replay_frame fuzz/replay_message fuzz/replay_code \
	fuzz/replay_idtext fuzz/replay_record
FUZZ_CODEC_LIBS = tests/lib/libcases.la proto/codec/libcodec.la proto/base/libbase.la
FUZZ_REPLAY = fuzz/replay.c fuzz/fuzz.h
check_PROGRAMS += $(FUZZ_CODEC)
TESTS += $(FUZZ_CODEC)

fuzz_replay_cbor_SOURCES = fuzz/cbor.c $(FUZZ_REPLAY)
fuzz_replay_cbor_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"cbor"'
fuzz_replay_cbor_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_frame_SOURCES = fuzz/frame.c $(FUZZ_REPLAY)
fuzz_replay_frame_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"frame"'
fuzz_replay_frame_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_message_SOURCES = fuzz/message.c $(FUZZ_REPLAY)
fuzz_replay_message_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"message"'
fuzz_replay_message_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_code_SOURCES = fuzz/code.c $(FUZZ_REPLAY)
fuzz_replay_code_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"code"'
fuzz_replay_code_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_idtext_SOURCES = fuzz/idtext.c $(FUZZ_REPLAY)
fuzz_replay_idtext_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"idtext"'
fuzz_replay_idtext_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_record_SOURCES = fuzz/record.c $(FUZZ_REPLAY)
fuzz_replay_record_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"record"'
fuzz_replay_record_LDADD = $(FUZZ_CODEC_LIBS)

FUZZ_CRYPTO_LIBS = proto/trust/libtrust.la proto/crypto/libcrypto.la proto/codec/libcodec.la \
	proto/base/libbase.la
check_PROGRAMS += fuzz/replay_cert fuzz/replay_statement
TESTS += fuzz/replay_cert fuzz/replay_statement
fuzz_replay_cert_SOURCES = fuzz/cert.c $(FUZZ_REPLAY)
fuzz_replay_cert_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"cert"'
fuzz_replay_cert_LDADD = $(FUZZ_CRYPTO_LIBS)
fuzz_replay_statement_SOURCES = fuzz/statement.c $(FUZZ_REPLAY)
fuzz_replay_statement_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"statement"'
fuzz_replay_statement_LDADD = $(FUZZ_CRYPTO_LIBS)

FUZZ_URI_LIBS = transports/libtransports.la proto/base/libbase.la
check_PROGRAMS += fuzz/replay_uri
TESTS += fuzz/replay_uri
fuzz_replay_uri_SOURCES = fuzz/uri.c $(FUZZ_REPLAY)
fuzz_replay_uri_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"uri"'
fuzz_replay_uri_LDADD = $(FUZZ_URI_LIBS)

if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_uri
fuzz_fuzz_uri_SOURCES = fuzz/uri.c fuzz/fuzz.h
fuzz_fuzz_uri_LDADD = $(FUZZ_URI_LIBS)
fuzz_fuzz_uri_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
noinst_PROGRAMS += fuzz/fuzz_cbor fuzz/fuzz_frame fuzz/fuzz_message fuzz/fuzz_code \
	fuzz/fuzz_idtext fuzz/fuzz_record
fuzz_fuzz_cbor_SOURCES = fuzz/cbor.c fuzz/fuzz.h
fuzz_fuzz_cbor_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_fuzz_cbor_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_fuzz_frame_SOURCES = fuzz/frame.c fuzz/fuzz.h
fuzz_fuzz_frame_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_fuzz_frame_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_fuzz_message_SOURCES = fuzz/message.c fuzz/fuzz.h
fuzz_fuzz_message_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_fuzz_message_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_fuzz_code_SOURCES = fuzz/code.c fuzz/fuzz.h
fuzz_fuzz_code_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_fuzz_code_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_fuzz_idtext_SOURCES = fuzz/idtext.c fuzz/fuzz.h
fuzz_fuzz_idtext_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_fuzz_idtext_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_fuzz_record_SOURCES = fuzz/record.c fuzz/fuzz.h
fuzz_fuzz_record_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_fuzz_record_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
noinst_PROGRAMS += fuzz/fuzz_cert fuzz/fuzz_statement
fuzz_fuzz_cert_SOURCES = fuzz/cert.c fuzz/fuzz.h
fuzz_fuzz_cert_LDADD = $(FUZZ_CRYPTO_LIBS)
fuzz_fuzz_cert_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_fuzz_statement_SOURCES = fuzz/statement.c fuzz/fuzz.h
fuzz_fuzz_statement_LDADD = $(FUZZ_CRYPTO_LIBS)
fuzz_fuzz_statement_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
endif

FUZZ_TLS_LIBS = tests/lib/libcases.la proto/tls/libtls.la proto/crypto/libcrypto.la \
	proto/base/libbase.la
FUZZ_TLS_RIG = tests/unit/tls_rig.c tests/unit/tls_rig.h
check_PROGRAMS += fuzz/replay_channel fuzz/replay_authenticator
TESTS += fuzz/replay_channel fuzz/replay_authenticator
fuzz_replay_channel_SOURCES = fuzz/channel.c $(FUZZ_TLS_RIG) $(FUZZ_REPLAY)
fuzz_replay_channel_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"channel"'
fuzz_replay_channel_LDADD = $(FUZZ_TLS_LIBS)
fuzz_replay_authenticator_SOURCES = fuzz/authenticator.c $(FUZZ_REPLAY)
fuzz_replay_authenticator_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"authenticator"'
fuzz_replay_authenticator_LDADD = $(FUZZ_TLS_LIBS)

if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_channel fuzz/fuzz_authenticator
fuzz_fuzz_channel_SOURCES = fuzz/channel.c $(FUZZ_TLS_RIG) fuzz/fuzz.h
fuzz_fuzz_channel_LDADD = $(FUZZ_TLS_LIBS)
fuzz_fuzz_channel_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_fuzz_authenticator_SOURCES = fuzz/authenticator.c fuzz/fuzz.h
fuzz_fuzz_authenticator_LDADD = $(FUZZ_TLS_LIBS)
fuzz_fuzz_authenticator_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
endif

# The engine's targets join two whole devices: tests/lib/engine_rig.
FUZZ_ENGINE_LIBS = tests/lib/libcases.la proto/engine/libengine.la proto/tls/libtls.la \
	proto/trust/libtrust.la proto/pake/libpake.la proto/codec/libcodec.la \
	proto/crypto/libcrypto.la proto/base/libbase.la
FUZZ_ENGINE_RIG = tests/lib/engine_rig.c tests/lib/engine_rig.h tests/lib/fault_env.c \
	tests/lib/fault_env.h tests/lib/mem_store.c tests/lib/mem_store.h
check_PROGRAMS += fuzz/replay_pairing fuzz/replay_session
TESTS += fuzz/replay_pairing fuzz/replay_session
fuzz_replay_pairing_SOURCES = fuzz/pairing.c $(FUZZ_ENGINE_RIG) $(FUZZ_REPLAY)
fuzz_replay_pairing_CPPFLAGS = $(AM_CPPFLAGS) -DRIG_WITHOUT_CUNIT -DFUZZ_MUTANTS=4 \
	-DFUZZ_TARGET='"pairing"'
fuzz_replay_pairing_LDADD = $(FUZZ_ENGINE_LIBS)
fuzz_replay_session_SOURCES = fuzz/session.c $(FUZZ_ENGINE_RIG) $(FUZZ_REPLAY)
fuzz_replay_session_CPPFLAGS = $(AM_CPPFLAGS) -DRIG_WITHOUT_CUNIT -DFUZZ_MUTANTS=4 \
	-DFUZZ_TARGET='"session"'
fuzz_replay_session_LDADD = $(FUZZ_ENGINE_LIBS)

if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_pairing fuzz/fuzz_session
fuzz_fuzz_pairing_SOURCES = fuzz/pairing.c $(FUZZ_ENGINE_RIG) fuzz/fuzz.h
fuzz_fuzz_pairing_CPPFLAGS = $(AM_CPPFLAGS) -DRIG_WITHOUT_CUNIT
fuzz_fuzz_pairing_LDADD = $(FUZZ_ENGINE_LIBS)
fuzz_fuzz_pairing_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
fuzz_fuzz_session_SOURCES = fuzz/session.c $(FUZZ_ENGINE_RIG) fuzz/fuzz.h
fuzz_fuzz_session_CPPFLAGS = $(AM_CPPFLAGS) -DRIG_WITHOUT_CUNIT
fuzz_fuzz_session_LDADD = $(FUZZ_ENGINE_LIBS)
fuzz_fuzz_session_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
endif

check_LTLIBRARIES += tests/lib/libdisksim.la
tests_lib_libdisksim_la_SOURCES = tests/lib/disksim.c tests/lib/disksim.h tests/lib/disksim_cut.c \
	tests/lib/disksim_priv.h
FUZZ_STORE_LIBS = tests/lib/libdisksim.la keystore/libkeystore.la proto/codec/libcodec.la \
	proto/crypto/libcrypto.la proto/base/libbase.la
check_PROGRAMS += fuzz/replay_store
TESTS += fuzz/replay_store
fuzz_replay_store_SOURCES = fuzz/store.c $(FUZZ_REPLAY)
fuzz_replay_store_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_TARGET='"store"'
fuzz_replay_store_LDADD = $(FUZZ_STORE_LIBS)

if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_store
fuzz_fuzz_store_SOURCES = fuzz/store.c fuzz/fuzz.h
fuzz_fuzz_store_LDADD = $(FUZZ_STORE_LIBS)
fuzz_fuzz_store_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
endif

# The control socket's requests, of the trec command.
if HAVE_TOOLS
FUZZ_TOOLS_LIBS = tools/trec/libtool.la $(JANSSON_LIBS)
check_PROGRAMS += fuzz/replay_control
TESTS += fuzz/replay_control
fuzz_replay_control_SOURCES = fuzz/control.c $(FUZZ_REPLAY)
fuzz_replay_control_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) -DFUZZ_TARGET='"control"'
fuzz_replay_control_LDADD = $(FUZZ_TOOLS_LIBS)
if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_control
fuzz_fuzz_control_SOURCES = fuzz/control.c fuzz/fuzz.h
fuzz_fuzz_control_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
fuzz_fuzz_control_LDADD = $(FUZZ_TOOLS_LIBS)
fuzz_fuzz_control_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
endif
endif
