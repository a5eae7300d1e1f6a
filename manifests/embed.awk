# Turns the files named on the command line into a C table {name, text}: the last part of each
# name, and its lines as one string. Run from the directory the names are relative to.
function quoted(line,    i, c, out)
{
	out = ""
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (c == "\\" || c == "\"")
			out = out "\\"
		out = out (c == "\t" ? "\\t" : c)
	}
	return out
}

BEGIN {
	print "/* Made by manifests/embed.awk from the files below manifests/. */"
	print "#include \"manifests/embedded.h\""
	print ""
	print "const struct embedded embedded_files[] = {"
}

FNR == 1 {
	if (open)
		print "\t},"
	name = FILENAME
	sub(/.*\//, "", name)
	printf "\t{ \"%s\",\n", name
	open = 1
}

{
	printf "\t  \"%s\\n\"\n", quoted($0)
}

END {
	if (open)
		print "\t},"
	print "\t{ 0, 0 },"
	print "};"
}
