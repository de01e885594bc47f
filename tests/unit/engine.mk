# tests of engine
engine_cppflags = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
engine_below = tests/lib/libsuite.la proto/engine/libengine.la proto/tls/libtls.la \
	proto/trust/libtrust.la proto/pake/libpake.la proto/codec/libcodec.la \
	proto/crypto/libcrypto.la proto/base/libbase.la
engine_rig = tests/lib/engine_rig.c tests/lib/engine_rig.h tests/lib/mem_store.c \
	tests/lib/mem_store.h

check_PROGRAMS += tests/unit/test_pairing
TESTS += tests/unit/test_pairing
tests_unit_test_pairing_SOURCES = tests/unit/test_pairing.c $(engine_rig)
tests_unit_test_pairing_CPPFLAGS = $(engine_cppflags)
tests_unit_test_pairing_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_pairing_symmetric
TESTS += tests/unit/test_pairing_symmetric
tests_unit_test_pairing_symmetric_SOURCES = tests/unit/test_pairing_symmetric.c $(engine_rig)
tests_unit_test_pairing_symmetric_CPPFLAGS = $(engine_cppflags)
tests_unit_test_pairing_symmetric_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_pairing_crash
TESTS += tests/unit/test_pairing_crash
tests_unit_test_pairing_crash_SOURCES = tests/unit/test_pairing_crash.c $(engine_rig)
tests_unit_test_pairing_crash_CPPFLAGS = $(engine_cppflags)
tests_unit_test_pairing_crash_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_guessing
TESTS += tests/unit/test_guessing
tests_unit_test_guessing_SOURCES = tests/unit/test_guessing.c $(engine_rig)
tests_unit_test_guessing_CPPFLAGS = $(engine_cppflags)
tests_unit_test_guessing_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_pairing_attack
TESTS += tests/unit/test_pairing_attack
tests_unit_test_pairing_attack_SOURCES = tests/unit/test_pairing_attack.c $(engine_rig)
tests_unit_test_pairing_attack_CPPFLAGS = $(engine_cppflags)
tests_unit_test_pairing_attack_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_pairing_first_flight
TESTS += tests/unit/test_pairing_first_flight
tests_unit_test_pairing_first_flight_SOURCES = tests/unit/test_pairing_first_flight.c $(engine_rig)
tests_unit_test_pairing_first_flight_CPPFLAGS = $(engine_cppflags)
tests_unit_test_pairing_first_flight_LDADD = $(engine_below)

session_rig = tests/unit/session_rig.c tests/unit/session_rig.h $(engine_rig)

check_PROGRAMS += tests/unit/test_session
TESTS += tests/unit/test_session
tests_unit_test_session_SOURCES = tests/unit/test_session.c $(session_rig)
tests_unit_test_session_CPPFLAGS = $(engine_cppflags)
tests_unit_test_session_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_session_strangers
TESTS += tests/unit/test_session_strangers
tests_unit_test_session_strangers_SOURCES = tests/unit/test_session_strangers.c $(session_rig)
tests_unit_test_session_strangers_CPPFLAGS = $(engine_cppflags)
tests_unit_test_session_strangers_LDADD = $(engine_below)

session_trio = tests/unit/session_trio.c tests/unit/session_trio.h $(session_rig)

check_PROGRAMS += tests/unit/test_session_introduce
TESTS += tests/unit/test_session_introduce
tests_unit_test_session_introduce_SOURCES = tests/unit/test_session_introduce.c $(session_trio)
tests_unit_test_session_introduce_CPPFLAGS = $(engine_cppflags)
tests_unit_test_session_introduce_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_session_carried
TESTS += tests/unit/test_session_carried
tests_unit_test_session_carried_SOURCES = tests/unit/test_session_carried.c $(session_trio)
tests_unit_test_session_carried_CPPFLAGS = $(engine_cppflags)
tests_unit_test_session_carried_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_session_notice
TESTS += tests/unit/test_session_notice
tests_unit_test_session_notice_SOURCES = tests/unit/test_session_notice.c $(session_trio)
tests_unit_test_session_notice_CPPFLAGS = $(engine_cppflags)
tests_unit_test_session_notice_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_session_middle
TESTS += tests/unit/test_session_middle
tests_unit_test_session_middle_SOURCES = tests/unit/test_session_middle.c $(session_trio)
tests_unit_test_session_middle_CPPFLAGS = $(engine_cppflags)
tests_unit_test_session_middle_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_session_symmetric
TESTS += tests/unit/test_session_symmetric
tests_unit_test_session_symmetric_SOURCES = tests/unit/test_session_symmetric.c \
	tests/unit/symmetric_rig.c tests/unit/symmetric_rig.h $(session_rig)
tests_unit_test_session_symmetric_CPPFLAGS = $(engine_cppflags)
tests_unit_test_session_symmetric_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_symmetric_memory
TESTS += tests/unit/test_symmetric_memory
tests_unit_test_symmetric_memory_SOURCES = tests/unit/test_symmetric_memory.c \
	tests/unit/symmetric_rig.c tests/unit/symmetric_rig.h tests/lib/scan.c tests/lib/scan.h \
	$(session_rig)
tests_unit_test_symmetric_memory_CPPFLAGS = $(engine_cppflags)
tests_unit_test_symmetric_memory_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_rekey
TESTS += tests/unit/test_rekey
tests_unit_test_rekey_SOURCES = tests/unit/test_rekey.c tests/unit/symmetric_rig.c \
	tests/unit/symmetric_rig.h $(session_rig)
tests_unit_test_rekey_CPPFLAGS = $(engine_cppflags)
tests_unit_test_rekey_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_fsm
TESTS += tests/unit/test_fsm
tests_unit_test_fsm_SOURCES = tests/unit/test_fsm.c
tests_unit_test_fsm_CPPFLAGS = $(engine_cppflags)
tests_unit_test_fsm_LDADD = $(engine_below)
EXTRA_DIST += tests/vectors/fsm_pairing.txt tests/vectors/fsm_session.txt
dist_check_SCRIPTS += tests/check-states
TESTS += tests/check-states

check_PROGRAMS += tests/unit/test_window
TESTS += tests/unit/test_window
tests_unit_test_window_SOURCES = tests/unit/test_window.c $(engine_rig)
tests_unit_test_window_CPPFLAGS = $(engine_cppflags)
tests_unit_test_window_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_peer
TESTS += tests/unit/test_peer
tests_unit_test_peer_SOURCES = tests/unit/test_peer.c $(engine_rig)
tests_unit_test_peer_CPPFLAGS = $(engine_cppflags)
tests_unit_test_peer_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_pairing_memory
TESTS += tests/unit/test_pairing_memory
tests_unit_test_pairing_memory_SOURCES = tests/unit/test_pairing_memory.c tests/lib/scan.c \
	tests/lib/scan.h $(engine_rig)
tests_unit_test_pairing_memory_CPPFLAGS = $(engine_cppflags)
tests_unit_test_pairing_memory_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_rotate
TESTS += tests/unit/test_rotate
tests_unit_test_rotate_SOURCES = tests/unit/test_rotate.c $(engine_rig)
tests_unit_test_rotate_CPPFLAGS = $(engine_cppflags)
tests_unit_test_rotate_LDADD = $(engine_below)

intro_rig = tests/unit/intro_rig.c tests/unit/intro_rig.h tests/unit/trust_rig.c \
	tests/unit/trust_rig.h tests/lib/mem_store.c tests/lib/mem_store.h
check_PROGRAMS += tests/unit/test_introduction
TESTS += tests/unit/test_introduction
tests_unit_test_introduction_SOURCES = tests/unit/test_introduction.c $(intro_rig)
tests_unit_test_introduction_CPPFLAGS = $(engine_cppflags)
tests_unit_test_introduction_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_introduced
TESTS += tests/unit/test_introduced
tests_unit_test_introduced_SOURCES = tests/unit/test_introduced.c $(intro_rig)
tests_unit_test_introduced_CPPFLAGS = $(engine_cppflags)
tests_unit_test_introduced_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_introduction_bounds
TESTS += tests/unit/test_introduction_bounds
tests_unit_test_introduction_bounds_SOURCES = tests/unit/test_introduction_bounds.c $(intro_rig)
tests_unit_test_introduction_bounds_CPPFLAGS = $(engine_cppflags)
tests_unit_test_introduction_bounds_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_succession
TESTS += tests/unit/test_succession
tests_unit_test_succession_SOURCES = tests/unit/test_succession.c $(intro_rig)
tests_unit_test_succession_CPPFLAGS = $(engine_cppflags)
tests_unit_test_succession_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_notice
TESTS += tests/unit/test_notice
tests_unit_test_notice_SOURCES = tests/unit/test_notice.c $(intro_rig)
tests_unit_test_notice_CPPFLAGS = $(engine_cppflags)
tests_unit_test_notice_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_parting
TESTS += tests/unit/test_parting
tests_unit_test_parting_SOURCES = tests/unit/test_parting.c $(intro_rig)
tests_unit_test_parting_CPPFLAGS = $(engine_cppflags)
tests_unit_test_parting_LDADD = $(engine_below)

acceptance = tests/lib/acceptance.c tests/lib/acceptance.h \
	tests/lib/acceptance_priv.h tests/lib/acceptance_say.c tests/lib/mem_store.c \
	tests/lib/mem_store.h
check_PROGRAMS += tests/unit/test_acceptance
TESTS += tests/unit/test_acceptance
tests_unit_test_acceptance_SOURCES = tests/unit/test_acceptance.c $(acceptance)
tests_unit_test_acceptance_CPPFLAGS = $(engine_cppflags)
tests_unit_test_acceptance_LDADD = $(engine_below)

recognise_rig = tests/unit/recognise_rig.c tests/unit/recognise_rig.h $(session_trio)

check_PROGRAMS += tests/unit/test_recognise
TESTS += tests/unit/test_recognise
tests_unit_test_recognise_SOURCES = tests/unit/test_recognise.c tests/unit/symmetric_rig.c \
	tests/unit/symmetric_rig.h $(recognise_rig)
tests_unit_test_recognise_CPPFLAGS = $(engine_cppflags)
tests_unit_test_recognise_LDADD = $(engine_below)

check_PROGRAMS += tests/unit/test_recognise_end
TESTS += tests/unit/test_recognise_end
tests_unit_test_recognise_end_SOURCES = tests/unit/test_recognise_end.c $(recognise_rig)
tests_unit_test_recognise_end_CPPFLAGS = $(engine_cppflags)
tests_unit_test_recognise_end_LDADD = $(engine_below)
