"""The servers that are measured: how they are started, ended and found in /proc."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from machine import LOAD_CORE, SERVER_CORE, cpu_s, pss_kb, rss_kb, sockets, start, threads, tree

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = os.environ.get("BENCH_RUN", os.path.join(tempfile.gettempdir(), "offhook-bench"))
RESULTS = os.path.join(HERE, "results")
SERVER = "127.0.0.1:5060"
# Both ends of ICE. Janus' does not use the loopback interface, so it needs an address of the machine's own.
WEBRTC_IP = os.environ.get("WEBRTC_IP", "127.0.0.1")
os.environ["PATH"] += ":/usr/sbin"

with open(os.path.join(HERE, "peers.json")) as _file:
    PEERS = json.load(_file)


def offhook():
    """The binary that is measured."""
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(os.path.dirname(HERE), "target"))
    return os.path.abspath(os.environ.get("OFFHOOK_BIN", os.path.join(target, "release", "offhook")))


def _filled(text, values):
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


class Peer:
    """A server for the time of a `with`, on a core of its own.

    `lines` configures it to have so many lines, for what `purpose` names; `calls` is how many there will be.
    """

    def __init__(self, name, lines=None, delay_ms=0, calls=0, core=SERVER_CORE, purpose="lines"):
        self.name, self.config, self.core = name, PEERS[name], core
        self.run = os.path.join(RUN, name)
        self.values = {"RUN": self.run, "OFFHOOK": offhook(), "WEBRTC_IP": WEBRTC_IP, "HERE": HERE,
                       "CALLS": str(calls)}
        if lines is not None and "line" in self.config[purpose]:
            wanted = self.config[purpose]
            self.config = {**self.config, **wanted}
            each = ({"N": str(n), "USER": str(100_000 + n)} for n in range(1, lines + 1))
            self.values |= {"DELAY": str(delay_ms), "LINES": "".join(_filled(wanted["line"], line) for line in each)}
        self.processes = []

    @staticmethod
    def missing(name):
        """The first program of a peer that is not installed."""
        programs = (_filled(command[0], {"OFFHOOK": offhook(), "HERE": HERE}) for command in PEERS[name]["start"])
        return next((program for program in programs if not shutil.which(program)), None)

    def __enter__(self):
        shutil.rmtree(self.run, ignore_errors=True)
        shutil.copytree(os.path.join(HERE, self.config["conf"]), os.path.join(self.run, "etc"))
        for entry in os.scandir(os.path.join(self.run, "etc")):
            with open(entry.path) as file:
                text = _filled(file.read(), self.values)
            os.chmod(entry.path, 0o600)
            with open(entry.path, "w") as file:
                file.write(text)
        for number, command in enumerate(self.config["start"]):
            with open(self.log(number), "w") as log:
                command = [_filled(part, self.values) for part in command]
                environment = {**os.environ, **self.config.get("env", {})}
                self.processes.append(
                    start(self.core, command, cwd=self.run, stdout=log, stderr=log, env=environment))
            self._wait(number, last=number == len(self.config["start"]) - 1)
        return self

    def _wait(self, number, last):
        process, deadline, ready = self.processes[number], time.time() + 30, self.config.get("ready")
        if not last or not ready:
            time.sleep(self.config.get("wait", 1))
        while process.poll() is None:
            with open(self.log(number)) as log:
                if not last or not ready or ready in log.read():
                    return
            if time.time() > deadline:
                break
            time.sleep(0.05)
        self.__exit__()
        sys.exit(f"{self.name} did not start, see {self.log(number)}")

    def log(self, number=0):
        """Where a process writes what it has to say."""
        return os.path.join(self.run, f"log.{number}")

    def pids(self):
        """All its processes."""
        return tree(process.pid for process in self.processes)

    def cpu_s(self):
        """CPU-seconds used so far."""
        return cpu_s(self.pids())

    def pss_kb(self):
        """Memory."""
        return pss_kb(self.pids())

    def rss_kb(self):
        """Memory, with what it shares."""
        return rss_kb(self.pids())

    def descriptors(self):
        """Open sockets and threads."""
        return sockets(self.pids()), threads(self.pids())

    def __exit__(self, *_):
        for process in reversed(self.processes):
            pids = tree([process.pid])
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                for pid in pids:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except OSError:
                        pass
                process.wait()
        self.processes = []


class Registrar(Peer):
    """The PBX at which lines are registered, on the core of the load."""

    def __init__(self):
        self.name, self.core, self.run, self.processes = "registrar", LOAD_CORE, os.path.join(RUN, "registrar"), []
        self.values = {}
        command = ["kamailio", "-DD", "-E", "-f", f"{self.run}/etc/kamailio.cfg", "-Y", self.run,
                   "-P", f"{self.run}/pid", "-m", "128", "-M", "16"]
        self.config = {"conf": "registrar", "start": [command], "ready": "Listening on"}

    def bound(self):
        """How many lines are registered."""
        with open(self.log()) as log:
            return len({line.rsplit("bound ", 1)[1] for line in log if "bound " in line})


def save(peer, record):
    """Keeps what a run gave, and prints it."""
    os.makedirs(RESULTS, exist_ok=True)
    record = {"peer": peer, "when": time.strftime("%Y-%m-%dT%H:%M:%S"), **record}
    with open(os.path.join(RESULTS, f"{peer}.jsonl"), "a") as file:
        file.write(json.dumps(record) + "\n")
    print(json.dumps(record), file=sys.stderr, flush=True)
    return record
