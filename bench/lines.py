"""Lines registered at a PBX (Kamailio, on the core of the load): how long until all are, what they take."""
import sys
import time

from machine import busy_s, steal_s, wait_quiet
from peer import PEERS, Peer, Registrar, save



def _registered(peer, registrar, count, limit):
    """Waits until all lines are registered; gives the seconds since the server's start."""
    begin = time.time()
    while registrar.bound() < count:
        if time.time() > begin + limit:
            sys.exit(f"{peer.name}: {registrar.bound()} of {count} lines registered in {limit} s, see {peer.log()}")
        time.sleep(0.05)
    return time.time() - begin


def measure_lines(name, options):
    """Memory, CPU and time of `options.lines` lines, beside the same server with one line."""
    if "lines" not in PEERS[name]:
        return []
    count, delay = options.lines, options.register_delay
    with Registrar() as registrar, Peer(name, lines=1, delay_ms=delay) as peer:
        _registered(peer, registrar, 1, 30)
        time.sleep(2)
        alone, alone_cpu = peer.pss_kb(), peer.cpu_s()
    quiet = wait_quiet()
    with Registrar() as registrar, Peer(name, lines=count, delay_ms=delay) as peer:
        took = _registered(peer, registrar, count, 60 + count * (delay / 1000 + 0.005))
        time.sleep(2)
        memory, cpu = peer.pss_kb(), peer.cpu_s()
        busy, steal = busy_s(), steal_s()
        time.sleep(options.idle)
        idle = peer.cpu_s() - cpu
        other, steal = busy_s() - busy - idle, steal_s() - steal
    thousands = (count - 1) / 1000
    return [save(name, {
        "kind": "lines", "lines": count, "register_delay_ms": delay, "registered_s": round(took, 2),
        "kb_per_1000": round((memory - alone) / thousands), "kb_alone": alone, "kb": memory,
        "register_cpu_per_1000": round((cpu - alone_cpu) / thousands, 3),
        "idle_s": options.idle, "idle_cpu_percent_per_1000": round(idle / options.idle * 100 / thousands, 3),
        "quiet": quiet, "other_cpu_s": round(other, 2), "steal_s": round(steal, 2)})]
