set -eu
printf 'name,age\nann,31\nbob,27\n' >people.csv
sed -n '2,$p' people.csv; sed -i 's/ann/anna/' people.csv; sed -e '/bob/d' -e 's/,/ /' people.csv; cat people.csv
awk -F, 'NR > 1 { total += $2; print $1 > ($1 ".txt") } END { print total }' people.csv
awk 'BEGIN { while (("cat people.csv" | getline line) > 0) n++; print n; system("cat anna.txt") }'
grep -n o people.csv; grep -E '^a.+[0-9]$' people.csv; grep -q absent people.csv || echo "status $?"
diff people.csv anna.txt || echo "status $?"
