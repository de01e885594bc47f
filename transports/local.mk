noinst_LTLIBRARIES += transports/libtransports.la
libtrec_la_LIBADD += transports/libtransports.la

transports_libtransports_la_SOURCES = \
	transports/discover.c \
	transports/discover.h \
	transports/link.c \
	transports/mem.c \
	transports/registry.c \
	transports/sdp.c \
	transports/sdp.h \
	transports/sock.c \
	transports/sock.h \
	transports/sock_accept.c \
	transports/tcp.c \
	transports/tp.h \
	transports/unix.c \
	transports/uri.c \
	transports/uri_rfcomm.c

# What speaks RFCOMM to the kernel.
if HAVE_BLUETOOTH
transports_libtransports_la_SOURCES += transports/adapter.c transports/adapter.h \
	transports/find.c transports/find.h transports/rfcomm.c transports/rfcomm.h \
	transports/rfcomm_listen.c transports/rfcomm_seek.c
endif

# What speaks to other programs over the system bus. Without it bluetoothd is absent for good.
transports_libtransports_la_SOURCES += transports/bluez.h transports/bluez_priv.h \
	transports/bluez_record.c
if HAVE_DBUS
transports_libtransports_la_SOURCES += transports/avahi.h transports/bluez.c \
	transports/bus.c transports/bus.h transports/discover_avahi.c transports/discover_publish.c
transports_libtransports_la_LIBADD = $(SYSTEMD_LIBS)
AM_CPPFLAGS += $(SYSTEMD_CFLAGS)
else
transports_libtransports_la_SOURCES += transports/bluez_none.c
endif
if HAVE_BLUETOOTH
if HAVE_DBUS
transports_libtransports_la_SOURCES += transports/discover_ask.c transports/discover_bluez.c \
	transports/discover_bluez.h transports/discover_near.c transports/discover_near.h \
	transports/discover_record.c
endif
transports_libtransports_la_SOURCES += transports/bluez_link.c
endif
