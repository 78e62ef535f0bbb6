"""A private PostgreSQL, Redis and daemon in a folder of their own, all on Unix sockets."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from . import processes

# The same durability for everyone who writes, whoever it is. Checkpoints and autovacuum would hit now one and now the other
# in turn, so tables are vacuumed between the rows instead, and checkpoints are far apart.
POSTGRES_SETTINGS = {
    "listen_addresses": "''", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
    "shared_buffers": "1GB", "max_wal_size": "16GB", "checkpoint_timeout": "1h", "autovacuum": "off",
    "max_connections": "200", "maintenance_work_mem": "512MB", "wal_buffers": "16MB",
}


class CommandFailed(Exception):
    """brainctl said that it could not do it."""


class Servers:
    """Starts the servers, and ends them and removes what they wrote."""

    def __init__(self, bin_dir, redis_memory="512mb", settings=None):
        self.bin_dir = os.path.abspath(bin_dir)
        self.pg_bin = subprocess.check_output(["pg_config", "--bindir"], text=True).strip()
        # Where a durable write reaches a disk: /tmp is memory on many machines.
        self.dir = tempfile.mkdtemp(prefix="bb-", dir=os.environ.get("BENCH_DIR", "/var/tmp"))
        os.chmod(self.dir, 0o755)
        self.daemon = self.redis = None
        self.more_environment = {}
        self.settings = {**POSTGRES_SETTINGS, **(settings or {})}
        self.redis_memory = redis_memory
        self.redis_socket = f"{self.dir}/redis.sock"
        self.socket = f"{self.dir}/brain.sock"

    def __enter__(self):
        # A run that is told to end leaves nothing behind either.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            self._start_postgres()
            self._start_redis()
            self.start_daemon()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop_daemon()
        if self.redis:
            self.redis.kill()
            self.redis.wait()
        subprocess.run([*self._other_user(), f"{self.pg_bin}/pg_ctl", "-D", f"{self.dir}/pg", "-m", "immediate", "stop"],
                       cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.dir, ignore_errors=True)

    @staticmethod
    def _other_user():
        """PostgreSQL refuses to be root."""
        return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def _start_postgres(self):
        data = f"{self.dir}/pg"
        os.mkdir(data, 0o700)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(data, user.pw_uid, user.pw_gid)
        user = self._other_user()
        run = {"cwd": "/", "check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([*user, f"{self.pg_bin}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                        "--locale=C.UTF-8", "-k"], **run)
        options = " ".join(f"-c {key}={value}" for key, value in self.settings.items())
        subprocess.run([*user, f"{self.pg_bin}/pg_ctl", "-D", data, "-l", f"{data}/log", "-w", "start", "-o",
                        f"-k {data} {options}"], **run)
        self.pg_dir = data
        with open(f"{data}/postmaster.pid") as file:
            self.postmaster = int(file.readline())
        self.sql("CREATE DATABASE brain", database="postgres")

    def _start_redis(self):
        self.redis = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.redis_socket, "--save", "", "--dir", self.dir,
             "--maxmemory", self.redis_memory, "--maxmemory-policy", "allkeys-lru"], stdout=subprocess.DEVNULL)
        processes.wait_for("Redis", lambda: os.path.exists(self.redis_socket), alive=self.redis)

    def environment(self):
        """What makes a daemon use these servers, and do nothing of its own accord."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("BRAIN_")}
        return own | {
            "BRAIN_POSTGRES_URL": f"host={self.pg_dir} user=postgres dbname=brain",
            "BRAIN_REDIS_URL": f"unix://{self.redis_socket}", "BRAIN_SOCKET_PATH": self.socket,
            "BRAIN_WORKERS_EXPIRY_CLEANUP": "off", "BRAIN_WORKERS_STATS_REFRESH": "off",
            "BRAIN_WORKERS_CACHE_COUNTERS": "off", "BRAIN_LOG_TARGET": "stderr",
        } | self.more_environment

    def start_daemon(self):
        log = open(f"{self.dir}/daemon.log", "a")
        self.daemon = subprocess.Popen([f"{self.bin_dir}/brain-memoryd"], env=self.environment(), stderr=log)
        log.close()
        processes.wait_for("the daemon", self._answers, alive=self.daemon)

    def _answers(self):
        try:
            self.ctl("health")
            return True
        except CommandFailed:
            return False

    def stop_daemon(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(30)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()

    def configured(self, key, default=None):
        """The value of one of the daemon's keys, as text."""
        dump = subprocess.check_output([f"{self.bin_dir}/brain-memoryd", "--dump-config"], env=self.environment(), text=True)
        for line in dump.splitlines():
            if line.startswith(f"{key}:"):
                return line.split(":", 1)[1].split("#")[0].strip()
        return default

    def log_tail(self):
        """The last of what the daemon and PostgreSQL had to say."""
        lines = []
        for path in (f"{self.pg_dir}/log", f"{self.dir}/daemon.log"):
            with open(path) as file:
                lines += file.readlines()[-15:]
        return "".join(lines)

    def ctl(self, *arguments):
        """What brainctl prints."""
        result = subprocess.run([f"{self.bin_dir}/brainctl", *arguments], text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, env=self.environment() | {"BRAIN_SOCKET": self.socket})
        if result.returncode:
            raise CommandFailed(f"brainctl {' '.join(arguments)}: {result.stdout}")
        return result.stdout

    def psql(self, *arguments, database="brain", **more):
        return subprocess.run(
            [f"{self.pg_bin}/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.pg_dir, "-U", "postgres", "-d", database,
             *arguments], check=True, text=True, stdout=subprocess.PIPE, **more).stdout.strip()

    def sql(self, *statements, database="brain"):
        """Runs statements, each in its own transaction, and returns what the last one selects."""
        return self.psql(*[part for text in statements for part in ("-c", text)], database=database)

    def redis_call(self, *commands):
        """Sends commands and returns the raw bytes of their answers, which must be of a line each."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.redis_socket)
            file = connection.makefile("rwb")
            answers = []
            for start in range(0, len(commands), 500):
                part = commands[start:start + 500]
                for command in part:
                    words = [word if isinstance(word, bytes) else str(word).encode() for word in command]
                    file.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
                file.flush()
                answers += [file.readline() for _ in part]
            return answers
