"""A client of the wire protocol for drills: one connection, one request at a time."""
import json
import socket
import struct


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.number = 0

    def read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the daemon closed the connection")
            data += part
        return data

    def call(self, method, **params):
        self.number += 1
        text = json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}).encode()
        self.socket.sendall(struct.pack(">I", len(text)) + text)
        answer = json.loads(self.read(struct.unpack(">I", self.read(4))[0]))
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]
