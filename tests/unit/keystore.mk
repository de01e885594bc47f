# Stand-ins for what the keystore is or stands on.
check_LTLIBRARIES += tests/lib/libmemstore.la tests/lib/libsimstore.la
tests_lib_libmemstore_la_SOURCES = tests/lib/mem_store.c tests/lib/mem_store.h
tests_lib_libsimstore_la_SOURCES = tests/lib/sim_store.c tests/lib/sim_store.h \
	tests/lib/store_dir.c tests/lib/store_dir.h tests/lib/disk_rig.c tests/lib/disk_rig.h \
	tests/lib/killed_store.c tests/lib/killed_store.h \
	tests/lib/strace_rig.c tests/lib/strace_rig.h

keystore_test_libs = tests/lib/libsimstore.la tests/lib/libdisksim.la tests/lib/libsuite.la keystore/libkeystore.la \
	proto/codec/libcodec.la proto/crypto/libcrypto.la proto/base/libbase.la

# The power cut test asks about the order of writes: many states with a stand-in for the cipher,
# and the same with the real one on fewer.
check_PROGRAMS += tests/unit/test_keystore_power tests/unit/test_keystore_power_sealed
TESTS += tests/unit/test_keystore_power tests/unit/test_keystore_power_sealed
tests_unit_test_keystore_power_SOURCES = tests/unit/test_keystore_power.c tests/lib/fast_aead.c
tests_unit_test_keystore_power_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS) -DPOWER_STAND_IN
tests_unit_test_keystore_power_LDADD = $(keystore_test_libs)
tests_unit_test_keystore_power_sealed_SOURCES = tests/unit/test_keystore_power.c
tests_unit_test_keystore_power_sealed_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS) -DSTATES=15000
tests_unit_test_keystore_power_sealed_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/unit/test_keystore
TESTS += tests/unit/test_keystore
tests_unit_test_keystore_SOURCES = tests/unit/test_keystore.c
tests_unit_test_keystore_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_keystore_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/unit/test_keystore_volume
TESTS += tests/unit/test_keystore_volume
tests_unit_test_keystore_volume_SOURCES = tests/unit/test_keystore_volume.c
tests_unit_test_keystore_volume_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_keystore_volume_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/unit/test_keystore_faults
TESTS += tests/unit/test_keystore_faults
tests_unit_test_keystore_faults_SOURCES = tests/unit/test_keystore_faults.c
tests_unit_test_keystore_faults_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_keystore_faults_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/unit/test_keystore_access
TESTS += tests/unit/test_keystore_access
tests_unit_test_keystore_access_SOURCES = tests/unit/test_keystore_access.c
tests_unit_test_keystore_access_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_keystore_access_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/unit/test_keystore_delete
TESTS += tests/unit/test_keystore_delete
tests_unit_test_keystore_delete_SOURCES = tests/unit/test_keystore_delete.c
tests_unit_test_keystore_delete_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_keystore_delete_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/vectors/make_store_seeds
tests_vectors_make_store_seeds_SOURCES = tests/vectors/make_store_seeds.c
tests_vectors_make_store_seeds_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/unit/test_disksim
TESTS += tests/unit/test_disksim
tests_unit_test_disksim_SOURCES = tests/unit/test_disksim.c
tests_unit_test_disksim_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_disksim_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/unit/test_keystore_kill
TESTS += tests/unit/test_keystore_kill
tests_unit_test_keystore_kill_SOURCES = tests/unit/test_keystore_kill.c
tests_unit_test_keystore_kill_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_keystore_kill_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/unit/test_keystore_tamper
TESTS += tests/unit/test_keystore_tamper
tests_unit_test_keystore_tamper_SOURCES = tests/unit/test_keystore_tamper.c
tests_unit_test_keystore_tamper_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_keystore_tamper_LDADD = $(keystore_test_libs)

check_PROGRAMS += tests/unit/test_keystore_renew
TESTS += tests/unit/test_keystore_renew
tests_unit_test_keystore_renew_SOURCES = tests/unit/test_keystore_renew.c tests/lib/scan.c \
	tests/lib/scan.h
tests_unit_test_keystore_renew_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_keystore_renew_LDADD = $(keystore_test_libs)
