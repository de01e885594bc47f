# A guest with a kernel that has Bluetooth; run by the stage `bluetooth` of ./dev, not by make check.
EXTRA_DIST += tests/testbed/vm/README.md tests/testbed/vm/adapter.c tests/testbed/vm/bt \
	tests/testbed/vm/check tests/testbed/vm/controllers.c tests/testbed/vm/controllers.h \
	tests/testbed/vm/controllers_hci.c tests/testbed/vm/echo.c tests/testbed/vm/guest tests/testbed/vm/init \
	tests/testbed/vm/prepare tests/testbed/vm/record.c \
	tests/testbed/vm/rows tests/testbed/vm/run tests/testbed/vm/smoke tests/testbed/vm/suite

# Beside the real bluetoothd; tests/testbed/check-bluetoothd runs it in the guest.
EXTRA_DIST += tests/testbed/bluetoothd.c tests/testbed/check-bluetoothd
if HAVE_CUNIT
if HAVE_BLUETOOTH
if HAVE_DBUS
check_PROGRAMS += tests/testbed/bluetoothd
tests_testbed_bluetoothd_SOURCES = tests/testbed/bluetoothd.c
tests_testbed_bluetoothd_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_testbed_bluetoothd_LDADD = $(transports_libs)
endif
endif
endif
