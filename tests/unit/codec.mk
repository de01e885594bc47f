# tests of codec
check_LTLIBRARIES += tests/vectors/libsamples.la
tests_vectors_libsamples_la_SOURCES = tests/vectors/samples.c tests/vectors/samples.h \
	tests/vectors/print.c

check_PROGRAMS += tests/vectors/make_messages
tests_vectors_make_messages_SOURCES = tests/vectors/make_messages.c fuzz/seeds.c fuzz/seeds.h
tests_vectors_make_messages_LDADD = tests/vectors/libsamples.la $(FUZZ_CODEC_LIBS)
EXTRA_DIST += tests/vectors/messages.txt

EXTRA_DIST += tests/interop/vectors.py tests/interop/schedule.py tests/vectors/schedule.txt \
	tests/interop/beacons.py tests/vectors/beacons.txt
dist_check_SCRIPTS += tests/interop/check-vectors
TESTS += tests/interop/check-vectors

CODEC_TESTS = tests/unit/test_cbor tests/unit/test_cbor_write tests/unit/test_frame tests/unit/test_message \
	tests/unit/test_text tests/unit/test_bundle tests/unit/test_code tests/unit/test_idtext tests/unit/test_record \
	tests/unit/test_vectors
CODEC_TEST_LIBS = tests/lib/libsuite.la tests/lib/libcases.la proto/codec/libcodec.la \
	proto/base/libbase.la
check_PROGRAMS += $(CODEC_TESTS)
TESTS += $(CODEC_TESTS)

tests_unit_test_cbor_SOURCES = tests/unit/test_cbor.c
tests_unit_test_cbor_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_cbor_LDADD = $(CODEC_TEST_LIBS)
tests_unit_test_cbor_write_SOURCES = tests/unit/test_cbor_write.c
tests_unit_test_cbor_write_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_cbor_write_LDADD = $(CODEC_TEST_LIBS)
tests_unit_test_frame_SOURCES = tests/unit/test_frame.c
tests_unit_test_frame_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_frame_LDADD = $(CODEC_TEST_LIBS)
tests_unit_test_message_SOURCES = tests/unit/test_message.c
tests_unit_test_message_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_message_LDADD = $(CODEC_TEST_LIBS)
tests_unit_test_text_SOURCES = tests/unit/test_text.c
tests_unit_test_text_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_text_LDADD = $(CODEC_TEST_LIBS)
tests_unit_test_bundle_SOURCES = tests/unit/test_bundle.c
tests_unit_test_bundle_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_bundle_LDADD = $(CODEC_TEST_LIBS)
tests_unit_test_code_SOURCES = tests/unit/test_code.c
tests_unit_test_code_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_code_LDADD = tests/vectors/libsamples.la $(CODEC_TEST_LIBS)
tests_unit_test_idtext_SOURCES = tests/unit/test_idtext.c
tests_unit_test_idtext_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_idtext_LDADD = $(CODEC_TEST_LIBS)
tests_unit_test_record_SOURCES = tests/unit/test_record.c
tests_unit_test_record_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_record_LDADD = $(CODEC_TEST_LIBS)
tests_unit_test_vectors_SOURCES = tests/unit/test_vectors.c
tests_unit_test_vectors_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS)
tests_unit_test_vectors_LDADD = tests/vectors/libsamples.la $(CODEC_TEST_LIBS)
