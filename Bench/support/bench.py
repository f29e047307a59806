"""Shared by the benchmarks: results, child processes and their /proc data, an IRC server and a person on it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def result(name, metric, ours, unit, peer=None, peer_name=None):
    """Prints one line of the benchmark's output."""
    print(json.dumps({
        "name": name, "metric": metric, "ours": rounded(ours), "peer": rounded(peer), "peer_name": peer_name,
        "ratio": None if peer is None else rounded(ours / peer), "unit": unit}), flush=True)


def rounded(value):
    return None if value is None else float(f"{value:.4g}")


def say(text):
    print(f"    {text}", file=sys.stderr, flush=True)


def share(values, part):
    """The quantile: the value that the fraction `part` of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def median(values):
    return sorted(values)[len(values) // 2]


# Above this share of the median between a contender's worst and best round, the machine is too busy for a judgement.
NOISE = 0.35


def rounds(contenders, count=5):
    """Measures each contender once in every round, in alternating order, and returns the lists of values by name.

    `contenders`: functions by name. Returns None, and says so, if the machine is too noisy for a judgement.
    """
    values = {name: [] for name in contenders}
    for number in range(count):
        order = list(contenders.items())
        for name, measure in order if number % 2 == 0 else reversed(order):
            values[name].append(measure())
    return values if is_quiet(values) else None


def is_quiet(values):
    """Prints the median and the spread of each contender's rounds, `values` by name; False if they differ too much."""
    spreads = {name: (max(each) - min(each)) / median(each) for name, each in values.items()}
    for name, each in values.items():
        say(f"{name}: median {median(each):.4g} of {len(each)} rounds, {min(each):.4g} to {max(each):.4g}")
    noisy = [f"{name} {share:.0%}" for name, share in spreads.items() if share > NOISE]
    if noisy:
        say(f"no judgement: the machine is too noisy, the rounds differ by {', '.join(noisy)} (at most {NOISE:.0%})")
    return not noisy


def is_quiet_throughout(times, count=5):
    """Whether each contender's times, by name, which alternate, had about the same median from beginning to end."""
    sizes = {name: max(1, len(each) // count) for name, each in times.items()}
    return is_quiet({name: [median(each[start:start + sizes[name]]) for start in range(0, sizes[name] * count, sizes[name])
                            if each[start:start + sizes[name]]] for name, each in times.items()})


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def tree(root):
    """A process and all below it."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        fields = stat_fields(name)
        if fields:
            parents[int(name)] = int(fields[1])
    found = []
    for process in parents:
        above = process
        while above in parents and above != root:
            above = parents[above]
        if above == root:
            found.append(process)
    return found


def stat_fields(process):
    """The fields of /proc/PID/stat after the name, the state first; None if it has ended."""
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return None


def tree_memory(root):
    """Proportional set size of a process and all below it, in MB: shared pages count in equal parts."""
    return sum(map(proportional, tree(root))) / 1000


def tree_cpu(root):
    """Seconds of processor time so far of a process and all below it that run."""
    return sum(int(fields[11]) + int(fields[12]) for fields in map(stat_fields, tree(root)) if fields) / TICKS


def proportional(process):
    """In KB."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as rollup:
            return next((int(line.split()[1]) for line in rollup if line.startswith("Pss:")), 0)
    except OSError:
        return 0


class Folder:
    """A temporary folder on the build's disk, because /tmp may be in memory."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="bench-", dir=os.path.dirname(os.environ["JETBRIDGE_BINARY"]))
        os.chmod(self.path, 0o755)  # ngIRCd drops its privileges before it reads
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class Child:
    """A child process that is stopped at the end of its block; its log is shown if the block fails."""

    def __init__(self, words, folder, name, environment=None, capture=False):
        self.words, self.name, self.capture = words, name, capture
        self.log = os.path.join(folder, f"{name}.log")
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder} | (environment or {})
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.words, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.capture else log, stderr=log, text=True)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __exit__(self, kind, *_):
        self.stop()
        if kind is not None and kind is not KeyboardInterrupt:
            with open(self.log, errors="replace") as log:
                sys.stderr.write("".join(f"    {self.name}: {line}" for line in log.readlines()[-15:]))

    def line(self):
        """The next line of its standard output as JSON."""
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended early")
        return json.loads(line)

    # From /proc

    def cpu(self):
        """Seconds of processor time so far, for all threads: user and kernel."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return int(fields[11]) / TICKS, int(fields[12]) / TICKS

    def memory(self, field="VmRSS"):
        """In MB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field + ":")) / 1000


class ModelServer(Child):
    """`jetbridge-bench model`; clients connect to `base_url`."""

    def __init__(self, folder, mode, **settings):
        words = [os.environ["JETBRIDGE_BENCH"], "model", f"mode={mode}"]
        super().__init__(words + [f"{key}={value}" for key, value in settings.items()], folder, "model", capture=True)

    def __enter__(self):
        super().__enter__()
        self.base_url = self.line()["base_url"]
        return self


class NgIRCd(Child):
    """ngIRCd without flood limits.

    `channels`: how many a person may be in.
    """

    def __init__(self, folder, channels=100):
        [self.port] = free_ports(1)
        path = os.path.join(folder, "ngircd.conf")
        with open(path, "w") as file:
            file.write(f"""
                [Global]
                Name = bench.test
                Info = Benchmarks
                AdminEMail = nobody@bench.test
                Listen = 127.0.0.1
                Ports = {self.port}
                MotdPhrase = Welcome.
                ServerUID = nobody
                ServerGID = nogroup
                [Limits]
                MaxConnectionsIP = 0
                MaxJoins = {channels}
                MaxPenaltyTime = 0
                [Options]
                DNS = no
                Ident = no
                PAM = no
                """)
        super().__init__([shutil.which("ngircd") or "/usr/sbin/ngircd", "-n", "-f", path], folder, "ngircd")

    def __enter__(self):
        super().__enter__()
        wait_for(lambda: connects(self.port), "ngircd")
        return self


class Jetbridge(Child):
    """A binary, the release's by default, serving. `configuration` is YAML added to the common settings."""

    def __init__(self, folder, name, configuration, environment=None, binary=None):
        own = os.path.join(folder, name)
        os.makedirs(own, exist_ok=True)
        [self.port] = free_ports(1)
        self.data = os.path.join(own, "data")
        self.address = f"127.0.0.1:{self.port}"
        self.configuration = os.path.join(own, "jetbridge.yaml")
        with open(self.configuration, "w") as file:
            file.write(f"data_dir: {self.data}\nlog: {{level: warning}}\n"
                       f"gateway: {{listen: {self.address}}}\n{configuration}\n")
        super().__init__([binary or os.environ["JETBRIDGE_BINARY"], "serve", "--config", self.configuration], own, name,
                         environment)

    def __enter__(self):
        self.start()
        wait_for(lambda: connects(self.port), self.name)
        return self

    def command(self, *words):
        """Runs a command with the host's configuration and returns its output, parsed as JSON."""
        run = subprocess.run([os.environ["JETBRIDGE_BINARY"], *words, "--config", self.configuration, "--json"],
                             env=self.environment, capture_output=True, text=True, timeout=30, check=True)
        return json.loads(run.stdout)


def irc_configuration(server, nick, channels, base_url):
    """A host on an IRC server without flood limit, with a model on loopback."""
    names = ", ".join(f'"{channel}"' for channel in channels)
    return f"""
model: {{provider: openai, name: bench, base_url: "{base_url}", api_key: {{env: BENCH_KEY}}}}
access: {{owners: ["irc:bench/mask:asker!*@*"]}}
adapters:
  irc:
    - id: bench
      server: 127.0.0.1:{server.port}
      tls: false
      nick: {nick}
      channels: [{names}]
      flood: {{burst: 1000, interval: 0s}}
"""


KEY = {"BENCH_KEY": "bench"}


def connects(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def wait_for(is_met, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_met():
        if time.monotonic() > deadline:
            raise RuntimeError(f"timed out waiting for {what}")
        time.sleep(0.01)


class Asker:
    """A person on an IRC server, on a blocking socket."""

    def __init__(self, port, nick="asker"):
        self.nick = nick
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.until(lambda line: b" 376 " in line or b" 422 " in line)

    def send(self, *lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def lines(self):
        while True:
            while b"\r\n" not in self.rest:
                piece = self.socket.recv(65536)
                if not piece:
                    raise RuntimeError("the IRC server closed the connection")
                self.rest += piece
            line, _, self.rest = self.rest.partition(b"\r\n")
            if line.startswith(b"PING"):
                self.send("PONG" + line[4:].decode())
                continue
            return line

    def until(self, fits, seconds=20):
        self.socket.settimeout(seconds)
        while True:
            line = self.lines()
            if fits(line):
                return line

    def join(self, *channels):
        for channel in channels:
            self.send(f"JOIN {channel}")
            self.until(lambda line: b" 366 " in line and channel.encode() in line)

    def meet(self, nick, channel, seconds=30):
        """Waits until `nick` is in a channel."""
        deadline = time.monotonic() + seconds
        while True:
            self.send(f"NAMES {channel}")
            line = self.until(lambda line: b" 353 " in line or b" 366 " in line)
            if b" 353 " in line:
                self.until(lambda line: b" 366 " in line)
                if nick.encode() in line.rpartition(b":")[2].replace(b"@", b"").split():
                    return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{nick} did not join {channel} in time")
            time.sleep(0.05)

    def say(self, nick, channel, text):
        """Says something to `nick` and returns the next line from them."""
        self.send(f"PRIVMSG {channel} :{nick}: {text}")
        mark, place = f":{nick}!".encode(), f" PRIVMSG {channel} :".encode()
        return self.until(lambda line: line.startswith(mark) and place in line)

    def ask(self, nick, channel, text):
        """Milliseconds from sending the question to the first line of the answer."""
        start = time.perf_counter()
        line = self.say(nick, channel, text)
        elapsed = (time.perf_counter() - start) * 1000
        if b"This is an instant answer." not in line:
            raise RuntimeError(f"{nick} answered: {line.decode(errors='replace')}")
        return elapsed
