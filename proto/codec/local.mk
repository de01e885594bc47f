noinst_LTLIBRARIES += proto/codec/libcodec.la
libtrec_la_LIBADD += proto/codec/libcodec.la

proto_codec_libcodec_la_SOURCES = proto/codec/cbor.h proto/codec/code.h proto/codec/frame.h \
	proto/codec/idtext.h proto/codec/message.h proto/codec/record.h proto/codec/text.h
