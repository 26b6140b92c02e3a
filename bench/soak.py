"""Calls that come and go for a long time: does memory stay flat, is every socket closed at the end."""
import os
import statistics
import time

from media import SET_UP, _call, _result, second
from peer import PEERS, Peer, save

# Mean life of a call, in seconds.
LIFE = 20
# What grows by less than this is flat: a share of what was there, or kB.
FLAT_SHARE, FLAT_KB = 0.02, 1024
# How long the last sockets may take to close after the last call, in seconds.
CLOSING = 60
BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(figures, width=60):
    """A line of blocks, each the mean of a part of the figures; the lowest block is the lowest of them."""
    if not figures:
        return ""
    parts = min(width, len(figures))
    means = [statistics.mean(figures[n * len(figures) // parts:(n + 1) * len(figures) // parts])
             for n in range(parts)]
    low, spread = min(means), max(max(means) - min(means), 1e-9)
    return "".join(BLOCKS[min(7, int((mean - low) / spread * 8))] for mean in means)


def _growth(samples, key):
    """How much the last third of a run is above the first third after the warm-up."""
    warm = samples[len(samples) // 5:]
    third = max(len(warm) // 3, 1)
    return statistics.median(s[key] for s in warm[-third:]) - statistics.median(s[key] for s in warm[:third])


def _flat(samples, key):
    return _growth(samples, key) <= max(FLAT_KB, FLAT_SHARE * statistics.median(s[key] for s in samples))


def measure_soak(name, options):
    """Memory, sockets and threads while calls come and go: three relayed for each one that is transcoded."""
    if "pcmu-opus" not in PEERS[name].get("media", []):
        return []
    calls = options.calls or 60
    transcoded = max(calls // 4, 1)
    every = min(10, max(1, options.secs / 60))
    samples = []
    with Peer(name, calls=calls, core=f"0-{os.cpu_count() - 1}") as peer:
        # What is made once, by the first call, is not a call's.
        _result(_call(peer, "pcmu-opus", 2, 2))
        time.sleep(3)
        before = dict(zip(("sockets", "threads"), peer.descriptors()), pss_kb=peer.pss_kb())
        churn, begin = ["--churn", LIFE], time.time()
        loads = [_call(peer, "pcmu-pcmu", calls - transcoded, options.secs, more=churn),
                 _call(peer, "pcmu-opus", transcoded, options.secs, more=[*churn, *second("4", "opus")])]
        # The calls are set up first, and ended last.
        end = begin + calls / SET_UP + 1.5 + options.secs
        while time.time() < end - every and all(load.poll() is None for load in loads):
            time.sleep(every)
            sockets, threads = peer.descriptors()
            samples.append({"s": round(time.time() - begin), "pss_kb": peer.pss_kb(), "rss_kb": peer.rss_kb(),
                            "sockets": sockets, "threads": threads, "cpu_s": round(peer.cpu_s(), 2)})
        results = [_result(load) for load in loads]
        closing = time.time() + CLOSING
        while peer.descriptors()[0] > before["sockets"] and time.time() < closing:
            time.sleep(0.5)
        after = dict(zip(("sockets", "threads"), peer.descriptors()), pss_kb=peer.pss_kb())
    error = next((result["error"] for result in results if "error" in result), None)
    record = {"kind": "soak", "secs": options.secs, "calls": calls, "before": before, "after": after, "samples": samples}
    if error or len(samples) < 10:
        return [save(name, {**record, "error": error or "it ended early"})]
    flat = _flat(samples, "pss_kb")
    closed = after["sockets"] <= before["sockets"] and after["threads"] <= before["threads"]
    failed = sum(result["failed"] for result in results)
    whole = sum(result["ended"] for result in results)
    lost, received = (sum(result[way][key] for result in results for way in ("a_to_b", "b_to_a"))
                      for key in ("lost", "rx"))
    print(f"{name}: {options.secs:.0f} s, {calls} calls at once, {whole} came and went, {failed} failed, "
          f"{lost} of {received + lost} packets lost")
    for key, unit in (("pss_kb", "kB"), ("rss_kb", "kB"), ("sockets", ""), ("threads", "")):
        figures = [sample[key] for sample in samples]
        print(f"  {key:8} {sparkline(figures)} {min(figures)} to {max(figures)} {unit}, "
              f"grown by {_growth(samples, key):.0f} after the warm-up")
    print(f"  sockets before and after: {before['sockets']}, {after['sockets']}; "
          f"threads: {before['threads']}, {after['threads']}; memory: {before['pss_kb']}, {after['pss_kb']} kB")
    verdict = "passed" if flat and closed and not failed else "FAILED"
    print(f"  memory {'is flat' if flat else 'GROWS'}, sockets {'are all closed' if closed else 'STAY OPEN'}: {verdict}",
          flush=True)
    return [save(name, {**record, "flat": flat, "closed": closed, "verdict": verdict, "ended_calls": whole,
                        "failed": failed, "lost": lost, "received": received,
                        "pss_grown_kb": round(_growth(samples, "pss_kb"))})]
