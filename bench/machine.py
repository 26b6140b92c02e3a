"""What the machine says of processes and of itself: CPU time, memory, how busy the rest was."""
import os
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = os.environ.get("SERVER_CORE", "0"), os.environ.get("LOAD_CORE", "1")
# Keeps other work on the machine out of the way.
NICE = os.environ.get("BENCH_NICE", "-15")


def start(core, command, **arguments):
    """Starts a program on one core, with priority where we may give it."""
    nice = ["nice", "-n", NICE] if os.geteuid() == 0 else []
    process = subprocess.Popen([*nice, "taskset", "-c", core, *map(str, command)], stdin=subprocess.DEVNULL,
                               start_new_session=True, **arguments)
    try:
        # Where the system shares the processor out by sessions, `nice` counts only within one.
        with open(f"/proc/{process.pid}/autogroup", "w") as file:
            file.write(NICE)
    except OSError:
        pass
    return process


def _stat(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()


def tree(roots):
    """These processes and all that descend from them."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                children.setdefault(int(_stat(entry)[1]), []).append(int(entry))
            except OSError:
                pass
    found, todo = set(), list(roots)
    while todo:
        pid = todo.pop()
        if pid not in found and os.path.exists(f"/proc/{pid}"):
            found.add(pid)
            todo += children.get(pid, [])
    return sorted(found)


def cpu_s(pids):
    """CPU-seconds used by processes so far, of the user and the system."""
    total = 0
    for pid in pids:
        try:
            fields = _stat(pid)
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / TICK


def _sum(pids, name, field):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/{name}") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith(field))
        except OSError:
            pass
    return total


def pss_kb(pids):
    """Proportional set size of processes."""
    return _sum(pids, "smaps_rollup", "Pss:")


def rss_kb(pids):
    """Resident set size of processes."""
    return _sum(pids, "smaps_rollup", "Rss:")


def threads(pids):
    """Threads of processes."""
    return _sum(pids, "status", "Threads:")


def sockets(pids):
    """Open sockets of processes."""
    count = 0
    for pid in pids:
        try:
            with os.scandir(f"/proc/{pid}/fd") as entries:
                for entry in entries:
                    try:
                        count += os.readlink(entry.path).startswith("socket:")
                    except OSError:
                        pass
        except OSError:
            pass
    return count


def _machine():
    with open("/proc/stat") as file:
        return [int(field) / TICK for field in file.readline().split()[1:]]


def busy_s():
    """CPU-seconds used by everything on the machine."""
    fields = _machine()
    return sum(fields[place] for place in (0, 1, 2, 5, 6))


def steal_s():
    """CPU-seconds that the machine's host gave to others."""
    return _machine()[7]


def wait_quiet(limit=2, share=0.12):
    """Waits until the rest of the machine is idle; False when it is not within `limit` seconds."""
    end, calm = time.time() + limit, 0
    while time.time() < end and calm < 2:
        before = busy_s()
        time.sleep(1)
        calm = calm + 1 if busy_s() - before < share else 0
    return calm >= 2
