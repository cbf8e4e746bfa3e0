set -eu
seq 1 20 >numbers
head -3 numbers; tail -2 numbers; tac numbers | tail -1; sort -rn numbers | head -1
printf 'b 2\na 1\nc 3\na 1\n' >pairs
sort pairs | uniq -c; cut -d' ' -f2 pairs | paste -sd+; tr a-z A-Z <pairs; wc pairs
sort -u pairs >left; printf 'a x\nc y\n' >right; join left right; comm -12 left left
nl numbers | tail -1; od -An -tx1 pairs | head -1; md5sum pairs; sha256sum pairs; cksum pairs; sum pairs
base64 pairs; fold -w 4 pairs | head -2; echo 'some words to be set' | fmt -w 10; printf '\tx\n' | expand
split -l 7 numbers part-; csplit -s numbers /5/ /10/; ls part-* xx*
dirname /a/b/c; basename /a/b/c.txt .txt; expr 6 \* 7; factor 84; numfmt --to=iec 2048; date -u -d @0
mkdir -p deep/er; cp -r numbers pairs deep; mv deep/pairs deep/er/moved; ln deep/numbers hard; ln -s deep/er soft
readlink soft; realpath --relative-to=. soft/moved; stat -c '%n %s %F %a' numbers deep soft; du -a --apparent-size deep/er | wc -l
chmod 640 numbers; touch -d @1000000000 pairs; stat -c %a numbers; stat -c %Y pairs; truncate -s 5 hard; cat hard
install -m 755 -D pairs installed/here/pairs; dd if=pairs of=copied bs=4 count=2 status=none; cat copied
name=$(mktemp); echo temporary >"$name"; cat "$name"; rm "$name"; shuf --random-source=numbers -i 1-3
yes | head -2; tee one two <left >/dev/null; timeout 5 sleep 0; timeout 0.1 sleep 5 || echo "late $?"
echo 'a b b c' | tsort; env -i VAR=x /usr/bin/printf '%s\n' set; test -f numbers && echo there
rm -r deep; rmdir installed/here 2>/dev/null || echo 'not empty'; ls -1 absent 2>/dev/null || echo "status $?"
cat numbers /no/such/file 2>/dev/null || echo "status $?"
