noinst_LTLIBRARIES += transports/libtransports.la
libtrec_la_LIBADD += transports/libtransports.la

transports_libtransports_la_SOURCES = \
	transports/discover.c \
	transports/discover.h \
	transports/link.c \
	transports/mem.c \
	transports/registry.c \
	transports/sock.c \
	transports/sock.h \
	transports/tcp.c \
	transports/tp.h \
	transports/unix.c \
	transports/uri.c

# What speaks to other programs over the system bus.
if HAVE_DBUS
transports_libtransports_la_SOURCES += transports/avahi.h transports/bus.c transports/bus.h \
	transports/discover_avahi.c transports/discover_publish.c
transports_libtransports_la_LIBADD = $(SYSTEMD_LIBS)
AM_CPPFLAGS += $(SYSTEMD_CFLAGS)
endif
