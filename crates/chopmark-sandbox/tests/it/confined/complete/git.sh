set -eu
echo one >one.txt
mkdir -p deep
echo two >deep/two.txt
git add one.txt deep
git commit --quiet --message first
echo more >>one.txt
git status --short
git diff --stat
git commit --quiet --all --message second
git log --oneline
git branch side
git checkout --quiet side
git mv one.txt renamed.txt
git commit --quiet --message third
git checkout --quiet main
git merge --quiet side
git tag marked
git show --stat HEAD
git stash list
git rev-parse HEAD
# A new repository has settings and hooks to write, so it is made where nothing is a control path.
git init --quiet /tmp/fresh
git -C /tmp/fresh status --short
# And is refused where they would be.
! git init --quiet fresh 2>/dev/null
