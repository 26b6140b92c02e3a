"""Calls without audio, made by sipp: what their signalling costs, how many a second are possible, what one held takes."""
import csv
import json
import os
import subprocess
import time

from machine import LOAD_CORE, busy_s, cpu_s, start, steal_s, wait_quiet
from peer import HERE, PEERS, SERVER, Peer, offhook, save

CALLER, CALLEE = ("127.0.0.2", "5070", "22000"), ("127.0.0.3", "5080", "24000")
# Retransmissions in a run that still counts as held, as a share of its calls.
RETRANSMITTED = 0.01
# Runs with captures, and as many without.
CAPTURE_PAIRS = 3


def _sipp(run, scenario, end, *arguments):
    address, port, media_port = end
    stats = os.path.join(run, f"{scenario}.csv")
    if os.path.exists(stats):
        os.remove(stats)
    command = [
        "sipp", "-sf", f"{HERE}/sipp/{scenario}.xml", "-i", address, "-p", port, "-mi", address, "-mp", media_port,
        "-nostdin", "-trace_stat", "-stf", stats, "-fd", "1", "-l", "100000", "-buff_size", "4000000",
        "-timer_resol", "10", *arguments]
    return start(LOAD_CORE, command, cwd=run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), stats


def _counts(stats):
    try:
        with open(stats) as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
    except (OSError, IndexError):
        return {"ok": 0, "failed": 0, "current": 0, "retransmissions": 0}
    columns = {"ok": "SuccessfulCall(C)", "failed": "FailedCall(C)", "current": "CurrentCall",
               "retransmissions": "Retransmissions(C)"}
    return {name: int(float(last.get(column) or 0)) for name, column in columns.items()}


class Callee:
    """Answers calls for the time of a `with`."""

    def __init__(self, peer):
        self.run = peer.run

    def __enter__(self):
        self.process, self.stats = _sipp(self.run, "uas", CALLEE)
        time.sleep(0.5)
        return self

    def cpu_s(self):
        return cpu_s([self.process.pid])

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def call(peer, rate, count, hold_ms):
    """Begins to make calls; gives the caller's process and where it counts."""
    limit = str(int(count / rate + hold_ms / 1000 + 25))
    return _sipp(peer.run, "uac", CALLER, SERVER, "-s", "900001", "-r", str(rate), "-m", str(count),
                 "-d", str(hold_ms), "-timeout", limit, "-timeout_error")


def ended(caller):
    """Waits for a caller; gives its counts and the CPU-seconds it took."""
    process, stats = caller
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return {**_counts(stats), "cpu_s": usage.ru_utime + usage.ru_stime}


def _at_rate(peer, rate, secs, hold_ms=1000):
    """So many calls a second for so long, each held for `hold_ms`."""
    quiet, count = wait_quiet(), int(rate * secs)
    with Callee(peer) as callee:
        busy, steal, before, begin = busy_s(), steal_s(), peer.cpu_s(), time.time()
        caller = ended(call(peer, rate, count, hold_ms))
        wall = time.time() - begin
        used, load = peer.cpu_s() - before, caller["cpu_s"] + callee.cpu_s()
        other, steal = busy_s() - busy - used - load, steal_s() - steal
    retransmissions = caller["retransmissions"] + _counts(callee.stats)["retransmissions"]
    good = caller["ok"] == count and caller["failed"] == 0
    return {
        "rate": rate, "secs": secs, "calls": count, "ok": caller["ok"], "failed": caller["failed"],
        "retransmissions": retransmissions, "wall_s": round(wall, 1),
        "held": good and retransmissions <= RETRANSMITTED * count and wall < secs + hold_ms / 1000 + 3,
        "cpu_s": round(used, 2), "cpu_per_1000": round(used * 1000 / max(caller["ok"], 1), 3),
        "quiet": quiet, "sipp_cpu_s": round(load, 2), "other_cpu_s": round(other, 2), "steal_s": round(steal, 2),
    }


def _warm(peer):
    with Callee(peer):
        ended(call(peer, 50, 100, 100))


def measure_cpu(name, options):
    """CPU-seconds of the whole server per 1,000 calls."""
    with Peer(name) as peer:
        _warm(peer)
        return [save(name, {"kind": "cpu", **_at_rate(peer, options.rate, min(options.secs, 10))})]


def _capture(peer, *arguments):
    command = [offhook(), "capture", *arguments, "--config", f"{peer.run}/etc/offhook.toml"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def measure_capture(name, options):
    """What it costs to capture both line groups of the calls: runs with and without it in turn, on one server."""
    groups, records = ("caller", "callee"), []
    with Peer(name) as peer:
        _warm(peer)
        for turn in range(2 * CAPTURE_PAIRS):
            on = turn % 2 == 1
            for group in groups:
                _capture(peer, "on" if on else "off", "--group", group)
            before = json.loads(_capture(peer, "status", "--json"))
            run = _at_rate(peer, options.rate, min(options.secs, 10))
            time.sleep(0.5)
            after = json.loads(_capture(peer, "status", "--json"))
            records.append({**run, "capturing": on, "written": after["total"] - before["total"],
                            "lost": after["dropped"] - before["dropped"], "stopped": after["stopped"]})
            _capture(peer, "off", "--group", groups[0])
            _capture(peer, "off", "--group", groups[1])
            _capture(peer, "delete", "--all")
    for on in (False, True):
        chosen = [record for record in records if record["capturing"] == on]
        core = sum(record["cpu_s"] / record["wall_s"] for record in chosen) / len(chosen)
        print(f"{name}, {options.rate} calls/s, {'captured' if on else 'not captured'}: {100 * core:.1f} % of a core, "
              f"{sum(r['cpu_per_1000'] for r in chosen) / len(chosen):.2f} CPU-s per 1,000 calls, "
              f"{sum(r['written'] for r in chosen) >> 20} MB written, {sum(r['lost'] for r in chosen)} messages lost, "
              f"{sum(r['failed'] for r in chosen)} calls failed")
    return [save(name, {"kind": "capture", **record}) for record in records]


def measure_held(name, options):
    """Memory of a held call, and what holding calls takes."""
    count = options.held
    with Peer(name) as peer, Callee(peer):
        ended(call(peer, 20, 20, 500))
        time.sleep(2)
        before = peer.pss_kb()
        caller = call(peer, 100, count, int((count / 100 + 8) * 1000))
        deadline = time.time() + count / 100 + 6
        while _counts(caller[1])["current"] < count and time.time() < deadline:
            time.sleep(0.2)
        time.sleep(2)
        held, cpu = peer.pss_kb(), peer.cpu_s()
        time.sleep(2)
        cpu = peer.cpu_s() - cpu
        counts = ended(caller)
        time.sleep(3)
        return [save(name, {
            "kind": "held", "calls": count, "ok": counts["ok"], "failed": counts["failed"],
            "kb_per_call": round((held - before) / count, 2), "kb_idle": before, "kb_held": held,
            "kb_after": peer.pss_kb(), "cpu_percent": round(cpu / 2 * 100, 2)})]


def measure_rate(name, options):
    """The highest rate at which every call goes well, found by doubling, then bisection to 12 %."""
    wanted = PEERS[name]["rate"]
    rate, most, held, not_held = wanted["first"], wanted["most"], 0, None
    for _ in range(8):
        with Peer(name) as peer:
            _warm(peer)
            step = save(name, {"kind": "rate-step", **_at_rate(peer, rate, options.secs)})
        if step["held"]:
            held = rate
        else:
            not_held = rate
        if not_held is None:
            if rate >= most:
                break
            rate = min(most, rate * 2)
        elif not_held - held <= max(10, 0.12 * not_held):
            break
        else:
            rate = int((held + not_held) / 2 / 5) * 5 or 1
    return [save(name, {"kind": "rate", "held": held, "not_held": not_held})]
