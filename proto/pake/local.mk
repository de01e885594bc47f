noinst_LTLIBRARIES += proto/pake/libpake.la
libtrec_la_LIBADD += proto/pake/libpake.la

proto_pake_libpake_la_SOURCES = proto/pake/pake.h proto/pake/transcript.h proto/pake/prover.c \
	proto/pake/schedule.c proto/pake/selftest.c proto/pake/symmetric.c proto/pake/symmetric.h \
	proto/pake/transcript.c proto/pake/verifier.c
