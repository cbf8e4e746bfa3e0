# Tries each case in a process of its own and writes how it ended.
import ctypes, errno, json, mmap, os, socket, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def call(number, *arguments):
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def int80(number):
    code = b"\xb8" + struct.pack("<I", number) + b"\x31\xdb\x31\xc9\x31\xd2\xcd\x80\xc3"
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    if -4096 < result < 0:
        raise OSError(-result, "refused")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def execute(path, *arguments):
    os.execv(path, [path, *arguments])


skill, results = sys.argv[1], sys.argv[2]
plan = json.loads(read(os.path.join(skill, "cases.json")))
os.chdir(plan["workspace"])
log = os.open(results, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for number, code in enumerate(plan["cases"]):
    pid = os.fork()
    if pid == 0:
        try:
            exec(code, {**globals(), "O": plan["outside"], "W": plan["workspace"]})
            how = "done"
        except OSError as error:
            how = "errno " + errno.errorcode.get(error.errno, str(error.errno))
        except BaseException as error:
            how = "error " + repr(error)
        os.write(log, f"{number}\t{os.getpid()}\t{how}\n".encode())
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        os.write(log, f"{number}\t{pid}\tsignal {os.WTERMSIG(status)}\n".encode())
    elif os.WEXITSTATUS(status) != 0:
        os.write(log, f"{number}\t{pid}\texit {os.WEXITSTATUS(status)}\n".encode())
