# The files named on the command line one after the other, each after a line of \001 and the last
# part of its name. Run from the directory the names are relative to.
FNR == 1 {
	name = FILENAME
	sub(/.*\//, "", name)
	printf "\001%s\n", name
}

{ print }
