exec bash -eu <<'BASH'
declare -A ages=([ann]=31 [bob]=27)
list=(one "two words" three)
sum() { local total=0 n; for n; do ((total += n)); done; echo "$total"; }
echo "$(sum 1 2 3) ${#list[@]} ${list[1]} ${ages[ann]}"
printf '%s\n' "${list[@]}" | while read -r line; do echo "<$line>"; done
cat <<HERE
here $((6 * 7)) ${USER:-nobody}
HERE
cat <<<"a string"
diff=$(cat <(echo substituted) | sort)
echo "$diff"
trap 'echo trapped' EXIT
(exit 3) || echo "status $?"
for file in {a..c}{1,2}.txt; do echo "$file" >"$file"; done
echo *.txt ?1.txt [ab]2.txt
shopt -s nullglob globstar
mkdir -p deep/er; echo x >deep/er/leaf
echo **/leaf no*such
exec 5>fifth; echo five >&5; exec 5>&-
{ echo out; echo err >&2; } >both 2>&1
coproc cat; echo through >&"${COPROC[1]}"; read -r back <&"${COPROC[0]}"; echo "$back"
[[ abc =~ ^a(.)c$ ]] && echo "${BASH_REMATCH[1]}"
wait_for() { sort /dev/null & wait $!; }
wait_for
BASH
