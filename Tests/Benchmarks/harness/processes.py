"""What processes cost: processor time and private memory, read from /proc."""
import os
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def cpu_seconds(pid):
    """Processor seconds of a process' threads that live, to the nanosecond."""
    total = 0
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return 0.0
    for thread in threads:
        text = _read(f"/proc/{pid}/task/{thread}/schedstat")
        total += int(text.split()[0]) if text else 0
    return total / 1e9


def children(pid):
    """The processes that a process has started, and that live."""
    return [int(child) for child in _read(f"/proc/{pid}/task/{pid}/children").split()]


def family_cpu_seconds(pid):
    """Processor seconds of a process and its children, those that have ended included: to the hundredth for these."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / TICK if fields else 0.0
    return ended + cpu_seconds(pid) + sum(cpu_seconds(child) for child in children(pid))


def private_bytes(pid):
    """Memory that is this process' alone: anonymous pages, no mapped files."""
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


class PeakMemory:
    """The most private memory that a process has, looked at 20 times a second: in all, and lately."""

    def __init__(self, pid):
        self.pid, self.peak, self.recent, self._ends = pid, 0, 0, threading.Event()
        self._look()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _look(self):
        now = private_bytes(self.pid)
        self.peak, self.recent = max(self.peak, now), max(self.recent, now)

    def _watch(self):
        while not self._ends.wait(0.05):
            self._look()

    def begin(self):
        """Forgets what was lately."""
        self.recent = 0
        self._look()

    def stop(self):
        self._ends.set()
        self._thread.join()
        return self.peak


def run_on(pids, processors):
    """Has processes, with all their threads, run on these processors only."""
    for pid in pids:
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except FileNotFoundError:
            continue
        for thread in threads:
            try:
                os.sched_setaffinity(int(thread), processors)
            except ProcessLookupError:
                pass


def wait_for(what, condition, seconds=60, alive=None):
    """Waits until a condition holds; `alive` is a process that must not end meanwhile."""
    deadline = time.monotonic() + seconds
    while not condition():
        if alive is not None and alive.poll() is not None:
            raise SystemExit(f"{what}: the process ended with {alive.returncode}")
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(0.02)
