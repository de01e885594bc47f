# The trec command. Its pure parts are a library of their own, so that tests and fuzzers link them.
TREC_PURE = tools/trec/args.c tools/trec/args.h tools/trec/failure.c tools/trec/failure.h \
	tools/trec/refusal.c tools/trec/refusal.h \
	tools/trec/request.c tools/trec/request.h tools/trec/secret.c tools/trec/secret.h \
	tools/trec/syntax.c tools/trec/syntax.h tools/trec/out.c tools/trec/out.h \
	tools/trec/render.c tools/trec/render.h tools/trec/qr.c tools/trec/qr.h \
	tools/trec/qr_read.c

if HAVE_TOOLS
noinst_LTLIBRARIES += tools/trec/libtool.la
tools_trec_libtool_la_SOURCES = $(TREC_PURE)
tools_trec_libtool_la_CPPFLAGS = $(AM_CPPFLAGS) -DHAVE_CONFIG_H -D_GNU_SOURCE $(JANSSON_CFLAGS) \
	$(QRENCODE_CFLAGS) $(PNG_CFLAGS) $(ZBAR_CFLAGS)
tools_trec_libtool_la_LIBADD = libtrec.la $(JANSSON_LIBS) $(QRENCODE_LIBS) $(PNG_LIBS) $(ZBAR_LIBS)

bin_PROGRAMS += tools/trec/trec
tools_trec_trec_SOURCES = tools/trec/main.c tools/trec/cli.h tools/trec/commands.c \
	tools/trec/cmd_help.c tools/trec/cmd_introduce.c tools/trec/cmd_list.c tools/trec/cmd_pair.c \
	tools/trec/cmd_part.c tools/trec/cmd_session.c tools/trec/cmd_store.c tools/trec/client.c \
	tools/trec/client_here.c tools/trec/prompt.c tools/trec/place.c tools/trec/place.h \
	tools/trec/ops.c tools/trec/ops.h tools/trec/op_daemon.c tools/trec/op_introduce.c \
	tools/trec/op_list.c tools/trec/op_part.c tools/trec/op_run.c tools/trec/op_scan.c \
	tools/trec/op_window.c tools/trec/cmd_scan.c tools/trec/scanning.c tools/trec/scanning.h \
	tools/trec/watch.c tools/trec/watch.h tools/trec/device_advert.c \
	tools/trec/daemon.c tools/trec/daemon.h \
	tools/trec/control.c tools/trec/notify.c tools/trec/device.c tools/trec/device.h \
	tools/trec/device_priv.h tools/trec/device_consent.c tools/trec/device_dial.c \
	tools/trec/device_introduce.c tools/trec/device_job.c tools/trec/device_trust.c \
	tools/trec/device_part.c tools/trec/device_relay.c tools/trec/dial.h \
	tools/trec/device_run.c tools/trec/device_serve.c tools/trec/device_service.c \
	tools/trec/device_rotate.c tools/trec/device_spread.c tools/trec/device_window.c
tools_trec_trec_CPPFLAGS = $(AM_CPPFLAGS) -DHAVE_CONFIG_H -D_GNU_SOURCE $(JANSSON_CFLAGS) $(UV_CFLAGS)
tools_trec_trec_LDADD = tools/trec/libtool.la libtrec.la $(UV_LIBS) $(JANSSON_LIBS) -lm
endif
