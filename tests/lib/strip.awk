# C without comments, string and character literals; line numbers stay.
{
	out = ""
	n = length($0)
	for (i = 1; i <= n; i++) {
		c = substr($0, i, 1)
		two = substr($0, i, 2)
		if (state == "comment") {
			if (two == "*/") { state = ""; i++ }
		} else if (state == "\"" || state == "'") {
			if (c == "\\") i++
			else if (c == state) { state = ""; out = out c }
		} else if (two == "/*") {
			state = "comment"
			i++
		} else if (two == "//") {
			break
		} else {
			if (c == "'" || (c == "\"" && $0 !~ /^[ \t]*#[ \t]*include/)) state = c
			out = out c
		}
	}
	if (state == "\"" || state == "'") state = ""
	print FILENAME ":" FNR ":" out
}
