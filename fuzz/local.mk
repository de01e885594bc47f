# Fuzz targets: each is built with replay.c for make check, and with a fuzzing engine under
# --enable-fuzz (fuzz/README.md). A layer's targets stand together.
EXTRA_DIST += fuzz/README.md fuzz/corpus fuzz/dict fuzz/run fuzz/minimize fuzz/build.sh \
	fuzz/coverage fuzz/parsers.table fuzz/COVERAGE.md fuzz/speed \
	fuzz/check-planted fuzz/planted.table fuzz/check-engines

FUZZ_REPLAY = fuzz/replay.c fuzz/fuzz.h
FUZZ_CODEC_LIBS = tests/lib/libcases.la proto/codec/libcodec.la proto/base/libbase.la
FUZZ_CRYPTO_LIBS = proto/trust/libtrust.la proto/crypto/libcrypto.la proto/codec/libcodec.la \
	proto/base/libbase.la
FUZZ_URI_LIBS = transports/libtransports.la proto/base/libbase.la
FUZZ_TLS_LIBS = tests/lib/libcases.la proto/tls/libtls.la proto/crypto/libcrypto.la \
	proto/base/libbase.la
FUZZ_TLS_RIG = tests/unit/tls_rig.c tests/unit/tls_rig.h

check_PROGRAMS += fuzz/replay_cbor fuzz/replay_frame fuzz/replay_message fuzz/replay_code \
	fuzz/replay_idtext fuzz/replay_record fuzz/replay_text fuzz/replay_cert \
	fuzz/replay_statement fuzz/replay_sdp \
	fuzz/replay_uri fuzz/replay_gate fuzz/replay_channel fuzz/replay_authenticator
TESTS += fuzz/replay_cbor fuzz/replay_frame fuzz/replay_message fuzz/replay_code \
	fuzz/replay_idtext fuzz/replay_record fuzz/replay_text fuzz/replay_cert \
	fuzz/replay_statement fuzz/replay_sdp \
	fuzz/replay_uri fuzz/replay_gate fuzz/replay_channel fuzz/replay_authenticator
fuzz_replay_cbor_SOURCES = fuzz/cbor.c $(FUZZ_REPLAY)
fuzz_replay_cbor_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_frame_SOURCES = fuzz/frame.c $(FUZZ_REPLAY)
fuzz_replay_frame_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_message_SOURCES = fuzz/message.c $(FUZZ_REPLAY)
fuzz_replay_message_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_code_SOURCES = fuzz/code.c $(FUZZ_REPLAY)
fuzz_replay_code_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_idtext_SOURCES = fuzz/idtext.c $(FUZZ_REPLAY)
fuzz_replay_idtext_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_record_SOURCES = fuzz/record.c $(FUZZ_REPLAY)
fuzz_replay_record_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_text_SOURCES = fuzz/text.c $(FUZZ_REPLAY)
fuzz_replay_text_LDADD = $(FUZZ_CODEC_LIBS)
fuzz_replay_cert_SOURCES = fuzz/cert.c $(FUZZ_REPLAY)
fuzz_replay_cert_LDADD = $(FUZZ_CRYPTO_LIBS)
fuzz_replay_statement_SOURCES = fuzz/statement.c fuzz/statement.h $(FUZZ_REPLAY)
fuzz_replay_statement_LDADD = $(FUZZ_CRYPTO_LIBS)
fuzz_replay_uri_SOURCES = fuzz/uri.c $(FUZZ_REPLAY)
fuzz_replay_uri_LDADD = $(FUZZ_URI_LIBS)
fuzz_replay_sdp_SOURCES = fuzz/sdp.c $(FUZZ_REPLAY)
fuzz_replay_sdp_LDADD = $(FUZZ_URI_LIBS)
fuzz_replay_gate_SOURCES = fuzz/gate.c $(FUZZ_REPLAY)
fuzz_replay_gate_LDADD = $(FUZZ_TLS_LIBS)
fuzz_replay_channel_SOURCES = fuzz/channel.c $(FUZZ_TLS_RIG) $(FUZZ_REPLAY)
fuzz_replay_channel_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_MUTANTS=8
fuzz_replay_channel_LDADD = $(FUZZ_TLS_LIBS)
fuzz_replay_authenticator_SOURCES = fuzz/authenticator.c $(FUZZ_REPLAY)
fuzz_replay_authenticator_LDADD = $(FUZZ_TLS_LIBS)

if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_cbor fuzz/fuzz_frame fuzz/fuzz_message fuzz/fuzz_code \
	fuzz/fuzz_idtext fuzz/fuzz_record fuzz/fuzz_text fuzz/fuzz_cert fuzz/fuzz_statement \
	fuzz/fuzz_uri fuzz/fuzz_sdp \
	fuzz/fuzz_gate fuzz/fuzz_channel fuzz/fuzz_authenticator
fuzz_fuzz_cbor_SOURCES = fuzz/cbor.c fuzz/fuzz.h
fuzz_fuzz_cbor_LDADD = $(FUZZ_CODEC_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_frame_SOURCES = fuzz/frame.c fuzz/fuzz.h
fuzz_fuzz_frame_LDADD = $(FUZZ_CODEC_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_message_SOURCES = fuzz/message.c fuzz/fuzz.h
fuzz_fuzz_message_LDADD = $(FUZZ_CODEC_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_code_SOURCES = fuzz/code.c fuzz/fuzz.h
fuzz_fuzz_code_LDADD = $(FUZZ_CODEC_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_idtext_SOURCES = fuzz/idtext.c fuzz/fuzz.h
fuzz_fuzz_idtext_LDADD = $(FUZZ_CODEC_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_record_SOURCES = fuzz/record.c fuzz/fuzz.h
fuzz_fuzz_record_LDADD = $(FUZZ_CODEC_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_text_SOURCES = fuzz/text.c fuzz/fuzz.h
fuzz_fuzz_text_LDADD = $(FUZZ_CODEC_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_cert_SOURCES = fuzz/cert.c fuzz/fuzz.h
fuzz_fuzz_cert_LDADD = $(FUZZ_CRYPTO_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_statement_SOURCES = fuzz/statement.c fuzz/statement.h fuzz/fuzz.h
fuzz_fuzz_statement_LDADD = $(FUZZ_CRYPTO_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_uri_SOURCES = fuzz/uri.c fuzz/fuzz.h
fuzz_fuzz_uri_LDADD = $(FUZZ_URI_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_sdp_SOURCES = fuzz/sdp.c fuzz/fuzz.h
fuzz_fuzz_sdp_LDADD = $(FUZZ_URI_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_gate_SOURCES = fuzz/gate.c fuzz/fuzz.h
fuzz_fuzz_gate_LDADD = $(FUZZ_TLS_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_channel_SOURCES = fuzz/channel.c $(FUZZ_TLS_RIG) fuzz/fuzz.h
fuzz_fuzz_channel_LDADD = $(FUZZ_TLS_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_authenticator_SOURCES = fuzz/authenticator.c fuzz/fuzz.h
fuzz_fuzz_authenticator_LDADD = $(FUZZ_TLS_LIBS) $(FUZZ_ENGINE)
endif

# Our CBOR reader against another one.
if HAVE_LIBCBOR
check_PROGRAMS += fuzz/replay_libcbor
TESTS += fuzz/replay_libcbor
fuzz_replay_libcbor_SOURCES = fuzz/libcbor.c $(FUZZ_REPLAY)
fuzz_replay_libcbor_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCBOR_CFLAGS)
fuzz_replay_libcbor_LDADD = $(FUZZ_CODEC_LIBS) $(LIBCBOR_LIBS)
if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_libcbor
fuzz_fuzz_libcbor_SOURCES = fuzz/libcbor.c fuzz/fuzz.h
fuzz_fuzz_libcbor_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCBOR_CFLAGS)
fuzz_fuzz_libcbor_LDADD = $(FUZZ_CODEC_LIBS) $(LIBCBOR_LIBS) $(FUZZ_ENGINE)
endif
endif

# The engine's targets join two whole devices: tests/lib/engine_rig. In pairing and session,
# stand-ins take the place of what is slow.
FUZZ_STATEFUL_LIBS = tests/lib/libcases.la proto/engine/libengine.la proto/tls/libtls.la \
	proto/trust/libtrust.la proto/pake/libpake.la proto/codec/libcodec.la \
	proto/crypto/libcrypto.la proto/base/libbase.la
FUZZ_STATEFUL = fuzz/plan.c fuzz/plan.h fuzz/stateful.h $(wire_rig) \
	tests/lib/engine_rig.c tests/lib/engine_rig.h tests/lib/fault_env.c \
	tests/lib/fault_env.h tests/lib/mem_store.c tests/lib/mem_store.h
fuzz_stateful_flags = $(AM_CPPFLAGS) -DRIG_WITHOUT_CUNIT -DRIG_WIRE=32768 -DWIRE_ROOM=16384 \
	-DFUZZ_MUTANTS=4
FUZZ_STANDIN = fuzz/standin.h fuzz/standin_chan.c fuzz/standin_crypto.c
W = -Wl,--wrap=
fuzz_standin_wraps = $(AM_LDFLAGS) $(W)crypto_p256_check $(W)crypto_p256_check_secret \
	$(W)crypto_p256_mul $(W)crypto_p256_mul_base $(W)crypto_p256_mul_split \
	$(W)crypto_p256_mul_base_split $(W)crypto_p256_add $(W)crypto_p256_sub \
	$(W)crypto_p256_scalar_reduce $(W)crypto_scrypt $(W)crypto_key_signer $(W)crypto_verify \
	$(W)crypto_burn_stack $(W)crypto_self_test $(W)pake_ready

check_PROGRAMS += fuzz/replay_pairing fuzz/replay_session fuzz/replay_whole
TESTS += fuzz/replay_pairing fuzz/replay_session fuzz/replay_whole
fuzz_replay_pairing_SOURCES = fuzz/pairing.c fuzz/pairing_run.c $(FUZZ_STATEFUL) $(FUZZ_STANDIN) \
	$(FUZZ_REPLAY)
fuzz_replay_pairing_CPPFLAGS = $(fuzz_stateful_flags)
fuzz_replay_pairing_LDADD = $(FUZZ_STATEFUL_LIBS)
fuzz_replay_pairing_LDFLAGS = $(fuzz_standin_wraps)
fuzz_replay_session_SOURCES = fuzz/session.c fuzz/session_run.c $(FUZZ_STATEFUL) $(FUZZ_STANDIN) \
	$(FUZZ_REPLAY)
fuzz_replay_session_CPPFLAGS = $(fuzz_stateful_flags)
fuzz_replay_session_LDADD = $(FUZZ_STATEFUL_LIBS)
fuzz_replay_session_LDFLAGS = $(fuzz_standin_wraps)
fuzz_replay_whole_SOURCES = fuzz/whole.c fuzz/pairing_run.c fuzz/session_run.c $(FUZZ_STATEFUL) \
	$(FUZZ_REPLAY)
fuzz_replay_whole_CPPFLAGS = $(fuzz_stateful_flags)
fuzz_replay_whole_LDADD = $(FUZZ_STATEFUL_LIBS)

if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_pairing fuzz/fuzz_session fuzz/fuzz_whole
fuzz_fuzz_pairing_SOURCES = fuzz/pairing.c fuzz/pairing_run.c $(FUZZ_STATEFUL) $(FUZZ_STANDIN) \
	fuzz/fuzz.h
fuzz_fuzz_pairing_CPPFLAGS = $(fuzz_stateful_flags)
fuzz_fuzz_pairing_LDADD = $(FUZZ_STATEFUL_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_pairing_LDFLAGS = $(fuzz_standin_wraps)
fuzz_fuzz_session_SOURCES = fuzz/session.c fuzz/session_run.c $(FUZZ_STATEFUL) $(FUZZ_STANDIN) \
	fuzz/fuzz.h
fuzz_fuzz_session_CPPFLAGS = $(fuzz_stateful_flags)
fuzz_fuzz_session_LDADD = $(FUZZ_STATEFUL_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_session_LDFLAGS = $(fuzz_standin_wraps)
fuzz_fuzz_whole_SOURCES = fuzz/whole.c fuzz/pairing_run.c fuzz/session_run.c $(FUZZ_STATEFUL) \
	fuzz/fuzz.h
fuzz_fuzz_whole_CPPFLAGS = $(fuzz_stateful_flags)
fuzz_fuzz_whole_LDADD = $(FUZZ_STATEFUL_LIBS) $(FUZZ_ENGINE)
endif

# The rules about trust passed on, over a store that changes; signatures are stand-ins.
FUZZ_ACCEPTANCE = fuzz/acceptance.c tests/lib/acceptance.c tests/lib/acceptance.h \
	tests/lib/acceptance_priv.h tests/lib/acceptance_say.c \
	tests/lib/fault_env.c tests/lib/fault_env.h tests/lib/mem_store.c tests/lib/mem_store.h \
	$(FUZZ_STANDIN)
check_PROGRAMS += fuzz/replay_acceptance
TESTS += fuzz/replay_acceptance
fuzz_replay_acceptance_SOURCES = $(FUZZ_ACCEPTANCE) $(FUZZ_REPLAY)
fuzz_replay_acceptance_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_MUTANTS=4
fuzz_replay_acceptance_LDADD = $(FUZZ_STATEFUL_LIBS)
fuzz_replay_acceptance_LDFLAGS = $(fuzz_standin_wraps)
if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_acceptance
fuzz_fuzz_acceptance_SOURCES = $(FUZZ_ACCEPTANCE) fuzz/fuzz.h
fuzz_fuzz_acceptance_CPPFLAGS = $(AM_CPPFLAGS)
fuzz_fuzz_acceptance_LDADD = $(FUZZ_STATEFUL_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_acceptance_LDFLAGS = $(fuzz_standin_wraps)
endif

check_LTLIBRARIES += tests/lib/libdisksim.la
tests_lib_libdisksim_la_SOURCES = tests/lib/disksim.c tests/lib/disksim.h tests/lib/disksim_cut.c \
	tests/lib/disksim_priv.h
FUZZ_STORE_LIBS = tests/lib/libdisksim.la keystore/libkeystore.la proto/codec/libcodec.la \
	proto/crypto/libcrypto.la proto/base/libbase.la
check_PROGRAMS += fuzz/replay_store
TESTS += fuzz/replay_store
fuzz_replay_store_SOURCES = fuzz/store.c $(FUZZ_REPLAY)
fuzz_replay_store_LDADD = $(FUZZ_STORE_LIBS)
if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_store
fuzz_fuzz_store_SOURCES = fuzz/store.c fuzz/fuzz.h
fuzz_fuzz_store_LDADD = $(FUZZ_STORE_LIBS) $(FUZZ_ENGINE)
endif

# The trec command: its words, what it reads from files, the control socket.
if HAVE_TOOLS
FUZZ_TOOLS_LIBS = tools/trec/libtool.la $(JANSSON_LIBS)
fuzz_tools_flags = $(AM_CPPFLAGS) -DHAVE_CONFIG_H -D_GNU_SOURCE $(JANSSON_CFLAGS) $(UV_CFLAGS)
FUZZ_ARGS = fuzz/args.c tools/trec/commands.c
FUZZ_CONFIG = fuzz/config.c tools/trec/place.c
FUZZ_SOCKET = fuzz/socket.c tools/trec/control.c
fuzz_socket_wraps = $(AM_LDFLAGS) $(W)trec_keystore_dirfd $(W)trec_keystore_control_path
check_PROGRAMS += fuzz/replay_control fuzz/replay_args fuzz/replay_config fuzz/replay_socket
TESTS += fuzz/replay_control fuzz/replay_args fuzz/replay_config fuzz/replay_socket
fuzz_replay_control_SOURCES = fuzz/control.c $(FUZZ_REPLAY)
fuzz_replay_control_CPPFLAGS = $(fuzz_tools_flags)
fuzz_replay_control_LDADD = $(FUZZ_TOOLS_LIBS)
fuzz_replay_args_SOURCES = $(FUZZ_ARGS) $(FUZZ_REPLAY)
fuzz_replay_args_CPPFLAGS = $(fuzz_tools_flags)
fuzz_replay_args_LDADD = $(FUZZ_TOOLS_LIBS)
fuzz_replay_config_SOURCES = $(FUZZ_CONFIG) $(FUZZ_REPLAY)
fuzz_replay_config_CPPFLAGS = $(fuzz_tools_flags)
fuzz_replay_config_LDADD = $(FUZZ_TOOLS_LIBS)
fuzz_replay_socket_SOURCES = $(FUZZ_SOCKET) $(FUZZ_REPLAY)
fuzz_replay_socket_CPPFLAGS = $(fuzz_tools_flags) -DFUZZ_MUTANTS=16
fuzz_replay_socket_LDADD = $(FUZZ_TOOLS_LIBS) $(UV_LIBS)
fuzz_replay_socket_LDFLAGS = $(fuzz_socket_wraps)
if ENABLE_FUZZ
noinst_PROGRAMS += fuzz/fuzz_control fuzz/fuzz_args fuzz/fuzz_config fuzz/fuzz_socket
fuzz_fuzz_control_SOURCES = fuzz/control.c fuzz/fuzz.h
fuzz_fuzz_control_CPPFLAGS = $(fuzz_tools_flags)
fuzz_fuzz_control_LDADD = $(FUZZ_TOOLS_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_args_SOURCES = $(FUZZ_ARGS) fuzz/fuzz.h
fuzz_fuzz_args_CPPFLAGS = $(fuzz_tools_flags)
fuzz_fuzz_args_LDADD = $(FUZZ_TOOLS_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_config_SOURCES = $(FUZZ_CONFIG) fuzz/fuzz.h
fuzz_fuzz_config_CPPFLAGS = $(fuzz_tools_flags)
fuzz_fuzz_config_LDADD = $(FUZZ_TOOLS_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_socket_SOURCES = $(FUZZ_SOCKET) fuzz/fuzz.h
fuzz_fuzz_socket_CPPFLAGS = $(fuzz_tools_flags)
fuzz_fuzz_socket_LDADD = $(FUZZ_TOOLS_LIBS) $(UV_LIBS) $(FUZZ_ENGINE)
fuzz_fuzz_socket_LDFLAGS = $(fuzz_socket_wraps)
endif
endif

# First inputs: fuzz/make_seeds fuzz/corpus.
if HAVE_CUNIT
check_PROGRAMS += fuzz/make_seeds
fuzz_make_seeds_SOURCES = fuzz/make_seeds.c fuzz/seeds.c fuzz/seeds.h fuzz/seeds_acceptance.c fuzz/seeds_plans.c \
	fuzz/seeds_sdp.c tests/lib/sweep.c tests/lib/sweep.h fuzz/seeds_texts.c fuzz/seeds_tls.c fuzz/seeds_trust.c fuzz/statement.h $(FUZZ_TLS_RIG) \
	$(wire_faults)
fuzz_make_seeds_CPPFLAGS = $(AM_CPPFLAGS) -DRIG_WITHOUT_CUNIT
fuzz_make_seeds_LDADD = tests/vectors/libsamples.la tests/lib/libcases.la proto/trust/libtrust.la \
	proto/tls/libtls.la proto/codec/libcodec.la proto/crypto/libcrypto.la proto/base/libbase.la
endif
