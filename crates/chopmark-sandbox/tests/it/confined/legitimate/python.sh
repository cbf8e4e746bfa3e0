python3 - <<'PYTHON'
import asyncio, collections, concurrent.futures, csv, hashlib, http.server, json, logging, multiprocessing
import os, pathlib, re, shutil, sqlite3, subprocess, sys, tempfile, threading, time, urllib.parse, zipfile

def square(n):
    return n * n

print(sys.version_info[:2], json.dumps({"a": [1, 2]}), re.sub(r"\d", "#", "a1b2"))
path = pathlib.Path("made")
path.mkdir()
(path / "x.csv").write_text("a,b\n1,2\n")
print(list(csv.DictReader(open(path / "x.csv"))))
print(hashlib.sha256(b"x").hexdigest())
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(square, range(100))))
with multiprocessing.get_context("fork").Pool(3) as pool:
    print(pool.map(square, range(10)))
with concurrent.futures.ProcessPoolExecutor(2) as pool:
    print(list(pool.map(square, range(3))))
async def work():
    process = await asyncio.create_subprocess_exec("cat", "made/x.csv", stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    await asyncio.sleep(0.01)
    return out
print(asyncio.run(work()))
print(subprocess.run("echo $((1+1)); exit 3", shell=True, capture_output=True))
with tempfile.TemporaryDirectory() as folder:
    with zipfile.ZipFile(folder + "/z.zip", "w") as archive:
        archive.writestr("name", "content")
    print(zipfile.ZipFile(folder + "/z.zip").read("name"))
base = sqlite3.connect(":memory:")
print(base.execute("select 6 * 7").fetchall())
shutil.copytree("made", "copied")
shutil.move("copied", "moved")
print(sorted(str(found) for found in pathlib.Path(".").glob("m*/*")))
event = threading.Event()
threading.Timer(0.01, event.set).start()
print(event.wait(5))
print(os.cpu_count() > 0, os.getcwd() == os.environ["PWD"], oct(os.umask(0)))
try:
    open("absent")
except FileNotFoundError as error:
    print(error)
PYTHON
