import ctypes, glob, json, os, shutil, socket, sqlite3, subprocess, tempfile, threading, zipfile

os.chdir("out")
with open("made.json", "w") as file:
    json.dump({"answer": 42}, file)
os.rename("made.json", "renamed.json")
assert json.load(open("renamed.json"))["answer"] == 42
os.makedirs("deep/er/est", exist_ok=True)
shutil.copy("renamed.json", "deep/er/copy.json")
os.link("renamed.json", "linked.json")
os.symlink("linked.json", "pointer")
assert open("pointer").read() == open("linked.json").read()
os.symlink("nowhere", "dangling")
for missing in ("absent", "dangling", "/var/lib/absent", "/root/.ssh/id_ed25519", "renamed.json/x"):
    try:
        open(missing)
        raise SystemExit(missing)
    except OSError:
        pass
for closed in ("../input.txt", "/etc/passwd", "/usr/bin/new", "../new"):
    try:
        open(closed, "a")
        raise SystemExit(closed)
    except OSError:
        pass
try:
    open("AGENTS.md", "w")
    raise SystemExit("a control path")
except OSError:
    pass
os.chmod("linked.json", 0o600)
os.utime("linked.json", (10**9, 10**9))
os.truncate("linked.json", 5)
with open("linked.json", "r+") as file:
    os.fchmod(file.fileno(), 0o640)
    os.utime(file.fileno(), (10**9, 10**9))
folder = os.open("deep", os.O_RDONLY | os.O_DIRECTORY)
inner = os.open("er/copy.json", os.O_RDONLY, dir_fd=folder)
os.rename("er/copy.json", "moved.json", src_dir_fd=folder, dst_dir_fd=folder)
os.unlink("moved.json", dir_fd=folder)
os.fchdir(folder)
open("here", "w").close()
open("../beside", "w").close()
again = open("/proc/self/fd/%d" % folder + "/here")
status = open("/proc/self/status").read()
os.chdir("..")
named = tempfile.NamedTemporaryFile(dir=".")
unnamed = tempfile.TemporaryFile(dir=".")
scratch = tempfile.mkdtemp()
with zipfile.ZipFile(scratch + "/archive.zip", "w") as archive:
    archive.write("renamed.json")
base = sqlite3.connect("base.sqlite")
base.execute("create table t (n)")
base.executemany("insert into t values (?)", [(n,) for n in range(100)])
base.commit()
base.close()
text = subprocess.run(["cat", "renamed.json"], capture_output=True, check=True).stdout
text = subprocess.run("cat renamed.json | cat >piped; cat <piped", shell=True, check=True, capture_output=True)
assert subprocess.run(["absent-program"], capture_output=True).returncode if shutil.which("absent-program") else True
try:
    subprocess.run(["/usr/bin/id"])
except OSError:
    pass
def read(number):
    for _ in range(5):
        open("thread-%d" % number, "w").write("x")
threads = [threading.Thread(target=read, args=(n,)) for n in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
children = []
for number in range(3):
    child = os.fork()
    if child == 0:
        open("forked-%d" % number, "w").close()
        os._exit(0)
    children.append(child)
[os.waitpid(child, 0) for child in children]
server = socket.socket(socket.AF_UNIX)
server.bind(scratch + "/socket")
server.listen()
client = socket.socket(socket.AF_UNIX)
client.connect(scratch + "/socket")
for family, address in ((socket.AF_INET, ("192.0.2.1", 80)), (socket.AF_INET6, ("2001:db8::1", 443))):
    try:
        socket.socket(family).connect(address)
        raise SystemExit("connected")
    except OSError:
        pass
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))
    raise SystemExit("sent")
except OSError:
    pass
assert glob.glob("**/here", recursive=True) == ["deep/here"]
shutil.rmtree("deep")
shutil.rmtree(scratch)
