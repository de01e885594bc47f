# What a system needs around the command; the package lists of ./dev are here too.
if HAVE_TOOLS
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = packaging/bash-completion/trec
endif

# The unit and the user it runs as. It is made outside packaging/, which the tarball holds as it is.
dist_check_SCRIPTS += tests/check-unit
if HAVE_SYSTEMD
systemdsystemunit_DATA = trec.service
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = packaging/sysusers.d/trec.conf
CLEANFILES += trec.service
trec.service: packaging/systemd/trec.service.in Makefile
	$(AM_V_GEN)sed 's,[@]bindir@,$(bindir),g' $(srcdir)/packaging/systemd/trec.service.in >$@.tmp && \
	mv $@.tmp $@
TESTS += tests/check-unit
endif
