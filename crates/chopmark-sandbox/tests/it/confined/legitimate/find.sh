set -eu
mkdir -p a/b/c; touch a/1.txt a/b/2.txt a/b/c/3.txt 'a/b/with space'; echo long >a/long; touch -d @1000000000 a/1.txt
find a -type f | sort
find a -name '*.txt' -exec basename {} \; | sort
find a -name '*.txt' -exec cat {} +
find a -empty -type f -print0 | sort -z | xargs -0 -n1 basename
find a -type f -print0 | xargs -0 -P 4 -n 1 wc -c | sort
find a -size +0 -type f -newer a/1.txt | sort
find a -name 'with*' -delete; find a -mindepth 2 -maxdepth 2 | sort
grep -rl long a; grep -rc . a | sort; echo 1 2 3 | xargs -n1 | sort -r
