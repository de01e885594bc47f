noinst_LTLIBRARIES += proto/engine/libengine.la
libtrec_la_LIBADD += proto/engine/libengine.la

proto_engine_libengine_la_SOURCES = 
