#!/usr/bin/env python3
"""Measures SIP servers ("peers", see peers.json) on the loopback interface. See README.md.

  bench.py quick               a short run of cpu, held and lines
  bench.py check  [PEER ...]   a few calls of every kind
  bench.py cpu    [PEER ...]   CPU for 1,000 calls at --rate calls a second
  bench.py capture offhook    the same with and without capturing what is said
  bench.py held   [PEER ...]   memory of a held call
  bench.py rate   [PEER ...]   highest rate at which every call goes well for --secs
  bench.py lines  [PEER ...]   memory, CPU and time of --lines registered lines
  bench.py media  [PEER ...]   CPU for a call-minute, memory, latency, jitter, for each pair of codecs
  bench.py webrtc [PEER ...]   CPU for a call-minute between WebRTC and RTP, memory
  bench.py scale  [PEER ...]   500 relayed and 100 transcoded calls at once: late packets
  bench.py soak   [PEER ...]   calls that come and go for --secs (1800): memory, sockets
  bench.py perf   [PEER ...]   instructions for 1,000 calls and a call-minute
  bench.py report              the table of everything in results/

Without PEER: all that are installed and can do it.
"""
import argparse
import os
import shutil
import subprocess
import sys

import calls
import lines
import media
import report
import soak
from peer import HERE, PEERS, Peer

MEASURES = {"cpu": calls.measure_cpu, "capture": calls.measure_capture, "held": calls.measure_held, "rate": calls.measure_rate,
            "lines": lines.measure_lines, "media": media.measure_media, "webrtc": media.measure_webrtc,
            "scale": media.measure_scale, "soak": soak.measure_soak, "perf": media.measure_perf}
# Those that need audio.
AUDIO = ("check", "media", "webrtc", "scale", "soak", "perf")


def check(names):
    for name in names:
        with Peer(name, calls=20) as peer:
            if "via" not in PEERS[name]:
                with calls.Callee(peer):
                    counts = calls.ended(calls.call(peer, 10, 20, 500))
                print(f"{name}: {counts['ok']} of 20 calls went well, {counts['failed']} failed")
            for kind in PEERS[name].get("media", []):
                result = media.one_kind(peer, kind, 4, 3)
                print(f"{name} {kind}:", result.get("error") or "{} of 4 calls, {} silent legs, {} packets lost".format(
                    result["calls"], result["silent_legs"], result["a_to_b"]["lost"] + result["b_to_a"]["lost"]))


def prepare(what):
    if not shutil.which("sipp"):
        sys.exit("sipp is not installed; scripts/install-test-tools installs it.")
    if what in AUDIO:
        for program in ("b2bload", "bareloop"):
            source, made = f"{HERE}/{program}.c", f"{HERE}/{program}"
            if not os.path.exists(made) or os.path.getmtime(made) < os.path.getmtime(source):
                subprocess.run(["cc", "-O2", "-Wall", "-o", program, f"{program}.c", "-lm"], cwd=HERE, check=True)
        if not os.path.exists(f"{HERE}/audio/probe-g722.frames"):
            subprocess.run([sys.executable, "make_audio.py"], cwd=HERE, check=True)
    if what == "webrtc" and not os.path.exists(media.webrtc_load()):
        sys.exit(f"{media.webrtc_load()} is not there: cargo build --locked --release -p offhook-bench")
    if what == "perf" and not media.can_count():
        sys.exit("perf cannot count instructions here: it is not installed, or the machine has no such counter.")


def _fits(what, peer):
    if what == "webrtc":
        return "webrtc" in peer
    if what == "capture":
        return peer.get("conf") == "peers/offhook"
    if what in ("media", "scale", "soak"):
        return "media" in peer
    return "via" not in peer and (what == "check" or peer.get("webrtc", {}).get("signalling") != "janus")


def fitting(what, names):
    """The peers to measure: those named, or all that are installed."""
    chosen = list(names or (name for name, peer in PEERS.items() if _fits(what, peer)))
    for name in list(chosen):
        if name not in PEERS:
            sys.exit(f"There is no peer {name}; peers.json has {', '.join(PEERS)}.")
        program = Peer.missing(name)
        if program and names:
            sys.exit(f"{name}: {program} is not installed.")
        if program:
            print(f"{name} is left out: {program} is not installed.", file=sys.stderr)
        if program:
            chosen.remove(name)
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["quick", "check", *MEASURES, "report"], metavar="COMMAND")
    parser.add_argument("peers", nargs="*", metavar="PEER")
    parser.add_argument("--runs", type=int, default=0, help="median of so many (3; scale and soak 1)")
    parser.add_argument("--secs", type=float, default=0, help="length of a run (20; cpu at most 10; soak 1800)")
    parser.add_argument("--rate", type=int, default=100, help="cpu, perf: calls a second (100)")
    parser.add_argument("--held", type=int, default=500, help="held: calls (500)")
    parser.add_argument("--lines", type=int, default=1000, help="lines: how many (1000)")
    parser.add_argument("--register-delay", type=int, default=20, help="lines: ms between two REGISTERs (20)")
    parser.add_argument("--idle", type=float, default=30, help="lines: seconds the idle server is watched (30)")
    parser.add_argument("--calls", type=int, default=0, help="media, webrtc, scale, soak: calls at once (by kind; 500; 60)")
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=[], help="media: some kinds only")
    options = parser.parse_intermixed_args()
    options.secs = options.secs or (1800 if options.what == "soak" else 20)

    if options.what == "report":
        print(report.table(report.saved()))
        return
    prepare(options.what)
    names, whats = fitting(options.what, options.peers), [options.what]
    if options.what == "check":
        return check(names)
    if options.what == "quick":
        whats, options.runs, options.idle, options.register_delay = ["cpu", "held", "lines"], 1, 10, 5
    records = []
    for _ in range(options.runs or (1 if options.what in ("capture", "scale", "soak") else 3)):
        for what in whats:
            for name in names:  # in turn, so that a noisy minute meets all
                records += MEASURES[what](name, options)
    if options.what != "capture":
        print(report.table(records))
    for trouble in report.troubles(records):
        print(trouble)


main()
