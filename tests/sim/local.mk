# A world of devices from one seed; see README.md. sim_fast has stand-ins for cryptography,
# sim_real wolfSSL with its doors to the outside closed, sim_mutants planted faults.
sim_world = tests/sim/app.c tests/sim/beacon.c tests/sim/device.c tests/sim/disk.c tests/sim/end.c \
	tests/sim/facts.h tests/sim/fault.h tests/sim/inv_end.c tests/sim/inv_vouch.c \
	tests/sim/invariants.c tests/sim/list.c tests/sim/main.c tests/sim/schedule.c \
	tests/sim/sim.h tests/sim/truth.c tests/sim/user.c tests/sim/vouch.c \
	tests/sim/wire.c tests/sim/words.c tests/sim/world.c \
	tests/lib/disksim.c tests/lib/disksim.h tests/lib/disksim_priv.h \
	tests/lib/mem_store.c tests/lib/mem_store.h
sim_fakes = tests/sim/form_fast.c tests/sim/fake.h tests/sim/fake_channel.c \
	tests/sim/fake_channel.h tests/sim/fake_crypto.c tests/sim/fake_handshake.c \
	tests/lib/fast_aead.c
check_LTLIBRARIES += tests/sim/libsim.la
tests_sim_libsim_la_SOURCES = $(sim_world)
tests_sim_libsim_la_CPPFLAGS = $(AM_CPPFLAGS)
sim_product = tests/sim/libsim.la proto/engine/libengine.la proto/tls/libtls.la \
	proto/trust/libtrust.la proto/pake/libpake.la keystore/libkeystore.la \
	proto/codec/libcodec.la proto/crypto/libcrypto.la proto/base/libbase.la

check_PROGRAMS += tests/sim/sim_fast tests/sim/sim_mutants
tests_sim_sim_fast_SOURCES = $(sim_fakes) tests/sim/no_fault.c
tests_sim_sim_fast_LDADD = $(sim_product)
tests_sim_sim_mutants_SOURCES = $(sim_fakes) tests/sim/mutants.c
tests_sim_sim_mutants_LDADD = $(sim_product)
tests_sim_sim_mutants_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=eng_part -Wl,--wrap=eng_peer_public -Wl,--wrap=pake_prover_finish \
	-Wl,--wrap=pake_verifier_finish -Wl,--wrap=eng_pair_job_counters \
	-Wl,--wrap=eng_peer_forget -Wl,--wrap=eng_peer_load -Wl,--wrap=base_equal_ct \
	-Wl,--wrap=crypto_verify \
	-Wl,--wrap=eng_pair_job_unconfirmed -Wl,--wrap=eng_pair_job_activate \
	-Wl,--wrap=eng_counters_load -Wl,--wrap=eng_ladder_thaw -Wl,--wrap=eng_window_paired \
	-Wl,--wrap=eng_peer_any -Wl,--wrap=eng_tombstone_find -Wl,--wrap=eng_peer_in_force \
	-Wl,--wrap=trec_pairing_deadline_ms -Wl,--wrap=eng_peer_expired \
	-Wl,--wrap=eng_intro_take -Wl,--wrap=eng_intro_check -Wl,--wrap=eng_intro_activate \
	-Wl,--wrap=eng_introducer_load -Wl,--wrap=rec_seen_decode -Wl,--wrap=trust_verify \
	-Wl,--wrap=eng_rights_cut -Wl,--wrap=eng_job_allowed_done -Wl,--wrap=eng_notice_take \
	-Wl,--wrap=eng_succession_take -Wl,--wrap=trec_introduction_may \
	-Wl,--wrap=eng_recognition_end -Wl,--wrap=eng_recognition_end_with

# The linker finds the static library alone in this folder: only its calls can be wrapped. Used by
# tests/contract too.
entropy = tests/lib/entropy.c tests/lib/entropy.h
entropy_ldflags = -Ltests/sim/static -Wl,--wrap=open \
	-Wl,--wrap=open64 -Wl,--wrap=read -Wl,--wrap=__read_chk -Wl,--wrap=close \
	-Wl,--wrap=getrandom -Wl,--wrap=time -Wl,--wrap=gettimeofday
if HAVE_WOLFSSL_STATIC
check_PROGRAMS += tests/sim/sim_real
tests_sim_sim_real_SOURCES = tests/sim/form_real.c $(entropy) tests/sim/no_fault.c
tests_sim_sim_real_LDADD = $(sim_product) -lm
tests_sim_sim_real_LDFLAGS = $(AM_LDFLAGS) $(entropy_ldflags)
EXTRA_tests_sim_sim_real_DEPENDENCIES = tests/sim/static/libwolfssl.a
tests/sim/static/libwolfssl.a:
	$(AM_V_at)$(MKDIR_P) tests/sim/static && rm -f $@ && ln -s $(WOLFSSL_STATIC) $@
CLEANFILES += tests/sim/static/libwolfssl.a
endif

SIM_CHECKS = tests/sim/check-fast tests/sim/check-real tests/sim/check-mutants
dist_check_SCRIPTS += $(SIM_CHECKS)
TESTS += $(SIM_CHECKS)
EXTRA_DIST += tests/sim/README.md $(sim_world) $(sim_fakes) tests/sim/form_real.c \
	tests/sim/mutants.c tests/sim/no_fault.c tests/sim/sim.sh
