"""Runs pgbench and redis-benchmark, what a user would do without the daemon, and what that costs."""
import glob
import os
import re
import subprocess
import time

from . import processes


class Rivals:
    """pgbench and redis-benchmark on the servers that the daemon uses too."""

    def __init__(self, servers):
        self.servers = servers
        self.pgbench_program = f"{servers.pg_bin}/pgbench"
        self._rates = {}

    def pgbench(self, scripts, *, clients=1, seconds=1, variables=None, settings=None):
        """Runs scripts, prepared, over Unix sockets. Its seconds are whole ones; less than one is as many transactions as
        it did in a second the first time."""
        key = (len(scripts), scripts[0][:200], clients)
        duration = ["-T", max(1, round(seconds))]
        if seconds < 1 and key in self._rates:
            duration = ["-t", max(1, round(self._rates[key] * seconds / clients))]
        folder = self.servers.dir
        files = []
        for number, script in enumerate(scripts):
            path = f"{folder}/rival{number}.sql"
            with open(path, "w") as file:
                file.write(script)
            files += ["-f", path]
        # Logging each transaction of many would slow it down; of a lone client it is needed, and cheap.
        sampling = 1 if clients == 1 else 0.1
        prefix = f"{folder}/rival-log"
        options = ["-h", self.servers.pg_dir, "-U", "postgres", "-n", "-M", "prepared", "-c", clients, "-j",
                   min(2, clients), *duration, "-l", "--log-prefix", prefix, "--sampling-rate", sampling, *files]
        for key, value in (variables or {}).items():
            options += ["-D", f"{key}={value}"]
        environment = dict(os.environ)
        if settings:
            environment["PGOPTIONS"] = " ".join(f"-c {key}={value}" for key, value in settings.items())
        output, cost = self._run([self.pgbench_program, *map(str, options), "brain"], environment)
        if "failed" in output and not re.search(r"failed transactions: 0 ", output):
            raise SystemExit(f"pgbench: {output}")
        count = int(re.search(r"actually processed: (\d+)", output)[1])
        rate = float(re.search(r"tps = ([0-9.]+) \(without", output)[1])
        self._rates[key] = rate
        times = []
        for path in glob.glob(prefix + ".*"):
            with open(path) as file:
                times += [int(line.split()[2]) for line in file]
            os.unlink(path)
        times.sort()
        share = lambda part: times[min(len(times) - 1, int(len(times) * part))] if times else None
        return self._measure(count, rate, share(0.5), share(0.99), cost)

    def redis_get(self, keys, *, clients=8, depth=1, seconds=1.0):
        """GETs of keys bench:000000000000 and so on, at random."""
        key = (clients, depth)
        count = int(self._rates.get(key, 20_000) * seconds)
        options = ["-s", self.servers.redis_socket, "-n", count, "-c", clients, "-P", depth, "-r", keys, "--csv", "GET",
                   "bench:__rand_int__"]
        output, cost = self._run(["redis-benchmark", *map(str, options)], None)
        fields = [field.strip('"') for field in output.strip().splitlines()[-1].split(",")]
        rate = float(fields[-7])
        first = key not in self._rates
        self._rates[key] = rate
        if first:
            return self.redis_get(keys, clients=clients, depth=depth, seconds=seconds)
        return self._measure(count, rate, 1000 * float(fields[-4]), 1000 * float(fields[-2]), cost)

    def _run(self, command, environment):
        before = self._servers_cpu()
        begin = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command[0]}: {output}")
        return output, (usage.ru_utime + usage.ru_stime, self._servers_cpu() - before, time.monotonic() - begin)

    def _servers_cpu(self):
        return processes.family_cpu_seconds(self.servers.postmaster) + processes.cpu_seconds(self.servers.redis.pid)

    @staticmethod
    def _measure(count, rate, p50, p99, cost):
        return {"operations": count, "rate": rate, "p50": p50, "p99": p99, "clientCpu": 1e6 * cost[0] / count,
                "serverCpu": 1e6 * cost[1] / count, "clientShare": cost[0] / cost[2]}
