# Sourced after lib.sh by the scenarios of introductions: anna, whom all others trust and let
# introduce, and what is said of two whom she introduced.
# shellcheck shell=bash

# anna knows everybody else; they know her, and that she may introduce.
circle() { # POLICY NAME... : the others
	local policy=$1 name
	shift
	device anna
	for name; do
		device "$name"
		serve "$name" --service default=cat --introductions "$policy" \
			--introduced-rights 'service:*'
		paired anna "$name"
		ok "$name" allow anna introduce
	done
}

# knows A B: B on the list of A, by anna's introduction.
knows() {
	is introduced "$(state "$1" "$2")" "$2 on the list of $1"
	is "introduction $(id anna)" "$(trec "$1" show "$2" | jq -r '.origin + " " + .introduced_by')"
}
# talks A B: A opens a session with B, and bytes come back.
talks() {
	asserted
	echo hello | trec "$1" connect "$2" >got 2>err || fail "$1 to $2: $(cat err)"
	is hello "$(cat got)" "what $2 sent back"
	is active "$(state "$1" "$2")" "$2 on the list of $1"
	until_true 5 "$1 is active on $2" is_state active "$2" "$1"
}
strangers() { # A B
	is absent "$(state "$1" "$2")" "$2 on the list of $1"
	is absent "$(state "$2" "$1")" "$1 on the list of $2"
}
# asked A: the number of the only question that waits on A.
asked() {
	ok "$1" pending
	is 1 "$(wc -l <out)" "questions on $1"
	field .number
}
waits() {
	[ "$(trec "$1" pending | jq -s length)" -gt 0 ]
}
answers() { # A yes|no
	until_true 10 "a question waits on $1" waits "$1"
	ok "$1" answer "$(asked "$1")" "$2"
}
# heard: waits for the command in the background, whose output went to said and said.err, and is its
# exit status; then that is the last command's output.
heard() {
	local status=0
	wait $! || status=$?
	mv said out
	mv said.err err
	return "$status"
}
# carry NAME NAME: an introduction of the two, in the file carried.
carry() {
	ok anna introduce "$1" "$2" --offline carried
}
# outcome SUBJECT AUDIENCE: what the last introduction said of the pair.
outcome() {
	jq -r "select(.subject == \"$(id "$1")\" and .audience == \"$(id "$2")\") |
		.refusal // .error // \"introduced\"" out
}
