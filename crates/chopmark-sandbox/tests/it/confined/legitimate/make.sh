set -eu
printf 'all: sorted count\nsorted: input\n\tsort $< >$@\ncount: sorted\n\twc -l <$< >$@\nclean:\n\trm -f sorted count\n.PHONY: all clean\n' >Makefile
printf 'b\na\nc\n' >input
make; make; cat sorted count; make clean; make -j4; make absent 2>/dev/null || echo "status $?"
