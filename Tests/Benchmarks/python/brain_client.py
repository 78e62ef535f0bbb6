"""A client of brain-memoryd in Python, to copy: one connection, one request at a time, nothing but the standard library."""
import json
import socket
import struct


class BrainError(Exception):
    """What the daemon answered instead of a result; `data["kind"]` is what to act on."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.data = error["code"], error["data"]


class Brain:
    def __init__(self, path, seconds=10):
        """`seconds` is how long an answer may take: more than the daemon's own deadline, 5 s unless asked otherwise."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # The kernel's own limit, since Python's settimeout() has every call look first whether the socket is ready.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", seconds, 0))
        self.socket.connect(path)
        self.last = 0
        self.encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
        self.decode = json.JSONDecoder().raw_decode

    def call(self, method, **params):
        self.last += 1
        body = f'{{"jsonrpc":"2.0","id":{self.last},"method":"{method}","params":{self.encode(params)}}}'.encode()
        self.socket.sendall(len(body).to_bytes(4, "big") + body)
        answer, _ = self.decode(self.receive())
        if "error" in answer:
            raise BrainError(answer["error"])
        return answer["result"]

    def receive(self):
        """The body of one frame, which most often comes in one piece."""
        data = self.socket.recv(65536)
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
            more = self.socket.recv(1 << 20)
            if not more:
                raise ConnectionError("the daemon closed the connection")
            data += more
        return data[4:].decode()

    def close(self):
        self.socket.close()
