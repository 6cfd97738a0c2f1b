"""A small Hugging Face Hub on the loopback: what `huggingface_hub` says to the real one when Xet is disabled.

It keeps repositories in memory, so that tests can publish models and Spaces, look at what arrived, and load it back, or
download data sets.
Clients read `HF_ENDPOINT` when they are imported, so they have to run in a child process with `environment()`.
"""

import base64
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

GITATTRIBUTES = b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"  # what every new repository holds


@dataclass
class Repository:
    """A model, Space or data set: the files of its newest commit, and the messages of all."""

    private: bool
    sdk: str | None
    files: dict[str, bytes] = field(default_factory=lambda: {".gitattributes": GITATTRIBUTES})
    large: set[str] = field(default_factory=set)  # paths that came through LFS
    messages: list[str] = field(default_factory=lambda: ["initial commit"])

    @property
    def commit(self) -> str:
        return sha1(f"{len(self.messages)}".encode()).hexdigest()

    def oid(self, path: str) -> str:
        """What the Hub compares a file with: its SHA-256 if large, else git's hash of it."""
        content = self.files[path]
        return (sha256(content) if path in self.large else sha1(b"blob %d\0%s" % (len(content), content))).hexdigest()


class HubServer:
    """Serves until it is left as a context manager.

    Attributes:
        tokens: who each token belongs to.
        repositories: by kind ("models", "spaces" or "datasets") and id.
        requests: the method and path of each request so far.
        failure: an HTTP status with which every request is answered instead, None for none.
    """

    def __init__(self) -> None:
        self.tokens = {"hf_anna": "anna"}
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.requests: list[str] = []
        self.failure: int | None = None
        self.objects: dict[str, bytes] = {}  # LFS, by SHA-256
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "HubServer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self, home: Path) -> dict[str, str]:
        """The variables that make a client use this server, with an empty cache in `home` and the token of anna."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_TOKEN": "hf_anna",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "NO_PROXY": "127.0.0.1",
        }


class HubError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str, code: str = "", **more: str):
        self.status, self.code, self.body = status, code, {"error": message, **more}


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")
        body = self._read_body()
        try:
            if self.hub.failure:
                raise HubError(self.hub.failure, "Internal Error - We're working hard to fix this as soon as possible!")
            answer, headers = self._route(unquote(urlsplit(self.path).path), body)
            self._send(200, answer, headers)
        except HubError as error:
            headers = {"X-Error-Code": error.code, "X-Error-Message": error.body["error"]}
            self._send(error.status, json.dumps(error.body).encode(), headers)

    do_GET = do_HEAD = do_POST = do_PUT = _answer

    def _route(self, path: str, body: bytes) -> tuple[bytes, dict[str, str]]:
        for method, pattern, answer in ROUTES:
            if self.command in method and (match := re.fullmatch(pattern, path)):
                result = answer(self, body, **match.groupdict())
                return result if isinstance(result, tuple) else (json.dumps(result).encode(), {})
        raise HubError(404, f"no such page: {path}")

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Silent."""

    # Who asks, and for what

    def _user(self) -> str | None:
        """Whose token came with the request, None where there is none."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if token not in self.hub.tokens:
            raise HubError(401, "Invalid credentials in Authorization header")
        return self.hub.tokens[token]

    def _owner(self, name: str | None = None) -> str:
        """Who may write to the repositories of `name`."""
        user = self._user()
        if user is None:
            raise HubError(401, "Invalid username or password.")
        if name is not None and name != user:
            raise HubError(403, f'You don\'t have the rights to create or change a repository of "{name}"')
        return user

    def _writable(self, kind: str, id: str) -> Repository:
        repository = self._readable(kind, id)
        self._owner(id.split("/")[0])
        return repository

    def _readable(self, kind: str, id: str) -> Repository:
        repository = self.hub.repositories.get((kind, id))
        if repository is None or (repository.private and self._user() != id.split("/")[0]):
            raise HubError(404 if self._user() else 401, "Repository not found", "RepoNotFound")
        return repository

    # The pages

    def whoami(self, body: bytes) -> dict[str, Any]:
        return {"type": "user", "name": self._owner(), "orgs": []}

    def create(self, body: bytes) -> dict[str, str]:
        asked = json.loads(body)
        owner = self._owner(asked["organization"])
        kind, id = f"{asked.get('type') or 'model'}s", f"{owner}/{asked['name']}"
        url = f"{self.hub.url}/{'spaces/' if kind == 'spaces' else ''}{id}"
        if (kind, id) in self.hub.repositories:
            raise HubError(409, f"You already created this {kind[:-1]} repo", url=url)
        self.hub.repositories[kind, id] = Repository(asked.get("visibility") == "private", asked.get("sdk"))
        return {"url": url}

    def validate_yaml(self, body: bytes) -> dict[str, Any]:
        if not json.loads(body)["content"].startswith("---\n"):
            return {"errors": [], "warnings": [{"message": "empty or missing yaml metadata in repo card"}]}
        return {"errors": [], "warnings": []}

    def preupload(self, body: bytes, kind: str, id: str) -> dict[str, Any]:
        repository = self._writable(kind, id)

        def mode(file: dict[str, Any]) -> dict[str, Any]:
            try:
                base64.b64decode(file["sample"]).decode()
                is_large = file["path"].endswith(".safetensors")
            except UnicodeDecodeError:
                is_large = True
            known = {"oid": repository.oid(file["path"])} if file["path"] in repository.files else {}
            return {
                "path": file["path"],
                "uploadMode": "lfs" if is_large else "regular",
                "shouldIgnore": False,
                **known,
            }

        return {"files": [mode(file) for file in json.loads(body)["files"]]}

    def lfs_batch(self, body: bytes, kind: str, id: str) -> dict[str, Any]:
        self._writable(kind or "models", id)

        def actions(oid: str) -> dict[str, Any]:
            if oid in self.hub.objects:
                return {}
            return {"actions": {do: {"href": f"{self.hub.url}/lfs/{do}/{oid}"} for do in ("upload", "verify")}}

        objects = [{**asked, **actions(asked["oid"])} for asked in json.loads(body)["objects"]]
        return {"transfer": "basic", "objects": objects}

    def lfs_upload(self, body: bytes, oid: str) -> dict[str, Any]:
        if sha256(body).hexdigest() != oid:
            raise HubError(400, "the content does not have this hash")
        self.hub.objects[oid] = body
        return {}

    def lfs_verify(self, body: bytes, oid: str) -> dict[str, Any]:
        self._owner()
        if len(self.hub.objects.get(oid, b"")) != json.loads(body)["size"]:
            raise HubError(404, "the object has not arrived")
        return {}

    def commit(self, body: bytes, kind: str, id: str) -> dict[str, Any]:
        repository = self._writable(kind, id)
        for line in body.splitlines():
            key, value = json.loads(line)["key"], json.loads(line)["value"]
            if key == "header":
                repository.messages.append(value["summary"])
            elif key == "file":
                repository.files[value["path"]] = base64.b64decode(value["content"])
            elif key == "lfsFile":
                if value["oid"] not in self.hub.objects:
                    raise HubError(400, "the LFS object was never uploaded")
                repository.files[value["path"]] = self.hub.objects[value["oid"]]
                repository.large.add(value["path"])
            elif key == "deletedFile":
                del repository.files[value["path"]]
        url = f"{self.hub.url}/{id}/commit/{repository.commit}"
        return {"success": True, "commitOid": repository.commit, "commitUrl": url}

    def info(self, body: bytes, kind: str, id: str) -> dict[str, Any]:
        repository = self._readable(kind, id)
        siblings = [{"rfilename": path} for path in repository.files]
        return {"id": id, "sha": repository.commit, "private": repository.private, "siblings": siblings, "tags": []}

    def tree(self, body: bytes, kind: str, id: str, folder: str | None) -> list[dict[str, Any]]:
        repository = self._readable(kind, id)
        prefix = f"{folder}/" if folder else ""
        below = [path for path in repository.files if path.startswith(prefix)]
        if not below:
            raise HubError(404, f"{folder} does not exist", "EntryNotFound")
        if "recursive=true" in urlsplit(self.path).query.lower():
            return [self._entry(repository, path) for path in below]
        children = dict.fromkeys(prefix + path.removeprefix(prefix).split("/")[0] for path in below)
        return [self._entry(repository, path) for path in children]

    def _entry(self, repository: Repository, path: str) -> dict[str, Any]:
        """What the Hub tells of a file or of a folder."""
        if path not in repository.files:
            return {"type": "directory", "path": path, "size": 0, "oid": sha1(path.encode()).hexdigest()}
        oid, size = repository.oid(path), len(repository.files[path])
        lfs = {"lfs": {"oid": oid, "size": size, "pointerSize": 134}} if path in repository.large else {}
        return {"type": "file", "path": path, "size": size, "oid": oid, **lfs}

    def resolve(self, body: bytes, kind: str, id: str, path: str) -> tuple[bytes, dict[str, str]]:
        repository = self._readable(kind or "models", id)
        if path not in repository.files:
            raise HubError(404, f"{path} does not exist", "EntryNotFound")
        headers = {"ETag": f'"{repository.oid(path)}"', "X-Repo-Commit": repository.commit}
        return repository.files[path], {"Content-Type": "application/octet-stream", **headers}


_API = r"/api/(?P<kind>models|spaces|datasets)/(?P<id>[^/]+/[^/]+)"
_FILES = r"/(?:(?P<kind>spaces|datasets)/)?(?P<id>[^/]+/[^/]+)"
ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    ("GET", r"/api/whoami-v2", _Handler.whoami),
    ("POST", r"/api/repos/create", _Handler.create),
    ("POST", r"/api/validate-yaml", _Handler.validate_yaml),
    ("POST", rf"{_API}/preupload/main", _Handler.preupload),
    ("POST", rf"{_FILES}\.git/info/lfs/objects/batch", _Handler.lfs_batch),
    ("PUT", r"/lfs/upload/(?P<oid>\w+)", _Handler.lfs_upload),
    ("POST", r"/lfs/verify/(?P<oid>\w+)", _Handler.lfs_verify),
    ("POST", rf"{_API}/commit/main", _Handler.commit),
    ("GET", rf"{_API}(?:/revision/[^/]+)?", _Handler.info),
    ("GET", rf"{_API}/tree/[^/]+(?:/(?P<folder>.+))?", _Handler.tree),
    ("GET HEAD", rf"{_FILES}/resolve/[^/]+/(?P<path>.+)", _Handler.resolve),
]
