# shellcheck shell=bash
# What makes two trees comparable: everything that is new in every run (keys, certificates' numbers
# and times) is replaced by what can be promised of it. Sourced, never run.

# The text of one certificate on standard input, as `openssl x509 -text` prints it: names, usages,
# algorithms, how many hours it lasts; of identifiers only that they are there.
certificate_text() {
	awk '
	function seconds(text,    cmd, s) {
		cmd = "date -u +%s -d \"" text "\""
		cmd | getline s
		close(cmd)
		return s
	}
	/^ *Not Before:/ { sub(/.*Not Before: */, ""); start = seconds($0); next }
	/^ *Not After ?:/ { sub(/.*Not After ?: */, ""); print "Lasts " int((seconds($0) - start + 1800) / 3600) " h"; next }
	/Issuer:|Subject:/ { sub(/^ */, ""); gsub(/ = /, "="); print; next }
	/Public Key Algorithm|Public-Key:/ { sub(/^ */, ""); print; next }
	/X509v3 extensions:/ { extensions = 1; next }
	/^    Signature Algorithm:/ { sub(/^ */, ""); print; exit }
	extensions {
		sub(/^ */, ""); sub(/ *$/, "")
		if (was_identifier) { print "(present)"; was_identifier = 0; next }
		was_identifier = /Key Identifier:/
		print
	}'
}

# A kubeconfig with what stands in its base64, instead of it: the client certificate's text.
kubeconfig_text() {
	sed -E 's/^( *(certificate-authority|client-certificate|client-key)-data: ).*/\1(base64)/' "$1"
	if grep -q 'client-certificate-data:' "$1"; then
		sed -n 's/^ *client-certificate-data: //p' "$1" | base64 -d |
			openssl x509 -noout -text | certificate_text | sed 's/^/# /'
	fi
}

# The ClusterConfiguration in ConfigMap kubeadm-config among objects on standard input.
cluster_configuration() {
	awk '/^  ClusterConfiguration: \|/ { take = 1; next } !/^    / { take = 0 } take { print substr($0, 5) }'
}

# normalise ROOT OUT: the files of init below ROOT as comparable texts below OUT, and OUT/files,
# a line "mode kind path" for each entry.
normalise() {
	local root=$1 out=$2 file
	mkdir -p "$out"
	(cd "$root" && find . -mindepth 1 ! -path './var/lib/kstrap*' -printf '%m %y %P\n') |
		awk '$3 ~ /^(etc|var)\// && !($3 ~ /ca-certificates$|^etc\/ssl/)' | LC_ALL=C sort -k3 >"$out/files"
	(cd "$root" && find etc var -type f ! -path 'var/lib/kstrap/*' -print) | while read -r file; do
		mkdir -p "$out/${file%/*}"
		case $file in
		*.key | *.pub) head -n 1 "$root/$file" >"$out/$file" ;;
		*.crt) openssl x509 -in "$root/$file" -noout -text | certificate_text >"$out/$file" ;;
		etc/kubernetes/*.conf) kubeconfig_text "$root/$file" >"$out/$file" ;;
		*) cp "$root/$file" "$out/$file" && chmod 644 "$out/$file" ;;
		esac
	done
}
