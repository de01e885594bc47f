#!/usr/bin/env bash
# Drives the shell completion as bash would:
#
#   complete.bash FILE line TEXT          prints what is offered after TEXT, a line each
#   complete.bash FILE facts              prints all that it knows, as `cli_facts.pl words` does
set -eu
# shellcheck source=/dev/null
. "$1"

offered() { # TEXT
	COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
	COMP_WORDBREAKS=' '
	_trec
	[ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
}
value() { # COMMAND OPTION
	case $(_trec_value "$1" "$2") in
	'') echo none ;;
	file | directory | text | *://*) echo some ;;
	*) offered "trec $1 $2 " | LC_ALL=C sort | paste -sd ' ' ;;
	esac
}
facts() {
	local command option
	for option in $(offered 'trec -'); do
		echo "option every $option $(value every "$option")"
	done
	for command in $(offered 'trec '); do
		echo "command $command"
		for option in $(offered "trec $command -"); do
			offered 'trec -' | grep -qxe "$option" ||
				echo "option $command $option $(value "$command" "$option")"
		done
	done
}

case $2 in
line) offered "$3" ;;
facts) facts | LC_ALL=C sort ;;
esac
