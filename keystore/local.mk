noinst_LTLIBRARIES += keystore/libkeystore.la
libtrec_la_LIBADD += keystore/libkeystore.la

keystore_libkeystore_la_SOURCES = 
