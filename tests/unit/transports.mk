# tests of transports
transports_programs = tests/unit/test_discover tests/unit/test_sdp tests/unit/test_uri tests/unit/test_tcp \
	tests/unit/test_unix tests/unit/test_mem tests/unit/test_script
check_PROGRAMS += $(transports_programs)
TESTS += $(transports_programs)
transports_libs = tests/lib/libsuite.la transports/libtransports.la proto/base/libbase.la

tests_unit_test_discover_SOURCES = tests/unit/test_discover.c
tests_unit_test_discover_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_discover_LDADD = $(transports_libs)

tests_unit_test_uri_SOURCES = tests/unit/test_uri.c
tests_unit_test_uri_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_uri_LDADD = $(transports_libs)

tests_unit_test_tcp_SOURCES = tests/unit/test_tcp.c
tests_unit_test_tcp_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_tcp_LDFLAGS = -Wl,--wrap=socket -Wl,--wrap=getaddrinfo -Wl,--wrap=freeaddrinfo
tests_unit_test_tcp_LDADD = $(transports_libs)

tests_unit_test_unix_SOURCES = tests/unit/test_unix.c
tests_unit_test_unix_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_unix_LDADD = $(transports_libs)

tests_unit_test_script_SOURCES = tests/unit/test_script.c
tests_unit_test_script_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_script_LDADD = tests/lib/libscript.la $(transports_libs)

tests_unit_test_mem_SOURCES = tests/unit/test_mem.c
tests_unit_test_mem_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_mem_LDADD = $(transports_libs)

# With doubles of the services on the system bus.
if HAVE_DBUS
bus_programs = tests/unit/test_bluez tests/unit/test_bluez_record tests/unit/test_bus \
	tests/unit/test_discover_avahi tests/unit/test_discover_publish
check_PROGRAMS += $(bus_programs)
TESTS += $(bus_programs)

tests_unit_test_bluez_SOURCES = tests/unit/test_bluez.c tests/unit/bluez_double.c \
	tests/unit/bluez_double.h tests/lib/bus_rig.c tests/lib/bus_rig.h
tests_unit_test_bluez_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_bluez_LDADD = $(transports_libs) $(SYSTEMD_LIBS)

tests_unit_test_bluez_record_SOURCES = tests/unit/test_bluez_record.c
tests_unit_test_bluez_record_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_bluez_record_LDADD = $(transports_libs) $(SYSTEMD_LIBS)

tests_unit_test_bus_SOURCES = tests/unit/test_bus.c tests/lib/bus_rig.c tests/lib/bus_rig.h
tests_unit_test_bus_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_bus_LDADD = $(transports_libs) $(SYSTEMD_LIBS)

tests_unit_test_discover_avahi_SOURCES = tests/unit/test_discover_avahi.c tests/unit/avahi_double.c \
	tests/unit/avahi_double.h tests/lib/bus_rig.c tests/lib/bus_rig.h
tests_unit_test_discover_avahi_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_discover_avahi_LDADD = $(transports_libs) $(SYSTEMD_LIBS)

tests_unit_test_discover_publish_SOURCES = tests/unit/test_discover_publish.c \
	tests/unit/avahi_double.c tests/unit/avahi_double.h tests/lib/bus_rig.c tests/lib/bus_rig.h
tests_unit_test_discover_publish_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_discover_publish_LDFLAGS = -Wl,--wrap=getifaddrs -Wl,--wrap=freeifaddrs \
	-Wl,--wrap=if_nametoindex
tests_unit_test_discover_publish_LDADD = $(transports_libs) $(SYSTEMD_LIBS)
endif

tests_unit_test_sdp_SOURCES = tests/unit/test_sdp.c
tests_unit_test_sdp_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_sdp_LDADD = $(transports_libs)

# What asks the kernel about Bluetooth.
if HAVE_BLUETOOTH
check_PROGRAMS += tests/unit/test_find tests/unit/test_rfcomm
TESTS += tests/unit/test_find tests/unit/test_rfcomm
tests_unit_test_find_SOURCES = tests/unit/test_find.c
tests_unit_test_find_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_find_LDFLAGS = -Wl,--wrap=socket -Wl,--wrap=bind -Wl,--wrap=connect
tests_unit_test_find_LDADD = $(transports_libs)
tests_unit_test_rfcomm_SOURCES = tests/unit/test_rfcomm.c
tests_unit_test_rfcomm_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_rfcomm_LDFLAGS = -Wl,--wrap=socket -Wl,--wrap=ioctl
tests_unit_test_rfcomm_LDADD = $(transports_libs)
endif
