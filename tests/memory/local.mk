# Searches of live processes and cores for their secrets; tests/scenario/memory.sh drives them.
check_PROGRAMS += tests/memory/observer tests/memory/memscan tests/memory/launch
tests_memory_observer_SOURCES = tests/memory/observer.c
tests_memory_observer_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pake_stretch \
	-Wl,--wrap=crypto_hkdf_extract -Wl,--wrap=crypto_hkdf_expand
tests_memory_observer_LDADD = link/liblink.la transports/libtransports.la keystore/libkeystore.la \
	proto/engine/libengine.la proto/tls/libtls.la proto/trust/libtrust.la proto/pake/libpake.la \
	proto/codec/libcodec.la proto/crypto/libcrypto.la proto/base/libbase.la
tests_memory_memscan_SOURCES = tests/memory/memscan.c tests/memory/forms.c tests/memory/forms.h
tests_memory_memscan_LDADD = proto/crypto/libcrypto.la proto/base/libbase.la
tests_memory_launch_SOURCES = tests/memory/launch.c
