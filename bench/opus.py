#!/usr/bin/env python3
"""What libopus' complexity costs and gives, beside rtpengine's Opus: speech that came as PCMU or G.722 is encoded with each
complexity, at 24 kbit/s and with packets as long as rtpengine's, and judged by PESQ (ITU-T P.862) and the tests'
own measure against what came.
  opus.py [EFFORT [JUDGE]]   EFFORT is the example opus_effort (cargo build --release -p offhook-media --example opus_effort),
                             JUDGE the program offhook-judge (cargo build --release -p offhook-bench)
Needs espeak-ng, ffmpeg, rtpengine, and a Python with numpy and pesq (pip install numpy pesq; pesq needs a compiler)."""
import multiprocessing
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import wave

import numpy as np
from pesq import pesq

VOICES = ("en+f2", "en+m3", "de+f4", "de+m7")
WORDS = {"en": "Good morning, thank you for calling. The quick brown fox jumps over the lazy dog, and then it waits. "
               "Seven ships sailed past the old lighthouse, while a choir sang on the shore.",
         "de": "Guten Morgen, hier ist die Zentrale. Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. "
               "Bitte bleiben Sie am Apparat, wir verbinden Sie gleich weiter."}
# What comes: rate of the PCM, PESQ's mode, static payload type, ffmpeg's coder and file kind.
KINDS = {"PCMU": (8000, "nb", 0, "pcm_mulaw", "mulaw"), "G722": (16000, "wb", 9, "g722", "g722")}
COMPLEXITIES = (0, 1, 2, 3, 4, 5, 6, 8, 10)
# The one that differences are taken to.
OURS = 5
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../target"))
RTPENGINE, NG_PORT, US = "127.0.0.9", 2229, "127.0.0.10"


def run(*command):
    process = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if process.returncode:
        sys.exit(f"{command}: {process.stderr}")
    return process.stdout


def read(path):
    with wave.open(path) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)


def bencode(value):
    if isinstance(value, dict):
        return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    octets = value.encode()
    return b"%d:%s" % (len(octets), octets)


class Call:
    """A call through rtpengine: a coder's packets in, Opus out."""

    def __init__(self, number, payload_type, codec):
        self.number, self.payload_type = number, payload_type
        self.ends = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for end in self.ends:
            end.bind((US, 0))
            end.setblocking(False)
        names = {"call-id": f"call-{number}", "from-tag": "a", "ICE": "remove"}
        offer = self.sdp(0, payload_type, f"{codec}/8000")
        told = ask({"command": "offer", "sdp": offer, "codec": {"mask": ["all"], "transcode": ["opus"]}, **names})
        opus = re.search(r"a=rtpmap:(\d+) opus/48000", told)[1]
        self.to = ask({"command": "answer", "to-tag": "b", "sdp": self.sdp(1, opus, "opus/48000/2"), **names})
        self.to = (RTPENGINE, int(re.search(r"m=audio (\d+)", self.to)[1]))
        self.packets = {}

    def sdp(self, end, payload_type, name):
        return (f"v=0\r\no=- 1 1 IN IP4 {US}\r\ns=-\r\nc=IN IP4 {US}\r\nt=0 0\r\n"
                f"m=audio {self.ends[end].getsockname()[1]} RTP/AVP {payload_type}\r\n"
                f"a=rtpmap:{payload_type} {name}\r\na=ptime:20\r\na=sendrecv\r\n")

    def send(self, sequence, payload):
        head = struct.pack(">BBHII", 0x80, self.payload_type, sequence, sequence * 160, self.number)
        self.ends[0].sendto(head + payload, self.to)

    def receive(self):
        try:
            while True:
                packet = self.ends[1].recv(2048)
                # RTCP comes to another port.
                self.packets[struct.unpack(">H", packet[2:4])[0]] = packet[12:]
        except BlockingIOError:
            pass


def said(question, within=5):
    """rtpengine's answer by its protocol ng; None where there is none in so many seconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        control.bind((US, 0))
        control.settimeout(within)
        # Two questions with the same first word are one to it.
        control.sendto(os.urandom(8).hex().encode() + b" " + bencode(question), (RTPENGINE, NG_PORT))
        try:
            return control.recv(65536).decode()
        except OSError:
            return None


def wait_until_ready(server, log):
    """Returns when rtpengine answers."""
    deadline = time.monotonic() + 10
    while "pong" not in (said({"command": "ping"}, 0.1) or ""):
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"rtpengine did not start: see {log}")


def ask(question):
    """The SDP in rtpengine's answer."""
    answer = said(question) or "nothing"
    found = re.search(r"3:sdp(\d+):", answer)
    if not found:
        sys.exit(f"rtpengine says {answer}")
    return answer[found.end():found.end() + int(found[1])]


def through_rtpengine(folder, kind, coded):
    """Files of Opus packets, one for each file of coded speech. Takes as long as the speech."""
    command = ["rtpengine", "-f", "--config-file=none", "--table=-1", f"--interface={RTPENGINE}",
               f"--listen-ng={RTPENGINE}:{NG_PORT}", "--port-min=10000", "--port-max=10999", "--log-level=3",
               "--log-stderr"]
    with open(f"{folder}/rtpengine.log", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until_ready(server, log.name)
        calls = [Call(number, KINDS[kind][2], kind) for number in range(len(coded))]
        frames = max(map(len, coded)) // 160
        start = time.monotonic()
        for number in range(frames + 10):
            time.sleep(max(0, start + number * 0.02 - time.monotonic()))
            for call, octets in zip(calls, coded):
                payload = octets[number * 160:number * 160 + 160]
                if len(payload) == 160:
                    call.send(number, payload)
                call.receive()
    finally:
        server.terminate()
        server.wait()
    files = []
    for call in calls:
        files.append(f"{folder}/rtpengine-{call.number}.frames")
        with open(files[-1], "wb") as file:
            for sequence in sorted(call.packets):
                file.write(struct.pack(">H", len(call.packets[sequence])) + call.packets[sequence])
    return files


def main():
    effort = sys.argv[1] if len(sys.argv) > 1 else f"{TARGET}/release/examples/opus_effort"
    judge = sys.argv[2] if len(sys.argv) > 2 else f"{TARGET}/release/offhook-judge"
    workers = multiprocessing.Pool(2)
    for kind, (rate, mode, _, coder, suffix) in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            came, coded = [], []
            for voice in VOICES:
                run("espeak-ng", "-v", voice, "-w", f"{folder}/said.wav", WORDS[voice[:2]])
                raw, wav = f"{folder}/{voice}.{suffix}", f"{folder}/{voice}.wav"
                run("ffmpeg", "-v", "error", "-y", "-i", f"{folder}/said.wav", "-ac", 1, "-ar", rate, "-c:a", coder,
                    "-f", suffix, raw)
                given = ["-ar", rate] if suffix == "mulaw" else []
                run("ffmpeg", "-v", "error", "-y", "-f", suffix, *given, "-i", raw, "-c:a", "pcm_s16le", wav)
                with open(raw, "rb") as file:
                    coded.append(file.read())
                came.append(wav)

            def judged(heard):
                """PESQ and ours of each."""
                pairs = [(rate, read(a) / 32768, read(b) / 32768, mode) for a, b in zip(came, heard)]
                ours = [float(run(judge, a, b)) for a, b in zip(came, heard)]
                return np.array(workers.starmap(pesq, pairs)), np.array(ours)

            frames = through_rtpengine(folder, kind, coded)
            heard = [f"{file}.wav" for file in frames]
            octets = [float(run(effort, "decode", a, rate, b)) for a, b in zip(frames, heard)]
            scores = {("rtpengine", 0): (np.mean(octets), None, *judged(heard))}
            for matched in (False, True):
                for complexity in COMPLEXITIES:
                    heard, figures = [], []
                    for speech, theirs in zip(came, octets):
                        heard.append(f"{speech}.{complexity}.wav")
                        figures.append([float(part) for part in run(
                            effort, "encode", speech, theirs if matched else 0, complexity, heard[-1]).split()])
                    length, cost = np.mean(figures, axis=0)
                    scores[complexity, matched] = (length, cost, *judged(heard))
            print(f"\n| {kind} to Opus | octets | µs a packet | PESQ | less than with {OURS} | ours | less than with {OURS} |"
                  "\n| --- | --- | --- | --- | --- | --- | --- |")
            for (name, matched), (length, cost, *measures) in scores.items():
                cells = []
                for at, measure in enumerate(measures):
                    less = scores[OURS, bool(matched) or name == "rtpengine"][2 + at] - measure
                    error = np.std(less, ddof=1) / np.sqrt(len(less))
                    cells.append(f"{measure.mean():.3f} | {less.mean():+.3f} ± {error:.3f}")
                cost = f"{cost:.1f}" if cost else ""
                print(f"| {name} | {length:.1f} | {cost} | {' | '.join(cells)} |", flush=True)


main()
