#!/usr/bin/env python3
"""People in numbers: 10,000 users in 1,000 groups through the running server, over HTTP.

    bench/site.py [--offhook target/release/offhook] [--users 10000] [--groups 1000] [--rounds 50] [--postgresql]

Starts a server of its own on 127.78.0.2, with a PostgreSQL of its own on 127.78.0.3 where that is wanted, imports the
users, each with a line, and the groups as an export's ZIP, and asks one request after the other on one connection. What each takes is told as the median and the 95th percentile of the time until the whole
answer is there, and as the CPU time of the server per request, which also counts on a machine that has other work.
"""

import argparse
import http.client
import io
import json
import os
import pwd
import random
import signal
import statistics
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

HOST, PORT = "127.78.0.2", 7224
ADMIN = "/api/v1/admin"
PASSWORD = "a long enough password"
CONFIG = f"""data_dir = "data"
[listen]
http = "{HOST}:{PORT}"
https = "{HOST}:7225"
sip = "{HOST}:5060"
webrtc = "{HOST}:7226"
[[line_group]]
name = "nobody"
kind = "trunk-fixed"
registrar = "127.78.0.9"
options_refresh = 0
[[administrator]]
name = "root"
password = "{PASSWORD}"
"""


class Postgres:
    """A PostgreSQL as it is installed, with its own settings: what it acknowledges is on disk."""

    HOST = "127.78.0.3"
    URL = f"postgres://postgres@{HOST}/postgres"

    def __init__(self, folder):
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/bin"))
        # It refuses to run as root.
        owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        data = folder / "postgresql"
        data.mkdir()
        folder.chmod(0o755)
        if owner:
            os.chown(data, owner.pw_uid, owner.pw_gid)
        as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **as_owner}
        subprocess.run([programs / "initdb", "--auth=trust", "--username=postgres", "-D", data], check=True, **quiet)
        start = [programs / "postgres", "-D", data, "-h", self.HOST, "-c", "unix_socket_directories="]
        self.process = subprocess.Popen(start, **quiet)
        ready = [programs / "pg_isready", "-q", "-h", self.HOST]
        end = time.monotonic() + 60
        while subprocess.run(ready, check=False).returncode != 0:
            if time.monotonic() > end:
                raise SystemExit("PostgreSQL does not start")
            time.sleep(0.1)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


class Server:
    """A server, and an administrator's one connection to it."""

    def __init__(self, binary, folder, url):
        config = folder / "offhook.toml"
        config.write_text(CONFIG + (f'[database]\nurl = "{url}"\n' if url else ""))
        config.chmod(0o600)
        self.folder = folder
        self.process = subprocess.Popen(
            [str(binary.resolve()), "serve", "--config", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 60
        while True:
            try:
                self.connection = http.client.HTTPConnection(HOST, PORT, timeout=600)
                self.connection.connect()
                break
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise SystemExit("the server does not start")
                time.sleep(0.1)
        self.cookie = None
        _, headers, _ = self.ask("POST", f"{ADMIN}/session", {"name": "root", "password": PASSWORD})
        self.cookie = headers["set-cookie"].split(";")[0]

    def ask(self, method, path, body=None, headers=None, kind="application/json"):
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        sent = {"cookie": self.cookie} if self.cookie else {}
        if data is not None:
            sent["content-type"] = kind
        self.connection.request(method, path, data, {**sent, **(headers or {})})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:500]!r}")
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    def json(self, path):
        return json.loads(self.ask("GET", path)[2])

    def cpu(self):
        """Seconds of CPU that the server has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """MB that it has in memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def export(users, groups):
    """The ZIP of a site with so many users with a line each, and groups, ten users a group and each user in some."""
    chance = random.Random(1)
    logins = [f"user{n:05}" for n in range(users)]
    everybody = [
        {
            "login": login,
            "first_name": f"First{n % 97}",
            "last_name": f"Last{n % 1013}",
            "display_name": f"First{n % 97} Last{n % 1013} {n}",
            "email": f"{login}@example.com",
            "phones": {"business": str(100_000 + n)},
            "address": {"department": f"Department {n % 40}", "city": "Munich"},
        }
        for n, login in enumerate(logins)
    ]
    teams = [
        {
            "name": f"Group {n:04}",
            "leader": logins[n % users],
            "members": chance.sample(logins, min(10, users)),
            "member_grant": {"level": chance.choice(["public", "business", "team_member"])},
        }
        for n in range(groups)
    ]
    office = {"name": "office", "kind": "trunk-fixed", "registrar": "127.78.0.9", "options_refresh": 0}
    lines = [{"group": "office", "user_name": str(100_000 + n)} for n in range(users)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("line_groups.json", json.dumps([office]))
        archive.writestr("lines.json", json.dumps(lines))
        archive.writestr("users.json", json.dumps(everybody))
        archive.writestr("groups.json", json.dumps(teams))
    return packed.getvalue()


def measure(server, what, rounds, ask):
    """Asks so many times; prints what one takes."""
    ask(0)
    took, cpu = [], server.cpu()
    for number in range(rounds):
        begin = time.perf_counter()
        ask(number)
        took.append((time.perf_counter() - begin) * 1e3)
    cpu = (server.cpu() - cpu) / rounds * 1e3
    took.sort()
    slow = took[min(len(took) - 1, int(len(took) * 0.95))]
    print(f"| {what} | {statistics.median(took):.1f} | {slow:.1f} | {cpu:.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offhook", type=Path, default=Path("target/release/offhook"))
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--groups", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--postgresql", action="store_true", help="with PostgreSQL in place of SQLite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="offhook-site-") as folder:
        postgres = Postgres(Path(folder)) if options.postgresql else None
        try:
            server = Server(options.offhook, Path(folder), postgres and postgres.URL)
            try:
                run(server, options)
            finally:
                server.stop()
        finally:
            if postgres:
                postgres.stop()


def run(server, options):
    idle = server.memory()
    packed = export(options.users, options.groups)
    kind = server.json(f"{ADMIN}/status")["database"]["kind"]
    print(f"{options.users} users, {options.groups} groups, {kind}\n\n| | ms, median | ms, 95 % | CPU-ms of the server |\n| --- | --- | --- | --- |")
    zipped = lambda preview: server.ask(
        "POST", f"{ADMIN}/import?preview={preview}", packed, kind="application/zip"
    )
    begin, cpu = time.perf_counter(), server.cpu()
    zipped("false")
    took, cpu = (time.perf_counter() - begin) * 1e3, (server.cpu() - cpu) * 1e3
    print(f"| import of all of it | {took:.0f} | – | {cpu:.0f} |", flush=True)
    total = server.json(f"{ADMIN}/users?limit=1")["total"]
    assert total == options.users, total
    users = server.json(f"{ADMIN}/users?limit=500")["items"]
    groups = server.json(f"{ADMIN}/groups?limit=500")["items"]
    pick = lambda number: users[number * 37 % len(users)]["id"]
    measure(server, "first page, 100 users", options.rounds, lambda _: server.ask("GET", f"{ADMIN}/users?limit=100"))
    sorted_page = f"{ADMIN}/users?limit=100&sort=display_name&direction=descending"
    measure(server, "first page, sorted by name", options.rounds, lambda _: server.ask("GET", sorted_page))
    measure(server, "search for a word and a number", options.rounds,
            lambda n: server.ask("GET", f"{ADMIN}/users?limit=100&search=last{n}+1"))
    measure(server, "one user", options.rounds, lambda n: server.ask("GET", f"{ADMIN}/users/{pick(n)}"))

    def save(number):
        user = f"{ADMIN}/users/{pick(number)}"
        server.ask("PATCH", user, {"email": f"changed{time.monotonic_ns()}@example.com"}, {"if-match": "*"},
                   "application/merge-patch+json")

    def save_group(number):
        group = f"{ADMIN}/groups/{groups[number * 7 % len(groups)]['id']}"
        server.ask("PATCH", group, {"description": str(time.monotonic_ns())}, {"if-match": "*"},
                   "application/merge-patch+json")

    measure(server, "change of a user, on disk", options.rounds, save)
    measure(server, "change of a group, on disk", options.rounds, save_group)
    measure(server, "every right of one user on another, with reasons", options.rounds,
            lambda n: server.ask("GET", f"{ADMIN}/users/{pick(n)}/rights?by={pick(n + 1)}"))
    measure(server, "the lines of a user", options.rounds, lambda n: server.ask("GET", f"{ADMIN}/users/{pick(n)}/lines"))
    server.ask("PUT", f"{ADMIN}/users/{pick(0)}/password", {"password": PASSWORD})
    login = users[0]["object"]["login"]
    measure(server, "sign-in of a user (argon2id)", min(options.rounds, 20),
            lambda _: server.ask("POST", "/api/v1/session", {"name": login, "password": PASSWORD}))
    measure(server, "export of all of it", 5, lambda _: server.ask("GET", f"{ADMIN}/export"))
    measure(server, "preview of an import that changes nothing", 3, lambda _: zipped("true"))
    size = server.json(f"{ADMIN}/status")["database"]["size"] / 1e6
    print(f"\nMemory: {idle:.0f} MB empty, {server.memory():.0f} MB with all of it. The database takes {size:.0f} MB.")


if __name__ == "__main__":
    main()
