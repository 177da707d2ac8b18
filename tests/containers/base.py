"""A base image for the tests, made of this machine's own Python: no registry can be asked for one."""

import hashlib
import io
import json
import re
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

from ecsctl.sandbox.containers.engine import Engine

NAME = "ecsctl-test-python:base"
_LEFT_OUT = re.compile(
    r"(^|/)(test|tests|idlelib|tkinter|ensurepip|site-packages|config-3[^/]*|lib2to3|turtledemo)(/|$)|\.a$"
)
_PACKAGES = (
    "fastapi", "starlette", "pydantic", "pydantic_core", "uvicorn", "anyio", "idna", "sniffio", "h11", "click",
    "typing_extensions.py", "typing_inspection", "annotated_types", "annotated_doc", "opentelemetry",
    "importlib_metadata", "zipp", "boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3",
)  # fmt: skip
_MODELS = re.compile(r"/botocore/data/(?!s3/|sts/|[^/]+$)")  # of AWS's services the tests' apps ask these two
_TOOLS = ("/bin/sh", "/bin/sleep", "/bin/cat", "/bin/ls", "/usr/bin/env")


def archive() -> bytes:
    """The root file system: Python with its library, what the sample app imports, a shell, and their shared objects."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:

        def keep(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
            return None if _LEFT_OUT.search(info.name) else info

        def asked(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
            return info if info.isdir() or not _MODELS.search(info.name) else None

        stdlib = Path(sysconfig.get_path("stdlib"))
        tar.add(stdlib, f"usr/lib/python{_VERSION}", filter=keep)
        python = Path(sys.executable).resolve()
        tar.add(python, "usr/bin/python3")
        for name in ("python",):
            link = tarfile.TarInfo(f"usr/bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "python3"
            tar.addfile(link)
        purelib = _purelib()
        for name in _PACKAGES:
            if (purelib / name).exists():
                tar.add(purelib / name, f"usr/lib/python{_VERSION}/site-packages/{name}", filter=asked)
        for tool in _TOOLS:
            tar.add(Path(tool).resolve(), tool.removeprefix("/"))
        programs = [python, *map(Path, _TOOLS), *stdlib.glob("lib-dynload/*.so"), *purelib.glob("pydantic_core/*.so")]
        for library in sorted({one for program in programs for one in _needed(program)}):
            tar.add(Path(library).resolve(), library.removeprefix("/"))
        for name, mode in (("tmp", 0o1777), ("app", 0o755), ("etc", 0o755)):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
    return made.getvalue()


_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def _purelib() -> Path:
    import fastapi

    return Path(fastapi.__file__).parents[1]


def _needed(program: Path) -> list[str]:
    output = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(?:=> )?(/\S+) \(0x", output)


def made(engine: Engine) -> str:
    """Have the base image in the engine, and return its name."""
    return _have(engine, NAME, engine.architecture, archive())


def empty(engine: Engine, architecture: str) -> str:
    """Have an image for a processor in the engine, with nothing in it, and return its name."""
    with io.BytesIO() as nothing:
        tarfile.open(fileobj=nothing, mode="w").close()
        return _have(engine, f"ecsctl-test-empty:{architecture}", architecture, nothing.getvalue())


def _have(engine: Engine, name: str, architecture: str, layer: bytes) -> str:
    """An image of one layer, as `docker load` takes it (OCI image specification, "Image Configuration")."""
    if engine.call("GET", "/images/json", filters=json.dumps({"reference": [name]})):
        return name
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": ["PYTHONHOME=/usr", "PATH=/usr/bin:/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        # Podman counts the layers by it, and breaks where it does not say when.
        "history": [{"created_by": "tests/containers/base.py", "created": "1970-01-01T00:00:00Z"}],
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in (
            ("config.json", json.dumps(config).encode()),
            ("manifest.json", json.dumps(manifest).encode()),
            ("layer.tar", layer),
        ):
            about = tarfile.TarInfo(path)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    engine.call("POST", "/images/load", packed.getvalue(), quiet=True)
    return name
