# awk -f layers.awk layers.table CODE: CODE is strip.awk's output, PATH:LINE:TEXT. Prints every
# include and call that the table does not allow.
function set(into, key, words,    w, n, i) {
	n = split(words, w, " ")
	for (i = 1; i <= n; i++) into[key, w[i]] = 1
}
function layer_of(path,    at) {
	at = path
	while (sub(/\/[^\/]*$/, "", at)) if (at in layer) return at
	return ""
}
function class_of(header,    at) {
	if (header in class) return class[header]
	at = header
	while (sub(/\/[^\/]*$/, "", at)) if ((at "/") in class) return class[at "/"]
	return "other"
}
function check_include(where, own, header,    folder, name) {
	if (header ~ /^"/) {
		gsub(/"/, "", header)
		folder = layer_of(header)
		if (header != "config.h" && folder != own && !((own, folder) in may))
			print where ": " own " may not include " header
		return
	}
	gsub(/[<>]/, "", header)
	if (header ~ /^trec\//) {
		name = header
		gsub(/^trec\/|\.h$/, "", name)
		if (!((own, name) in public) && !((own, "*") in public))
			print where ": " own " may not include " header
	} else if (!((own, class_of(header)) in classes) && !((path, header) in except))
		print where ": " own " may not include " header " (" class_of(header) ")"
}
NR == FNR {
	if ($1 == "class")
		for (i = 3; i <= NF; i++) class[$i] = $2
	if ($1 == "layer") {
		split(substr($0, 7), part, "|")
		gsub(/ /, "", part[1])
		layer[part[1]] = 1
		set(may, part[1], part[2])
		set(public, part[1], part[3])
		set(classes, part[1], part[4])
	}
	if ($1 == "except") except[$2, $3] = 1
	if ($1 == "call") {
		split(substr($0, 6), part, "|")
		n = split(part[1], w, " ")
		for (i = 1; i <= n; i++) {
			banned[w[i]] = 1
			set(caller, w[i], part[2])
		}
	}
	next
}
{
	split($0, part, ":")
	path = part[1]
	where = path ":" part[2]
	text = substr($0, length(where) + 2)
	own = layer_of(path)
	if (own == "") {
		if (!(path in told)) print path " is in no layer of layers.table"
		told[path] = 1
		next
	}
	if (text ~ /^[ \t]*#[ \t]*include/) {
		sub(/^[ \t]*#[ \t]*include[ \t]*/, "", text)
		sub(/[ \t]+$/, "", text)
		check_include(where, own, text)
		next
	}
	while (match(text, /[A-Za-z_][A-Za-z0-9_]*[ ]?\(/)) {
		name = substr(text, RSTART, RLENGTH - 1)
		sub(/ $/, "", name)
		before = RSTART > 1 ? substr(text, RSTART - 1, 1) : ""
		if (name in banned && before !~ /[.>]/ && !((name, own) in caller))
			print where ": " own " may not call " name
		text = substr(text, RSTART + RLENGTH)
	}
}
