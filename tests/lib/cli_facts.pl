#!/usr/bin/env perl
# What a source says about the command line, as sorted lines that diff can compare:
#
#   cli_facts.pl help FILE      `trec help --json`
#   cli_facts.pl page FILE      docs/CLI.md
#   cli_facts.pl man FILE       man/trec.1 as mandoc writes it, in lines too long to break
#   cli_facts.pl exits FILE     the table of exit statuses in docs/CLI.md, or the section of the page
#   cli_facts.pl errors FILE    the list of errors in trec/error.h
#   cli_facts.pl words FILE     `trec help --json` as a shell completes it: words, not synopses
use strict;
use warnings;
use JSON::PP ();

my @facts;
my %class_exit = (NONE => 0, RUNTIME => 1, USAGE => 2, TRUST => 3, WAIT => 4, STORE => 5, NETWORK => 6);

sub squeeze { return join ' ', split ' ', shift }
sub command { push @facts, "command $_[0]" }
sub synopsis { push @facts, squeeze("synopsis trec $_[0] $_[1]") }
sub option { push @facts, squeeze("option $_[0] $_[1]") }

sub slurp {
	open my $fh, '<', $_[0] or die "cli_facts: $_[0]: $!\n";
	local $/;
	return scalar <$fh>;
}

sub from_help {
	for my $line (split /\n/, slurp($_[0])) {
		my $o = JSON::PP::decode_json($line);
		my $name = $o->{command} // 'every';
		option($name, "$_->{name} " . ($_->{value} // '')) for @{ $o->{options} };
		next unless exists $o->{command};
		command($name);
		synopsis($name, $o->{synopsis});
	}
}

# "a|b" can be offered word by word, "png:FILE" up to the file's name; any other value is the user's.
sub from_words {
	for my $line (split /\n/, slurp($_[0])) {
		my $o = JSON::PP::decode_json($line);
		my $name = $o->{command} // 'every';
		command($name) if exists $o->{command};
		for my $opt (@{ $o->{options} }) {
			my $value = $opt->{value} // 'none';
			my @words = sort map { s/FILE$//r } split /\|/, $value;
			option($name, "$opt->{name} " . ($value ne 'FILE' && !grep(/[A-Z]/, @words) ? "@words" : 'some'));
		}
	}
}

sub from_page {
	my $name = '';
	my ($fence, $code) = (0, '');
	for my $line (split /\n/, slurp($_[0])) {
		if ($line =~ /^```/) {
			push @facts, squeeze("synopsis $code") if $fence && $name && $name ne 'every';
			($fence, $code) = (!$fence, '');
		} elsif ($fence) {
			$code .= " $line";
		} elsif ($line =~ /^### (\S+)$/) {
			command($name = $1);
		} elsif ($line =~ /^## (.*)/) {
			$name = $1 eq 'Options of every command' ? 'every' : '';
		} elsif ($name && $line =~ /^- `(-[^`]*)`/) {
			option($name, $1);
		}
	}
}

sub from_man {
	my ($in, $name, $want) = (0, '', 0);
	for my $line (split /\n/, slurp($_[0])) {
		$line =~ s/.\x08//g;
		if ($line =~ /^(\S.*)/) {
			$in = $1 eq 'COMMANDS' || $1 eq 'OPTIONS';
			$name = $1 eq 'OPTIONS' ? 'every' : '';
		} elsif ($in && $line =~ /^   ([a-z]+)$/) {
			command($name = $1);
			$want = 1;
		} elsif ($want && $line =~ /^     (trec .*)/) {
			push @facts, squeeze("synopsis $1");
			$want = 0;
		} elsif ($in && $name && $line =~ /^     (-\S+(?: \S+)?)(?:  |$)/) {
			option($name, $1);
		}
	}
}

sub from_exits {
	for my $line (split /\n/, slurp($_[0])) {
		my ($exit, $names) = $line =~ /^\| (\d) \| [^|]* \| (.*) \|$/ or next;
		push @facts, "exit $exit $_" for $names =~ /`([^`]+)`/g;
	}
}

sub from_errors {
	my $text = slurp($_[0]);
	push @facts, "exit $class_exit{$2} $1" while $text =~ /\bX\(\w+, "([a-z-]+)", ([A-Z]+),/g;
}

my %reader = (help => \&from_help, page => \&from_page, man => \&from_man,
	words => \&from_words, exits => \&from_exits, errors => \&from_errors);
my ($kind, $file) = @ARGV;
die "usage: cli_facts.pl help|words|page|man|exits|errors FILE\n" unless defined $file && $reader{$kind};
$reader{$kind}->($file);
die "cli_facts: $file says nothing of that kind\n" unless @facts;
print map { "$_\n" } sort @facts;
