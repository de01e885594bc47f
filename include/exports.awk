# Names of the functions that the given headers mark TREC_API, one a line: the export list of
# libtrec.so is made from the public headers, so the two cannot drift apart.
{
	while (comment || /\/\*/) {
		end = index($0, "*/")
		if (comment && !end) next
		if (comment) { $0 = substr($0, end + 2); comment = 0; continue }
		start = index($0, "/*")
		rest = substr($0, start + 2)
		end = index(rest, "*/")
		if (end) { $0 = substr($0, 1, start - 1) " " substr(rest, end + 2); continue }
		$0 = substr($0, 1, start - 1)
		comment = 1
		break
	}
	if (directive || /^[ \t]*#/) { directive = /\\$/; next }
	text = text " " $0
}
END {
	n = split(text, declaration, ";")
	for (i = 1; i <= n; i++)
		if (match(declaration[i], /TREC_API[^(]*[ *]trec_[a-z0-9_]+\(/)) {
			head = substr(declaration[i], RSTART, RLENGTH - 1)
			sub(/.*[ *]/, "", head)
			print head
		}
}
