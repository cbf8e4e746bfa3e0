set -eu
export GIT_AUTHOR_NAME=skill GIT_AUTHOR_EMAIL=skill@localhost GIT_COMMITTER_NAME=skill GIT_COMMITTER_EMAIL=skill@localhost
export GIT_AUTHOR_DATE='@1000000000 +0000' GIT_COMMITTER_DATE='@1000000000 +0000'
# Settings and hooks are control paths in a workspace, so the repository lies beside it.
repo=$(git rev-parse --show-toplevel 2>/dev/null || echo /tmp/chopmark-git-case)
rm -rf "$repo"; git init --quiet --initial-branch=main "$repo"
work=$PWD; cd "$repo"
echo one >one.txt; mkdir deep; echo two >deep/two.txt
git add .; git commit --quiet -m first; echo more >>one.txt; git status --short; git diff
git commit --quiet -am second; git checkout --quiet -b side; git mv one.txt renamed.txt; git commit --quiet -m third
git checkout --quiet main; echo other >other.txt; git add other.txt; git commit --quiet -m fourth
git merge --quiet -m merged side; git log --oneline --graph; git tag v1; git describe --tags; git rev-parse HEAD
echo change >other.txt; git stash --quiet; git stash pop --quiet; git diff --stat; git checkout --quiet other.txt
git rebase --quiet main side 2>/dev/null; git gc --quiet; git fsck; git bundle create --quiet "$work/all.bundle" --all
git archive --format=tar HEAD >"$work/archive.tar"; git blame -s renamed.txt; git cat-file -p 'HEAD^{tree}'
git clone --quiet "$work/all.bundle" /tmp/chopmark-git-case-copy; git -C /tmp/chopmark-git-case-copy log --oneline | cat
cd "$work"; rm -rf "$repo" /tmp/chopmark-git-case-copy all.bundle
