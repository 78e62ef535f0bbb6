"""Runs brain-load against the daemon, and adds what the run cost the servers."""
import json
import subprocess

from . import processes


class Failed(Exception):
    """A measurement that counts for nothing, since what was answered is not what should have been."""


class Ours:
    """The daemon under load."""

    def __init__(self, servers, requests, load_program):
        self.servers, self.requests, self.program = servers, requests, load_program
        self._number = 0
        self._offsets = {}

    def begin_anew(self, requests):
        """Sends other files of requests from now on, after the daemon's caches were emptied."""
        self.requests, self._offsets = requests, {}

    def run(self, name, *, clients=1, seconds=1.0, depth=1, cached=False, once=False, rate=0, warm=0.1, count=0, spared=False):
        """Sends one file's requests. cached: at random, with answers that must all be equal. once: each once, from where
        the last run ended. spared: errors and held back requests are no failure."""
        options = ["--socket", self.servers.socket, "--requests", self.requests.path(name), "--clients", clients,
                   "--depth", depth, "--count", count, "--seconds", seconds, "--warm", warm, "--first-number", self._number]
        if cached:
            options += ["--random", "--same-answer"]
        if once:
            options += ["--once", "--offset", self._offsets.get(name, 0)]
        if rate:
            options += ["--rate", rate]
        daemon = self.servers.daemon.pid
        before = self._costs(daemon)
        result = subprocess.run([self.program, *map(str, options)], capture_output=True, text=True)
        after = self._costs(daemon)
        if result.returncode and not (spared and result.stdout):
            raise Failed(f"{name}: {result.stderr}\n{self.servers.log_tail()}")
        measure = json.loads(result.stdout)
        # Numbers of placeholders: a batch has a hundred.
        self._number += measure["sent"] * 100
        if once:
            self._offsets[name] = self._offsets.get(name, 0) + measure["sent"]
        if cached and measure["fromStore"] > measure["operations"] / 100:
            raise Failed(f"{name}: {measure['fromStore']} of {measure['operations']} answers were not cached\n{self.servers.log_tail()}")
        if not measure["operations"]:
            raise Failed(f"{name}: nothing was answered, or all that can be asked once was asked before")
        if once and measure["fromCache"]:
            raise Failed(f"{name}: {measure['fromCache']} answers came from the cache")
        sent = max(1, measure["sent"])
        daemon_cpu, postgres_cpu, redis_cpu = (1e6 * (b - a) / sent for a, b in zip(before, after))
        return measure | {"daemonCpu": daemon_cpu, "serverCpu": postgres_cpu + redis_cpu,
                          "clientCpu": 1e6 * measure["cpu"] / max(1, measure["operations"]),
                          "clientShare": measure["cpu"] / measure["seconds"]}

    def _costs(self, daemon):
        return (processes.cpu_seconds(daemon), processes.family_cpu_seconds(self.servers.postmaster),
                processes.cpu_seconds(self.servers.redis.pid))
