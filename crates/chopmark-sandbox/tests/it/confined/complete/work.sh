set -eu
cd out
for name in one two three; do
    echo "$name" >"$name.txt"
done
cat *.txt | sort | tr a-z A-Z >all
wc -l <all >>all
cat <<HERE >here
a here document of $(cat one.txt)
HERE
grep -q document here
while read -r line; do
    echo "- $line"
done <all >listed
mkdir -p deep/er/est
cp -r one.txt two.txt deep
mv deep/one.txt deep/er/moved.txt
ln -s ../two.txt deep/pointer
ln two.txt linked
cat deep/pointer >/dev/null
chmod 700 deep
touch -d @1 linked
cat /dev/fd/3 3<one.txt >/dev/null
exec 4<>both
echo both >&4
exec 4>&-
mkfifo pipe
cat pipe >from-pipe &
echo through >pipe
wait
cat <(echo substituted) >/dev/null
(cd deep && cat er/moved.txt ../one.txt >together)
find . -name '*.txt' -print0 | xargs -0 cat >/dev/null
! cat absent 2>/dev/null
! cat ../../outside/.ssh/id_ed25519 2>/dev/null
! echo more 2>/dev/null >>../input.txt
! /usr/bin/id 2>/dev/null
echo text >/tmp/scratch
rm /tmp/scratch
ls -l . >/dev/null
head -c 3 all >/dev/null
rm -r deep pipe
