"""Clients that write through restarts of the daemon, with nothing but a socket: restart_clients.py SOCKET LEDGER CLIENTS

Each keeps a connection and some requests under way, and reconnects when it ends. Until SIGTERM; then the ledger has each
acknowledged memory's id, and standard output what happened:

    refused      connections that were refused
    unanswered   requests that the kernel had taken whole and that were not answered before the connection ended
    final        errors that are not retryable
"""
import json, signal, socket, struct, sys, threading, time

path, ledger, clients = sys.argv[1], sys.argv[2], int(sys.argv[3])
ends = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ends.set())
lock = threading.Lock()
counts = {name: 0 for name in ("acknowledged", "retryable", "resent", "connections", "refused", "unanswered", "final")}
acknowledged, examples = [], []


def count(name, example=None):
    with lock:
        counts[name] += 1
        if example is not None and len(examples) < 10:
            examples.append(f"{name}: {example}")


class Client(threading.Thread):
    """One connection after another. `depth` requests are sent before their answers are read."""

    def __init__(self, number, depth):
        super().__init__(daemon=True)
        self.number, self.depth, self.made, self.last = number, depth, 0, 0
        self.todo = []

    def next_id(self):
        if self.todo:
            return self.todo.pop()
        self.made += 1
        return f"c{self.number}-{self.made}"

    def run(self):
        while not ends.is_set():
            try:
                self.connection()
            except OSError as error:
                count("refused", f"connect: {error}")
                time.sleep(0.01)

    def connection(self):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(60)
            link.connect(path)
            count("connections")
            stream = link.makefile("rb")
            while not ends.is_set():
                pending, is_open = {}, True
                for _ in range(self.depth):
                    memory = self.next_id()
                    self.last += 1
                    if not self.send(link, self.last, memory):
                        # Not taken whole, so not carried out.
                        count("resent")
                        self.todo.append(memory)
                        is_open = False
                        break
                    pending[self.last] = memory
                if not self.read(stream, pending) or not is_open:
                    return

    @staticmethod
    def send(link, number, memory):
        record = {"id": memory, "agentId": "restarts", "context": {"text": "x" * 200}}
        body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "store", "params": {"record": record},
                           "deadlineMs": 30000}).encode()
        try:
            link.sendall(struct.pack(">I", len(body)) + body)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def read(self, stream, pending):
        """Takes the answers to `pending`. False when the connection has ended."""
        while pending:
            try:
                head = stream.read(4)
                if len(head) < 4:
                    raise ConnectionResetError("the end")
                answer = json.loads(stream.read(struct.unpack(">I", head)[0]))
            except (OSError, ValueError) as error:
                for memory in pending.values():
                    count("unanswered", f"{memory}: {error}")
                return False
            memory = pending.pop(answer["id"])
            if "result" in answer:
                count("acknowledged")
                with lock:
                    acknowledged.append(memory)
            elif answer["error"]["data"]["retryable"]:
                count("retryable")
                self.todo.append(memory)
            else:
                count("final", answer["error"])
        return True


threads = [Client(number, depth=1 if number % 2 else 16) for number in range(clients)]
for thread in threads:
    thread.start()
ends.wait()
for thread in threads:
    thread.join(timeout=60)
    if thread.is_alive():
        count("unanswered", "a client that hangs")
with open(ledger, "w") as file:
    file.writelines(memory + "\n" for memory in acknowledged)
print(json.dumps(counts))
for example in examples:
    print(example)
