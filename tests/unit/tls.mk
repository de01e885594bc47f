# tests of tls
tls_test_ldadd = proto/tls/libtls.la proto/crypto/libcrypto.la proto/base/libbase.la \
	tests/lib/libsuite.la
tls_test_cppflags = $(AM_CPPFLAGS) $(CUNIT_CFLAGS) $(WOLFSSL_CFLAGS)
tls_rig = tests/unit/tls_rig.c tests/unit/tls_rig.h

check_PROGRAMS += tests/unit/test_channel
TESTS += tests/unit/test_channel
tests_unit_test_channel_SOURCES = tests/unit/test_channel.c $(tls_rig)
tests_unit_test_channel_CPPFLAGS = $(tls_test_cppflags)
tests_unit_test_channel_LDADD = $(tls_test_ldadd)

check_PROGRAMS += tests/unit/test_authenticator
TESTS += tests/unit/test_authenticator
tests_unit_test_authenticator_SOURCES = tests/unit/test_authenticator.c \
	tests/vectors/authenticator.h $(tls_rig)
tests_unit_test_authenticator_CPPFLAGS = $(tls_test_cppflags)
tests_unit_test_authenticator_LDADD = $(tls_test_ldadd)
EXTRA_DIST += tests/vectors/authenticator.py

check_PROGRAMS += tests/unit/test_channel_attack
TESTS += tests/unit/test_channel_attack
tests_unit_test_channel_attack_SOURCES = tests/unit/test_channel_attack.c tests/unit/tls_raw.c \
	tests/unit/tls_raw.h $(tls_rig)
tests_unit_test_channel_attack_CPPFLAGS = $(tls_test_cppflags)
tests_unit_test_channel_attack_LDADD = $(tls_test_ldadd) $(WOLFSSL_LIBS)

check_PROGRAMS += tests/unit/test_channel_damage
TESTS += tests/unit/test_channel_damage
tests_unit_test_channel_damage_SOURCES = tests/unit/test_channel_damage.c $(tls_rig)
tests_unit_test_channel_damage_CPPFLAGS = $(tls_test_cppflags)
tests_unit_test_channel_damage_LDADD = $(tls_test_ldadd)

check_PROGRAMS += tests/unit/test_session_attack
TESTS += tests/unit/test_session_attack
tests_unit_test_session_attack_SOURCES = tests/unit/test_session_attack.c tests/unit/tls_raw.c \
	tests/unit/tls_raw.h $(tls_rig)
tests_unit_test_session_attack_CPPFLAGS = $(tls_test_cppflags)
tests_unit_test_session_attack_LDADD = $(tls_test_ldadd) $(WOLFSSL_LIBS)

check_PROGRAMS += tests/unit/test_gate
TESTS += tests/unit/test_gate
tests_unit_test_gate_SOURCES = tests/unit/test_gate.c $(tls_rig)
tests_unit_test_gate_CPPFLAGS = $(tls_test_cppflags)
tests_unit_test_gate_LDADD = $(tls_test_ldadd)

check_PROGRAMS += tests/unit/test_channel_secrets
TESTS += tests/unit/test_channel_secrets
tests_unit_test_channel_secrets_SOURCES = tests/unit/test_channel_secrets.c $(tls_rig)
tests_unit_test_channel_secrets_CPPFLAGS = $(tls_test_cppflags)
tests_unit_test_channel_secrets_LDADD = $(tls_test_ldadd)

check_PROGRAMS += tests/unit/test_channel_psk
TESTS += tests/unit/test_channel_psk
tests_unit_test_channel_psk_SOURCES = tests/unit/test_channel_psk.c tests/unit/tls_raw.c \
	tests/unit/tls_raw.h $(tls_rig)
tests_unit_test_channel_psk_CPPFLAGS = $(tls_test_cppflags)
tests_unit_test_channel_psk_LDADD = $(tls_test_ldadd) $(WOLFSSL_LIBS)
