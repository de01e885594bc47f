noinst_LTLIBRARIES += transports/libtransports.la
libtrec_la_LIBADD += transports/libtransports.la

transports_libtransports_la_SOURCES = 
