"""The page's server, for one person on this machine.

Tornado serves it, which Jupyter's own servers are made of. nbgrader brings it along, so that a
course's environment gets nothing new.

Any account of a machine can reach 127.0.0.1. So whatever is said of the course takes a token, which
is in the fragment of the page's address: a browser sends that to nobody, and writes it into no log.
The page keeps it for its tab and sends it in a header. There is no cookie, which a browser would
send to whatever else listens on this machine, and without one no other page can write in a marker's
name; who asks from another page, or under another host's name, is refused all the same.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import re
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from sandgrader.gradebook import GradebookError, trouble_with
from sandgrader.marking.desk import Desk
from sandgrader.marking.marks import ChangedError, GoneError, MarkError

HOST = "127.0.0.1"
PAGE = Path(__file__).parent / "page"
KINDS = {
    "index.html": "text/html",
    "mark.css": "text/css",
    "mark.js": "text/javascript",
    "keeper.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
"""The page's files, which hold nothing of a course."""
LARGEST = 256 * 1024
"""Bytes of what is written at once: a comment is some lines."""
LONGEST_COMMENT = 20_000
_HERE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: its own files, and pictures that stand in an answer."""


class _Guarded(RequestHandler):
    """Answers who asks from this page on this machine."""

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    def prepare(self) -> None:
        # a name of another host may lead here: a page of that host could then ask as this one
        if not _HERE.fullmatch(self.request.host):
            raise HTTPError(403)
        origin = self.request.headers.get("Origin")
        if origin is not None and origin != f"{self.request.protocol}://{self.request.host}":
            raise HTTPError(403)

    def write_error(self, status_code: int, **details: Any) -> None:
        self.finish({"error": _WORDS.get(status_code, "Something went wrong in the server.")})


_WORDS = {
    403: "This page's token isn't this server's: open the address that the command has printed.",
    404: "There is nothing at this address.",
    405: "That can't be done here.",
}


class _File(_Guarded):
    def get(self, name: str) -> None:
        name = name or "index.html"
        if name not in KINDS:
            raise HTTPError(404)
        self.set_header("Content-Type", f"{KINDS[name]}; charset=utf-8")
        self.finish((PAGE / name).read_bytes())


class _Asked(_Guarded):
    """Answers who has the token, in JSON."""

    def initialize(self, desk: Desk, token: str) -> None:
        self.desk, self._token = desk, token

    def prepare(self) -> None:
        super().prepare()
        given = self.request.headers.get("Authorization", "").removeprefix("token ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            raise HTTPError(403)

    def said(self) -> dict[str, Any]:
        """Return the JSON that was sent. Raises :class:`MarkError` for what is none of ours."""
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        try:
            content = json.loads(self.request.body) if kind == "application/json" else None
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise MarkError("This isn't what the page sends.")
        return content

    def reply(self, action: Callable[[], Any]) -> None:
        """Do something and say what came of it; what can't be done is said in a sentence."""
        try:
            self.finish(json.dumps(action()))
        except ChangedError as problem:
            now = problem.now
            self._refuse(409, str(problem), {"points": now.points, "comment": now.comment,
                                             "marker": now.marker, "waits": now.waits,
                                             "automatic": now.automatic})  # fmt: skip
        except GoneError as problem:
            self._refuse(404, str(problem))
        except MarkError as problem:
            self._refuse(400, str(problem))
        except SQLAlchemyError as problem:
            self._refuse(503, str(trouble_with(problem, self.desk.course.gradebook.address)))
        except GradebookError as problem:
            self._refuse(503, str(problem))

    def _refuse(self, status: int, words: str, now: object = None) -> None:
        self.set_status(status)
        self.finish({"error": words, **({"mark": now} if now else {})})


class _Pile(_Asked):
    def get(self) -> None:
        self.reply(self.desk.pile)


class _Agreement(_Asked):
    def get(self) -> None:
        self.reply(lambda: {"questions": self.desk.agreed()})


class _Question(_Asked):
    def get(self, identity: str) -> None:
        self.reply(lambda: self.desk.question(identity))


class _Text(_Asked):
    def get(self, grade_id: str) -> None:
        self.reply(lambda: self.desk.text(grade_id))


class _Name(_Asked):
    def get(self, grade_id: str) -> None:
        self.reply(lambda: self.desk.name(grade_id))


class _Mark(_Asked):
    def get(self, grade_id: str) -> None:
        settling = self.get_query_argument("settling", "") == "yes"
        self.reply(lambda: self.desk.mark(grade_id, settling))

    def put(self, grade_id: str) -> None:
        def write() -> Any:
            said = self.said()
            change: dict[str, Any] = {
                name: said[name] for name in ("points", "comment") if name in said
            }
            comment, seen = change.get("comment", ""), said.get("seen")
            if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
                raise MarkError(f"A comment has {LONGEST_COMMENT:,} characters at most.")
            if not change or not isinstance(seen, dict):
                raise MarkError("This isn't what the page sends.")
            return self.desk.write(grade_id, change, seen)

        self.reply(write)


class _Flag(_Asked):
    def put(self, grade_id: str) -> None:
        self.reply(lambda: self.desk.flag(grade_id, self.said().get("flagged") is True))


def make_application(desk: Desk, token: str) -> Application:
    """Return the page and what it asks, for who has ``token``."""
    shared, answer = {"desk": desk, "token": token}, r"/api/answers/([0-9a-f]{1,64})"
    return Application(
        [
            (r"/api/pile", _Pile, shared),
            (r"/api/agreement", _Agreement, shared),
            (r"/api/questions/([0-9a-f]{12})", _Question, shared),
            (rf"{answer}/text", _Text, shared),
            (rf"{answer}/name", _Name, shared),
            (rf"{answer}/mark", _Mark, shared),
            (rf"{answer}/flag", _Flag, shared),
            (r"/api/.*", _Asked, shared),
            (r"/([a-z.]*)", _File),
        ],
        log_function=lambda handler: None,
    )


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_hex(24)


def bind(ports: range) -> list[socket.socket]:
    """Return sockets on the first free one of ``ports``. Raises ``OSError`` where none is."""
    for port in ports[:-1]:
        with contextlib.suppress(OSError):
            return bind_sockets(port, HOST)
    return bind_sockets(ports[-1], HOST)


def serve(
    application: Application, sockets: list[socket.socket], ready: Callable[[], None]
) -> None:
    """Serve until Ctrl-C, and say when it is ready."""
    server = HTTPServer(application, max_body_size=LARGEST, max_buffer_size=LARGEST)
    server.add_sockets(sockets)
    loop = IOLoop.current()
    loop.add_callback(ready)
    try:
        loop.start()
    finally:
        server.stop()
