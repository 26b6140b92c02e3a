#!/usr/bin/env python3
"""Shows the tests' perceptual measure beside PESQ (ITU-T P.862): the same speech, degraded in many ways, is judged by
both, and it is printed how well they agree.
  perceptual.py [JUDGE]   JUDGE is the program offhook-judge (cargo build -p offhook-bench)
Needs espeak-ng, ffmpeg with libopus, and a Python with numpy and pesq (pip install numpy pesq; pesq needs a compiler)."""
import os
import subprocess
import sys
import tempfile
import wave

import numpy as np
from pesq import pesq

WORDS = ("Good morning, thank you for calling. The quick brown fox jumps over the lazy dog, and then it waits. "
         "Please hold the line while we connect you to the next free agent.")
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../target"))


def run(*command):
    subprocess.run([str(part) for part in command], check=True, stderr=subprocess.PIPE)


def read(path):
    with wave.open(path) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)


def write(path, samples, rate):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes())


def coded(folder, speech, rate, *arguments, extension):
    """Through a codec of ffmpeg's and back."""
    run("ffmpeg", "-v", "error", "-y", "-i", speech, *arguments, f"{folder}/coded.{extension}")
    run("ffmpeg", "-v", "error", "-y", "-i", f"{folder}/coded.{extension}", "-ar", rate, "-ac", 1, f"{folder}/back.wav")
    return read(f"{folder}/back.wav")


def lost(samples, rate, share, seed, conceal=False, burst=1):
    """20 ms packets that are missing: silence, or what was there before."""
    random, step, heard = np.random.default_rng(seed), rate // 50, samples.copy()
    missing = 0
    for at in range(step, len(samples) - step, step):
        if missing == 0 and random.random() < share / burst:
            missing = burst
        if missing:
            missing -= 1
            heard[at:at + step] = heard[at - step:at] * 0.7 if conceal else 0
    return heard


def degraded(folder, speech, rate):
    """Name and samples of everything that is judged."""
    samples, random = read(speech), np.random.default_rng(1)
    level = np.sqrt(np.mean(samples ** 2))
    yield "the same", samples
    yield "6 dB softer", samples / 2
    for share in (0.01, 0.03, 0.05, 0.1, 0.2):
        yield f"{share:.0%} lost", lost(samples, rate, share, 2)
        yield f"{share:.0%} lost, repeated", lost(samples, rate, share, 3, conceal=True)
    yield "10% lost in bursts", lost(samples, rate, 0.1, 4, burst=4)
    for ratio in (35, 25, 15, 5):
        yield f"noise {ratio} dB below", samples + random.normal(0, level / 10 ** (ratio / 20), len(samples))
    for limit in (2, 1, 0.5):
        yield f"clipped at {limit} x RMS", np.clip(samples, -limit * level, limit * level)
    yield "40 ms inserted", np.insert(samples, len(samples) // 2, np.zeros(rate // 25))
    for width in (3, 9):
        yield f"dull, {width} samples", np.convolve(samples, np.ones(width) / width, "same")
    yield "PCMU", coded(folder, speech, rate, "-ar", 8000, "-c:a", "pcm_mulaw", extension="wav")
    yield "PCMA", coded(folder, speech, rate, "-ar", 8000, "-c:a", "pcm_alaw", extension="wav")
    if rate == 16000:
        yield "G.722", coded(folder, speech, rate, "-c:a", "g722", extension="wav")
    for bits in (6, 8, 12, 16, 24, 32):
        yield f"Opus {bits} kbit/s", coded(folder, speech, rate, "-ar", 48000, "-c:a", "libopus", "-b:a", f"{bits}k",
                                           "-application", "voip", extension="ogg")
    for share in (0.03, 0.1):
        opus = coded(folder, speech, rate, "-ar", 48000, "-c:a", "libopus", "-b:a", "24k", extension="ogg")
        yield f"Opus 24 kbit/s, {share:.0%} lost", lost(opus, rate, share, 5, conceal=True)


def ranks(figures):
    return np.argsort(np.argsort(figures))


def main():
    judge = sys.argv[1] if len(sys.argv) > 1 else f"{TARGET}/debug/offhook-judge"
    for rate, mode in ((8000, "nb"), (16000, "wb")):
        ours, theirs, names = [], [], []
        with tempfile.TemporaryDirectory() as folder:
            for voice in ("en+f2", "en+m3"):
                run("espeak-ng", "-v", voice, "-w", f"{folder}/said.wav", WORDS)
                speech = f"{folder}/speech.wav"
                run("ffmpeg", "-v", "error", "-y", "-i", f"{folder}/said.wav", "-ar", rate, speech)
                files = []
                for number, (name, samples) in enumerate(degraded(folder, speech, rate)):
                    files.append(f"{folder}/{number}.wav")
                    write(files[-1], samples, rate)
                    names.append(f"{name} ({voice})")
                    theirs.append(pesq(rate, read(speech) / 32768, np.clip(samples, -32768, 32767) / 32768, mode))
                answer = subprocess.run([judge, speech, *files], check=True, capture_output=True, text=True)
                ours += [float(line) for line in answer.stdout.split()]
        print(f"\n| {rate} Hz | PESQ | ours |\n| --- | --- | --- |")
        for at in np.argsort(theirs)[::-1]:
            print(f"| {names[at]} | {theirs[at]:.2f} | {ours[at]:.2f} |")
        print(f"\nCorrelation {np.corrcoef(ours, theirs)[0, 1]:.3f}, "
              f"of ranks {np.corrcoef(ranks(ours), ranks(theirs))[0, 1]:.3f}, "
              f"mean difference {np.mean(np.abs(np.array(ours) - np.array(theirs))):.2f}")


main()
