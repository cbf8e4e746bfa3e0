set -eu
mkdir -p tree/deep; echo one >tree/one; echo two >tree/deep/two; touch -d @1000000000 tree tree/one tree/deep tree/deep/two
for kind in gz bz2 xz; do
    tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1000000000 -caf tree.tar.$kind tree
    tar -tf tree.tar.$kind
    mkdir out-$kind; tar -xf tree.tar.$kind -C out-$kind; cat out-$kind/tree/deep/two
done
gzip -nk tree/one; gzip -dc tree/one.gz; rm tree/one.gz
find out-gz -type f | sort | tar -cf - -T - | tar -tf -
