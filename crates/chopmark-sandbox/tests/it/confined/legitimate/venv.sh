set -eu
mkdir package
cat >package/pyproject.toml <<'TOML'
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "neat"
version = "1.0"
TOML
echo 'def neat(text): return text.strip()' >package/neat.py
python3 - <<'PYTHON'
# A wheel, made by hand: what an index would have sent.
import base64, hashlib, zipfile
files = {
    "neat.py": b"def neat(text): return text.strip()\n",
    "neat-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: neat\nVersion: 1.0\n",
    "neat-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
record = ""
for name, data in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record += f"{name},sha256={digest},{len(data)}\n"
files["neat-1.0.dist-info/RECORD"] = (record + "neat-1.0.dist-info/RECORD,,\n").encode()
with zipfile.ZipFile("neat-1.0-py3-none-any.whl", "w") as wheel:
    for name, data in files.items():
        wheel.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
PYTHON
python3 -m venv environment
environment/bin/python -m pip install --no-index --disable-pip-version-check --no-cache-dir ./neat-1.0-py3-none-any.whl
environment/bin/python -m pip list --disable-pip-version-check
environment/bin/python -c 'import neat, sys; print(repr(neat.neat(" x ")), sys.prefix != sys.base_prefix)'
environment/bin/python -m pip uninstall --yes --disable-pip-version-check neat
# Compiled files hold the times of their sources.
rm -rf environment
