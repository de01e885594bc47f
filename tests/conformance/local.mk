# Which tests show which clause of the standard; docs/CONFORMANCE.md is made from their names.
EXTRA_DIST += tests/conformance/clauses tests/conformance/planned tests/conformance/report
dist_check_SCRIPTS += tests/conformance/check
TESTS += tests/conformance/check

.PHONY: conformance
conformance:
	$(AM_V_GEN)$(SHELL) $(srcdir)/tests/conformance/report page $(srcdir) >conformance.new && \
	mv conformance.new $(srcdir)/docs/CONFORMANCE.md
