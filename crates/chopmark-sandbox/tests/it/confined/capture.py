"""Programs that know no proxy: what each gets, as one JSON object a line."""
import json
import os
import socket
import ssl
import struct
import subprocess
import sys

TLS, PLAIN, SKILL, OUT = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
ROOTS = SKILL + "/roots.pem"
for name in [name for name in os.environ if "proxy" in name.lower()]:
    del os.environ[name]
results = {}


def case(work):
    try:
        results[work.__name__] = work()
    except (OSError, AssertionError) as error:
        results[work.__name__] = f"{type(error).__name__}: {error}"


def tls(address, name, path, roots=None, family=socket.AF_INET):
    context = ssl.create_default_context(cafile=roots)
    with socket.socket(family) as bare:
        bare.settimeout(20)
        bare.connect(address)
        with context.wrap_socket(bare, server_hostname=name) as stream:
            return ask(stream, f"{name}:{TLS}", path)


def ask(stream, host, path):
    stream.sendall(f"GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
    answer = b""
    while part := stream.recv(65536):
        answer += part
    return answer.decode()


def plain(host, path, to="api.test"):
    with socket.create_connection((to, PLAIN), timeout=20) as stream:
        return ask(stream, host, path)


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, input="")
    return f"{done.returncode} {done.stdout} {done.stderr}"


def question(name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34\x01\x00\x00\x01" + bytes(6) + labels + b"\0" + struct.pack("!HH", kind, 1)


@case
def addresses():
    found = socket.getaddrinfo("API.test.", TLS, type=socket.SOCK_STREAM)
    return sorted(entry[4][0] for entry in found)


@case
def name_not_granted():
    return socket.gethostbyname("evil.test")


@case
def name_over_a_stream():
    with socket.create_connection(("127.0.0.1", 53), timeout=20) as stream:
        message = question("api.test", 28)
        stream.sendall(struct.pack("!H", len(message)) + message)
        return stream.recv(512)[-16:].hex()


@case
def name_from_a_bound_socket():
    with socket.socket(type=socket.SOCK_DGRAM) as asker:
        asker.settimeout(20)
        asker.bind(("0.0.0.0", 0))
        asker.sendto(question("api.test", 1), ("127.0.0.1", 53))
        return socket.inet_ntoa(asker.recv(512)[-4:])


@case
def python_opened():
    return tls((socket.gethostbyname("api.test"), TLS), "api.test", "/v1/python")


@case
def python_opened_wrong_path():
    return tls((socket.gethostbyname("api.test"), TLS), "api.test", "/v2/python")


@case
def python_unopened():
    return tls((socket.gethostbyname("other.test"), TLS), "other.test", "/python", ROOTS)


@case
def python_by_six():
    found = socket.getaddrinfo("other.test", TLS, socket.AF_INET6, socket.SOCK_STREAM)
    return tls(found[0][4], "other.test", "/six", ROOTS, socket.AF_INET6)


@case
def python_plain():
    return plain(f"api.test:{PLAIN}", "/v1/plain")


@case
def python_plain_absolute():
    return plain(f"api.test:{PLAIN}", f"http://api.test:{PLAIN}/v1/absolute")


@case
def plain_wrong_path():
    return plain(f"api.test:{PLAIN}", "/v2/plain")


@case
def plain_other_host():
    return plain(f"other.test:{PLAIN}", "/v1/plain")


@case
def plain_other_absolute():
    return plain(f"api.test:{PLAIN}", f"http://other.test:{PLAIN}/v1/plain")


@case
def plain_http2():
    with socket.create_connection(("api.test", PLAIN), timeout=20) as stream:
        stream.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
        return stream.recv(512).hex()


@case
def other_server_name():
    return tls((socket.gethostbyname("other.test"), TLS), "api.test", "/v1/", ROOTS)


@case
def other_port():
    return socket.create_connection(("other.test", PLAIN), timeout=20).getpeername()


@case
def address_not_granted():
    return socket.create_connection(("203.0.113.9", TLS), timeout=20).getpeername()


@case
def address_without_a_name():
    return socket.create_connection(("198.18.0.99", TLS), timeout=20).getpeername()


@case
def datagram_to_a_granted_host():
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"quic", (socket.gethostbyname("other.test"), TLS))


@case
def datagram_over_a_connected_socket():
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.settimeout(20)
        sender.connect((socket.gethostbyname("other.test"), TLS))
        sender.send(b"quic")
        return sender.recv(16)


@case
def openssl():
    where = ["-connect", f"other.test:{TLS}", "-servername", "other.test"]
    return run("openssl", "s_client", *where, "-verify_return_error", "-CAfile", ROOTS)


@case
def openssl_opened():
    where = ["-connect", f"api.test:{TLS}", "-servername", "api.test"]
    roots = ["-CAfile", os.environ["SSL_CERT_FILE"]]
    return run("openssl", "s_client", *where, "-verify_return_error", *roots)


@case
def curl():
    return run("curl", "-sS", "--noproxy", "*", f"https://api.test:{TLS}/v1/curl")


@case
def curl_not_granted():
    return run("curl", "-sS", "--noproxy", "*", f"https://evil.test:{TLS}/v1/curl")


@case
def node():
    program = (
        "require('https').get(process.argv[1], a => { a.setEncoding('utf8');"
        "a.on('data', d => process.stdout.write(d)) })"
        ".on('error', e => { console.log(e.code); process.exitCode = 1 })"
    )
    return run("node", "-e", program, f"https://api.test:{TLS}/v1/node")


json.dump(results, open(OUT, "w"))
