"""Calls with audio, made by b2bload or by WebRTC callers: CPU for a call-minute, latency, jitter; instructions by perf."""
import json
import os
import subprocess
import sys
import time

from calls import Callee, call, ended
from machine import LOAD_CORE, busy_s, start, steal_s, wait_quiet
from peer import HERE, PEERS, SERVER, WEBRTC_IP, Peer, save

# The first digit dialled and the callee's codec; the caller always has PCMU.
KINDS = {"pcmu-pcmu": ("9", "pcmu"), "pcmu-g722": ("7", "g722"), "pcmu-opus": ("6", "opus")}
# Well under one core on every peer.
CALLS = {"pcmu-pcmu": 100, "pcmu-g722": 100, "pcmu-opus": 25}
# Calls a second while they are set up.
SET_UP = 80
PERF_EVENTS = "instructions:u,instructions:k,cycles"


def frames(codec):
    return f"{HERE}/audio/{codec}.frames"


def _load(*arguments):
    command = [f"{HERE}/b2bload", *arguments]
    return start(LOAD_CORE, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _result(process):
    """The last line that a process prints is its result."""
    out, err = process.communicate()
    try:
        return json.loads(out.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return {"error": (err or "it said nothing")[-600:]}


def _call(peer, kind, calls, secs, settle=1.5):
    digit, codec = KINDS[kind]
    return _load("--sut", SERVER, "--calls", calls, "--rate", SET_UP, "--secs", secs, "--settle", settle,
                 "--codec-a", "pcmu", "--codec-b", codec, "--dial", digit, "--payload-a", frames("pcmu"),
                 "--payload-b", frames(codec), "--pids", ",".join(map(str, peer.pids())), "--tag", peer.name)


def one_kind(peer, kind, calls, secs):
    """Calls of one kind."""
    quiet, busy, steal = wait_quiet(), busy_s(), steal_s()
    result = _result(_call(peer, kind, calls, secs))
    return {"kind": "media", "media": kind, "want_calls": calls, **result, "quiet": quiet,
            "sys_busy_s": round(busy_s() - busy, 2), "steal_s": round(steal_s() - steal, 2)}


def measure_media(name, options):
    """CPU for a call-minute, latency and jitter of each kind that a peer does."""
    records = []
    for kind in PEERS[name].get("media", []):
        if not options.kinds or kind in options.kinds:
            with Peer(name) as peer:
                records.append(save(name, one_kind(peer, kind, options.calls or CALLS[kind], options.secs)))
    return records


def measure_webrtc(name, options):
    """CPU for a call-minute between a WebRTC client and RTP, both PCMU."""
    if "webrtc" not in PEERS[name]:
        return []
    wanted = PEERS[name]["webrtc"]
    calls = options.calls or wanted["calls"]
    with Peer(name) as peer:
        callee = _load("--uas-only", "--calls", calls, "--secs", options.secs, "--settle", 3,
                       "--payload-b", frames("pcmu"), "--pids", ",".join(map(str, peer.pids())), "--tag", name)
        time.sleep(0.5)
        python = os.environ.get("AIORTC_PYTHON", sys.executable)
        caller = start(
            LOAD_CORE, [python, f"{HERE}/{wanted['caller']}", wanted["url"], calls, options.secs + 12 + calls * 0.4],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "WEBRTC_IP": WEBRTC_IP})
        result = _result(callee)
        return [save(name, {"kind": "webrtc", "want_calls": calls, **result, "webrtc": _result(caller)})]


def can_count():
    """Whether the machine counts instructions."""
    try:
        run = subprocess.run(["perf", "stat", "-x,", "-e", PERF_EVENTS, "true"], capture_output=True, text=True)
    except OSError:
        return False
    return run.returncode == 0 and "<not supported>" not in run.stderr


def _perf(pids, secs):
    run = subprocess.run(["perf", "stat", "-x,", "-e", PERF_EVENTS, "-p", ",".join(map(str, pids)), "--",
                          "sleep", str(secs)], capture_output=True, text=True)
    fields = (line.split(",") for line in run.stderr.splitlines())
    counts = {field[2]: float(field[0]) for field in fields if len(field) > 3 and field[0].replace(".", "").isdigit()}
    return counts.get("instructions:u", 0), counts.get("instructions:k", 0), counts.get("cycles", 0)


def measure_perf(name, options):
    """Millions of instructions for 1,000 calls and for a call-minute: the least noisy figure on a shared machine."""
    records, secs = [], min(options.secs, 8)
    with Peer(name) as peer:
        with Callee(peer):
            ended(call(peer, 50, 100, 100))
            caller = call(peer, options.rate, int(options.rate * secs), 1000)
            user, kernel, cycles = _perf(peer.pids(), secs + 1.3)
            thousands = max(ended(caller)["ok"], 1) / 1000
        records.append(save(name, {
            "kind": "perf-calls", "rate": options.rate, "minstr": round((user + kernel) / thousands / 1e6, 1),
            "minstr_user": round(user / thousands / 1e6, 1), "mcycles": round(cycles / thousands / 1e6, 1)}))
        for kind in PEERS[name].get("media", []):
            calls = CALLS[kind]
            load = _call(peer, kind, calls, secs + 2)
            time.sleep(calls / SET_UP + 2.5)
            user, kernel, cycles = _perf(peer.pids(), secs)
            minutes = max(_result(load).get("calls", 0), 1) * secs / 60
            records.append(save(name, {
                "kind": "perf-media", "media": kind, "minstr": round((user + kernel) / minutes / 1e6, 1),
                "minstr_user": round(user / minutes / 1e6, 1), "mcycles": round(cycles / minutes / 1e6, 1)}))
    return records
