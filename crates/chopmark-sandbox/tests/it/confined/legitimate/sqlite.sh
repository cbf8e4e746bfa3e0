set -eu
sqlite3 base.sqlite <<'SQL'
pragma journal_mode = wal;
create table people (name text primary key, age int);
insert into people values ('ann', 31), ('bob', 27);
select name, age from people order by age;
SQL
sqlite3 -json base.sqlite 'select count(*) as n, sum(age) as total from people'
sqlite3 base.sqlite '.dump' >dump.sql
sqlite3 copy.sqlite <dump.sql
sqlite3 copy.sqlite "begin; update people set age = 32 where name = 'ann'; rollback; select age from people" 'vacuum'
sqlite3 base.sqlite 'insert into people values (1)' 2>/dev/null || echo "status $?"
