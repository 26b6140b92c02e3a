"""Calls with audio, made by b2bload or by WebRTC callers: CPU for a call-minute, latency, jitter; instructions by perf."""
import json
import os
import subprocess
import sys
import time

from calls import Callee, call, ended
from machine import LOAD_CORE, busy_s, start, steal_s, wait_quiet
from peer import HERE, PEERS, SERVER, WEBRTC_IP, Peer, offhook, save

# The first digit dialled, the caller's and the callee's codec.
KINDS = {"pcmu-pcmu": ("9", "pcmu", "pcmu"), "pcmu-pcma": ("8", "pcmu", "pcma"), "pcmu-g722": ("7", "pcmu", "g722"),
         "pcmu-opus": ("6", "pcmu", "opus"), "g722-opus": ("5", "g722", "opus")}
# Well under one core on every peer.
CALLS = {"pcmu-pcmu": 100, "pcmu-pcma": 100, "pcmu-g722": 100, "pcmu-opus": 25, "g722-opus": 20}
# Calls of these that find out how long the audio itself is on its way.
PROBES = 4
# WebRTC calls, and what the callee has; the caller has what the kind is named after.
WEBRTC_CALLS = {"pcmu": 50, "opus": 25}
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


def _call(peer, kind, calls, secs, settle=1.5, more=()):
    digit, ours, theirs = KINDS[kind]
    # A bare loop sends nothing to who has not sent yet, so nobody can be echoed.
    via = PEERS[peer.name].get("via")
    more, probes = ([*more, "--via", via], 0) if via else (more, min(PROBES, calls))
    return _load("--sut", SERVER, "--calls", calls, "--rate", SET_UP, "--secs", secs, "--settle", settle,
                 "--codec-a", ours, "--codec-b", theirs, "--dial", digit, "--payload-a", frames(ours),
                 "--payload-b", frames(theirs), "--probes", probes, "--probe-a", frames(f"probe-{ours}"),
                 "--pids", ",".join(map(str, peer.pids())), "--tag", peer.name, *more)


def one_kind(peer, kind, calls, secs):
    """Calls of one kind."""
    quiet, busy, steal, idle = wait_quiet(), busy_s(), steal_s(), peer.pss_kb()
    load = _call(peer, kind, calls, secs)
    time.sleep(calls / SET_UP + 1.5 + secs * 0.6)
    held = peer.pss_kb()
    result = _result(load)
    return {"kind": "media", "media": kind, "want_calls": calls, **result, "quiet": quiet,
            "kb_per_call": round((held - idle) / calls, 1),
            "sys_busy_s": round(busy_s() - busy, 2), "steal_s": round(steal_s() - steal, 2)}


def measure_media(name, options):
    """CPU for a call-minute, memory, latency and jitter of each kind that a peer does."""
    records = []
    for kind in PEERS[name].get("media", []):
        if not options.kinds or kind in options.kinds:
            calls = options.calls or CALLS[kind]
            with Peer(name, calls=calls) as peer:
                records.append(save(name, one_kind(peer, kind, calls, options.secs)))
    return records


def second(digit, codec):
    """Arguments that make a load which runs beside another: it has addresses of its own."""
    return ["--a-ip", "127.0.0.5", "--b-ip", "127.0.0.6", "--dial", digit, "--codec-b", codec]


def measure_scale(name, options):
    """Many relayed calls and many transcoded ones at once: what share of packets comes late. On all cores."""
    if "pcmu-opus" not in PEERS[name].get("media", []):
        return []
    relayed, transcoded = options.calls or 500, (options.calls or 500) // 5
    cores = f"0-{os.cpu_count() - 1}"
    with Peer(name, calls=relayed, core=cores) as peer:
        idle = peer.pss_kb()
        settle = relayed / SET_UP + 3
        loads = [_call(peer, "pcmu-opus", transcoded, options.secs, settle - transcoded / SET_UP,
                       second("4", "opus")),
                 _call(peer, "pcmu-pcmu", relayed, options.secs, 3)]
        time.sleep(settle + options.secs / 2)
        held = peer.pss_kb()
        results = [_result(load) for load in loads]
    used = results[1].get("cpu_s", 0) / options.secs
    record = {"kind": "scale", "relayed_calls": relayed, "transcoded_calls": transcoded,
              "cores": os.cpu_count(), "server_cores_used": round(used, 2), "mb": round(held / 1024, 1),
              "kb_per_call": round((held - idle) / (relayed + transcoded), 1)}
    for part, result in zip(("transcoded", "relayed"), results):
        if "error" in result:
            return [save(name, {**record, "error": f"{part}: {result['error']}"})]
        ways = [result["a_to_b"], result["b_to_a"]]
        received, late, lost = (sum(way[key] for way in ways) for key in ("rx", "late", "lost"))
        record[part] = {
            "calls": result["calls"], "late_percent": round(100 * late / max(received, 1), 4),
            "lost_percent": round(100 * lost / max(received + lost, 1), 4), "silent_legs": result["silent_legs"],
            "audio_ms": result["audio_ms"], "load_late_ms_max": result["gen_late_ms_max"],
            "lat_us_p99": max(way["lat_us"]["p99"] for way in ways) if result["lat_kind"] == "stamp" else None}
    return [save(name, record)]


def measure_webrtc(name, options):
    """CPU for a call-minute and memory of calls between a WebRTC client and RTP with PCMU."""
    if "webrtc" not in PEERS[name]:
        return []
    wanted, records = PEERS[name]["webrtc"], []
    for kind in wanted["kinds"]:
        if options.kinds and f"webrtc-{kind}" not in options.kinds:
            continue
        calls = options.calls or WEBRTC_CALLS[kind]
        with Peer(name, lines=calls, purpose="webrtc") as peer:
            idle = peer.pss_kb()
            callee = _load("--uas-only", "--calls", calls, "--secs", options.secs, "--settle", 3,
                           "--payload-b", frames("pcmu"), "--pids", ",".join(map(str, peer.pids())), "--tag", name)
            time.sleep(0.5)
            caller = start(LOAD_CORE, [
                webrtc_load(), "--signalling", wanted["signalling"], "--at", wanted["at"], "--calls", calls,
                "--codec", kind, "--frames", frames(kind), "--address", WEBRTC_IP, "--secs", options.secs + 5],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(calls * 0.1 + 3 + options.secs / 2)
            held = peer.pss_kb()
            result, web = _result(callee), _result(caller)
            records.append(save(name, {"kind": "webrtc", "media": kind, "want_calls": calls, **result,
                                       "kb_per_call": round((held - idle) / calls, 1), "webrtc": web}))
    return records


def webrtc_load():
    """The program that plays WebRTC clients: bench/load."""
    return os.environ.get("WEBRTC_LOAD_BIN", os.path.join(os.path.dirname(offhook()), "offhook-webrtc-load"))


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
