"""HTTP/1.1 on asyncio: an own reader with keep-alive, and the faults that happen on a wire.

Written for speed and for misbehaviour on order; a general HTTP library would repair what tests
want broken.
"""
import asyncio
import email.utils
import http.client
import json
import socket
import struct
import time

from . import ctl
from .server import Answer, Request

MAX_HEAD = 65536
MAX_BODY = 8 << 20


class Connection(asyncio.Protocol):
    def __init__(self, app):
        self.app = app
        self.buffer = b""
        self.transport = None
        self.busy = False           # one request at a time; pipelined ones wait in the buffer
        self.head = None
        self.served = 0
        self.answering = False

    # ---------------------------------------------------------------- reading

    def connection_made(self, transport):
        self.transport = transport
        log = self.app.log
        log.open += 1
        log.connections += 1
        log.peak_open = max(log.peak_open, log.open)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc):
        self.app.log.open -= 1
        self._landed()

    def _landed(self):
        if self.answering:
            self.answering = False
            self.app.log.flight -= 1

    def data_received(self, data):
        self.app.log.bytes_in += len(data)
        self.buffer += data
        if not self.busy:
            self._next()

    def _next(self):
        if self.head is None:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self.buffer) > MAX_HEAD:
                    self._refuse(431, "head too large")
                return
            if not self._read_head(self.buffer[:end]):
                return
            self.buffer = self.buffer[end + 4:]
        length = self.head[3]
        if len(self.buffer) < length:
            return
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        method, target, headers, _ = self.head
        self.head = None
        self.busy = True
        self._dispatch(Request(method, target, headers, body))

    def _read_head(self, raw):
        try:
            lines = raw.decode("ascii").split("\r\n")
            method, target, version = lines[0].split(" ")
            headers = []
            for line in lines[1:]:
                name, colon, value = line.partition(":")
                if not colon or not name or name != name.strip():
                    raise ValueError("header line %r" % line)
                headers.append((name, value.strip()))
        except (ValueError, UnicodeDecodeError) as err:
            return self._refuse(400, "bad request head: %s" % err)
        low = {n.lower(): v for n, v in headers}
        if version not in ("HTTP/1.1", "HTTP/1.0") or not target.startswith("/"):
            return self._refuse(400, "bad request line %r" % lines[0])
        if "host" not in low:
            return self._refuse(400, "no Host header")
        if "transfer-encoding" in low:
            return self._refuse(411, "chunked requests are not taken: AWS wants Content-Length")
        text = low.get("content-length", "0")
        if not text.isdigit() or int(text) > MAX_BODY:
            return self._refuse(400, "bad Content-Length %r" % text)
        if method == "POST" and "content-length" not in low:
            return self._refuse(411, "POST without Content-Length")
        if low.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.head = (method, target, headers, int(text))
        self.close_after = version == "HTTP/1.0" or low.get("connection", "").lower() == "close"
        return True

    def _refuse(self, status, why):
        self.app.log.violation("http", "?", [why], Request("?", "?", [], self.buffer[:2000]))
        self.transport.write(("HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % (
            status, http.client.responses.get(status, "?"))).encode())
        self.transport.close()
        return False

    # ---------------------------------------------------------------- answering

    def _dispatch(self, request):
        app = self.app
        if request.path.startswith("/_ctl/"):
            status, value = ctl.control(app, request)
            body = json.dumps(value).encode()
            self._write(Answer(status, {"Content-Type": "application/json"}, body))
            return
        log = app.log
        log.requests += 1
        log.flight += 1
        self.answering = True
        log.peak_flight = max(log.peak_flight, log.flight)
        answer = app.handle(request)
        wait = app.latency_ms / 1000.0
        fault = answer.fault
        if fault is not None:
            if fault.kind in ("hang", "hold"):
                return
            if fault.kind == "delay":
                wait += fault.delay_s
        if wait:
            asyncio.get_running_loop().call_later(wait, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer):
        if self.transport.is_closing():
            self._landed()
            return
        body, fault = answer.body, answer.fault
        length, close = len(body), self.close_after
        kind = fault.kind if fault is not None else None
        if kind == "reset":
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
            return
        if kind == "malformed":
            body = body[:-1] + (b"," if body[-1:] == b"}" else b"<") + body[-1:]
            length = len(body)
        elif kind == "truncate":
            body, close = body[:max(1, len(body) // 2)], True
        elif kind == "wrong_length":
            length, close = max(0, length + fault.extra), True
        elif kind == "close":
            close = True
        skew = self.app.world.clock_offset + self.app.faults.skew()
        head = ["HTTP/1.1 %d %s" % (answer.status, http.client.responses.get(answer.status, "?")),
                "Date: " + http_date(int(time.time() + skew)), "Content-Length: %d" % length]
        head += ["%s: %s" % pair for pair in answer.headers.items()]
        if close and kind != "close":
            head.append("Connection: close")
        data = ("\r\n".join(head) + "\r\n\r\n").encode()
        self.app.log.bytes_out += len(data) + len(body)
        if kind == "drip":
            self.transport.write(data)
            self._drip(body, fault.bytes_per_s, close)
            return
        self.transport.write(data + body)
        self._done(close)

    def _drip(self, body, per_second, close):
        if self.transport.is_closing():
            self._landed()
            return
        if not body:
            self._done(close)
            return
        step = max(1, per_second // 10)
        self.transport.write(body[:step])
        asyncio.get_running_loop().call_later(step / per_second, self._drip, body[step:],
                                              per_second, close)

    def _done(self, close):
        self._landed()
        self.served += 1
        if close:
            self.transport.close()
            return
        self.busy = False
        if self.buffer:
            self._next()


_DATE = (0, "")


def http_date(second):
    global _DATE
    if _DATE[0] != second:
        _DATE = (second, email.utils.formatdate(second, usegmt=True))
    return _DATE[1]


async def serve(app, host, port, ssl_context=None):
    """A listening server; its port is server.sockets[0].getsockname()[1]."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(app), host, port, ssl=ssl_context,
                                    backlog=1024)
