noinst_LTLIBRARIES += proto/codec/libcodec.la
libtrec_la_LIBADD += proto/codec/libcodec.la

proto_codec_libcodec_la_SOURCES = \
	proto/codec/cbor.h proto/codec/cbor_read.c proto/codec/cbor_write.c proto/codec/utf8.c \
	proto/codec/bundle.h proto/codec/bundle.c \
	proto/codec/code.h proto/codec/code.c \
	proto/codec/frame.h proto/codec/frame.c \
	proto/codec/idtext.h proto/codec/idtext.c \
	proto/codec/message.h proto/codec/message_pre.c proto/codec/message_chan.c \
	proto/codec/message_trust.c \
	proto/codec/message_util.h proto/codec/message_util.c \
	proto/codec/record.h proto/codec/record.c proto/codec/record_peer.c \
	proto/codec/record_trust.c proto/codec/record_util.h \
	proto/codec/text.h proto/codec/text.c
