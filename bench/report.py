"""Results as a table: a row a figure, a column a peer, and Offhook as a multiple of each other peer."""
import glob
import json
import os
import statistics

from media import KINDS, WEBRTC_CALLS
from peer import RESULTS

OURS = "offhook"


def _kind(kind, **fields):
    return lambda record: record["kind"] == kind and all(record.get(key) == value for key, value in fields.items())


def _rows(records):
    """Label, which records, which figure of them, digits after the point."""
    for rate in sorted({record["rate"] for record in records if record["kind"] == "cpu"}):
        yield f"CPU-s per 1,000 calls at {rate}/s", _kind("cpu", rate=rate), ("cpu_per_1000",), 2
    yield "calls/s held", _kind("rate"), ("held",), 0
    yield "million instructions per 1,000 calls", _kind("perf-calls"), ("minstr",), 0
    yield "kB per held call", _kind("held"), ("kb_per_call",), 1
    yield "kB idle", _kind("held"), ("kb_idle",), 0
    yield "CPU while calls are held, %", _kind("held"), ("cpu_percent",), 1
    cases = {(record["lines"], record["register_delay_ms"]) for record in records if record["kind"] == "lines"}
    for lines, delay in sorted(cases):
        which = _kind("lines", lines=lines, register_delay_ms=delay)
        yield f"s until {lines:,} lines are registered ({delay} ms apart)", which, ("registered_s",), 1
        yield f"kB per 1,000 lines, of {lines:,}", which, ("kb_per_1000",), 0
        yield f"CPU-s per 1,000 lines registered, of {lines:,}", which, ("register_cpu_per_1000",), 3
        yield f"CPU while idle per 1,000 lines, %, of {lines:,}", which, ("idle_cpu_percent_per_1000",), 3
    for media in KINDS:
        which = _kind("media", media=media)
        yield f"{media}: CPU-s per call-minute", which, ("cpu_per_call_min",), 4
        yield f"{media}: million instructions per call-minute", _kind("perf-media", media=media), ("minstr",), 0
        for end in ("a_to_b", "b_to_a"):
            for part in ("p50", "p99"):
                yield f"{media}: {end} latency {part}, µs", which, (end, "lat_us", part), 0
        yield f"{media}: audio on its way p50, ms", which, ("audio_ms", "p50"), 1
        yield f"{media}: audio on its way p99, ms", which, ("audio_ms", "p99"), 1
        yield f"{media}: packets lost", which, ("a_to_b", "lost"), 0
        yield f"{media}: packets late", which, ("a_to_b", "late"), 0
        yield f"{media}: kB per call", which, ("kb_per_call",), 0
    for media in WEBRTC_CALLS:
        which, label = _kind("webrtc", media=media), f"WebRTC {media} to RTP pcmu"
        yield f"{label}: CPU-s per call-minute", which, ("cpu_per_call_min",), 4
        yield f"{label}: kB per call", which, ("kb_per_call",), 0
        yield f"{label}: packets lost on the way to RTP", which, ("a_to_b", "lost"), 0
        yield f"{label}: packets lost on the way to WebRTC", which, ("webrtc", "lost"), 0
    for part in ("relayed", "transcoded"):
        for figure in ("late_percent", "lost_percent"):
            label = f"scale, {part}: packets {figure.removesuffix('_percent')}, %"
            yield label, _kind("scale"), (part, figure), 4
        yield f"scale, {part}: audio on its way p99, ms", _kind("scale"), (part, "audio_ms", "p99"), 1
    yield "scale: latency of relayed p99, µs", _kind("scale"), ("relayed", "lat_us_p99"), 0
    yield "scale: cores used", _kind("scale"), ("server_cores_used",), 2
    yield "scale: kB per call", _kind("scale"), ("kb_per_call",), 0
    yield "soak: calls that came and went", _kind("soak"), ("ended_calls",), 0
    yield "soak: memory grown after the warm-up, kB", _kind("soak"), ("pss_grown_kb",), 0


def _figure(record, path):
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    return record


def table(records):
    """The table, as Markdown: median, and the range where there is one."""
    peers = list(dict.fromkeys(record["peer"] for record in records))
    others = [peer for peer in peers if peer != OURS and OURS in peers]
    lines = [["", *peers, *(f"{OURS} ÷ {peer}" for peer in others)]]
    for label, which, path, digits in _rows(records):
        medians, cells = {}, []
        for peer in peers:
            figures = [_figure(record, path) for record in records if record["peer"] == peer and which(record)]
            figures = [figure for figure in figures if figure is not None]
            if figures:
                medians[peer] = statistics.median(figures)
                spread = f" [{min(figures):.{digits}f}..{max(figures):.{digits}f}]" if len(figures) > 1 else ""
                cells.append(f"{medians[peer]:.{digits}f}{spread}")
            else:
                cells.append("–")
        if medians:
            ratio = [f"{medians[OURS] / medians[peer]:.2f}" if medians.get(peer) and OURS in medians else "–"
                     for peer in others]
            lines.append([label, *cells, *ratio])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def _load_late(record):
    parts = [record.get("gen_late_ms_max", 0)]
    return max(parts + [record.get(part, {}).get("load_late_ms_max", 0) for part in ("relayed", "transcoded")])


def troubles(records):
    """What makes a run doubtful, a sentence each."""
    for record in records:
        who = f"{record['peer']} {record['kind']} {record.get('media', '')}".rstrip()
        if "error" in record:
            yield f"{who}: {record['error']}"
        if record["kind"] in ("cpu", "held") and (record["failed"] or record["ok"] != record["calls"]):
            yield f"{who}: {record['ok']} of {record['calls']} calls went well"
        if record["kind"] in ("media", "scale") and _load_late(record) > 10:
            yield f"{who}: the load itself was up to {_load_late(record)} ms late"
        if record["kind"] == "soak" and record.get("verdict") != "passed":
            yield f"{who}: memory grows, sockets stay open or calls failed"
        if record.get("quiet") is False or record.get("other_cpu_s", 0) > 1:
            yield f"{who}: the machine was not quiet ({record.get('other_cpu_s', '?')} s of CPU for others)"
        if record.get("silent_legs") or record.get("badpt") or record.get("badstamp"):
            yield f"{who}: {record['silent_legs']} silent legs, {record['badpt']} packets of a wrong type"
        if record.get("webrtc", {}).get("errors"):
            yield f"{who}: {record['webrtc']['errors'][0]}"


def saved():
    """Everything in results/."""
    records = []
    for path in sorted(glob.glob(os.path.join(RESULTS, "*.jsonl"))):
        with open(path) as file:
            records += map(json.loads, file)
    return records
