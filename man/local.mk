# Section 3 comes from the public headers (man/mkman); section 1 is written by hand.
EXTRA_DIST += man/mkman man/trec.1

if HAVE_TOOLS
man1_MANS = man/trec.1
endif

all-local: man/man3.stamp
man/man3.stamp: $(trecinclude_HEADERS) man/mkman
	$(AM_V_GEN)rm -rf man/man3 && $(MKDIR_P) man/man3 && \
	$(top_srcdir)/man/mkman man/man3 `for h in $(trecinclude_HEADERS); do echo $(top_srcdir)/$$h; done` && touch $@

install-data-hook:
	$(MKDIR_P) $(DESTDIR)$(mandir)/man3
	$(INSTALL_DATA) man/man3/*.3 $(DESTDIR)$(mandir)/man3

uninstall-hook:
	cd $(DESTDIR)$(mandir)/man3 && rm -f trec_*.3

clean-local:
	rm -rf man/man3 man/man3.stamp

dist_check_SCRIPTS += tests/check-man
TESTS += tests/check-man
