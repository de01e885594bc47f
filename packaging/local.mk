# What a system needs around the command; the package lists of ./dev are here too.
if HAVE_TOOLS
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = packaging/bash-completion/trec
endif
