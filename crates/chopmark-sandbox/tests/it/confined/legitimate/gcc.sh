set -eu
cat >square.c <<'C'
int square(int n) { return n * n; }
C
cat >main.c <<'C'
#include <stdio.h>
#include <math.h>
int square(int);
int main(void) { printf("%d %.3f\n", square(7), sqrt(2)); return 0; }
C
gcc -O2 -Wall -c square.c -o square.o; ar rcD libsquare.a square.o; nm libsquare.a
gcc -O2 -Wall main.c -L. -lsquare -lm -o main; strip main
gcc -O2 -shared -fPIC square.c -o libsquare.so
echo 'int main(void) { return x; }' >wrong.c; gcc wrong.c -o wrong 2>errors || echo "status $?"
