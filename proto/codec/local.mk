noinst_LTLIBRARIES += proto/codec/libcodec.la
libtrec_la_LIBADD += proto/codec/libcodec.la

proto_codec_libcodec_la_SOURCES = 
