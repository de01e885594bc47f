# awk -f links.awk layers.table tests/unit/*.mk: prints every library of a layer above its own
# that a unit test links. The fragment's name is the layer's last folder.
NR == FNR {
	if ($1 == "layer") {
		split(substr($0, 7), part, "|")
		gsub(/ /, "", part[1])
		name = part[1]
		sub(/.*\//, "", name)
		may[name, part[1]] = 1
		n = split(part[2], w, " ")
		for (i = 1; i <= n; i++) may[name, w[i]] = 1
	}
	next
}
/\\$/ { sub(/\\$/, ""); line = line " " $0; next }
{
	line = line " " $0
	own = FILENAME
	gsub(/.*\/|\.mk$/, "", own)
	n = split(line, w, " ")
	for (i = 1; i <= n; i++)
		if (w[i] ~ /\.la$/ && w[i] !~ /^tests\//) {
			folder = w[i]
			sub(/\/[^\/]*$/, "", folder)
			if (!((own, folder) in may)) print FILENAME ": links " folder
		}
	line = ""
}
