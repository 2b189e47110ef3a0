#!/usr/bin/env python3
"""Destinations against their OpenAPI files: each request that Muster makes must be one that a mock
server of the vendor's description takes.

    tests/golden/specs.py MUSTER SPECS PRISM

MUSTER is the binary, SPECS the folder of OpenAPI files, PRISM the command of Prism (version 5). A
mock answers with an example of its own and remembers nothing, so what is checked is that requests
are valid, that replies are understood, and that the counts add up. The last line is
`N passed, N failed`.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SECRETS = {name: "s3cret" for name in ["TOKEN", "KEY"]}
# Prism leaves out the path of a server's address, which Muster writes itself.
PATHS = {"salesforce-composite": "/services/data/v63.0"}
# kind, spec, settings, mapping, mode.
ROWS = [
    ("braze", "braze", {"api_key": "env:KEY"}, {"external_id": "user_id", "email": "email"}, "upsert"),
    ("customerio", "customerio", {"site_id": "site", "api_key": "env:KEY"},
     {"id": "user_id", "first_name": "name"}, "upsert"),
    ("hubspot", "hubspot", {"token": "env:TOKEN"}, {"email": "email", "city": "city"}, "upsert"),
    ("iterable", "iterable", {"api_key": "env:KEY"}, {"email": "email", "city": "city"}, "upsert"),
    ("iterable", "iterable", {"api_key": "env:KEY", "list": "7"}, {"email": "email"}, "mirror"),
    ("mailchimp", "mailchimp", {"api_key": "env:KEY", "list": "abc"}, {"email_address": "email"}, "upsert"),
    ("salesforce", "salesforce-composite", {"token": "env:TOKEN", "external_id": "Shop_Id__c"},
     {"external_id": "user_id", "LastName": "name"}, "upsert"),
    ("rudderstack", "rudderstack-gateway", {"write_key": "env:KEY"},
     {"userId": "user_id", "email": "email"}, "upsert"),
]
# kind, spec, settings.
JOBS = [
    ("hightouch", "hightouch-trigger", {"token": "env:TOKEN", "sync_id": "42"}),
    ("census", "census-trigger", {"token": "env:TOKEN", "sync_id": "42"}),
    ("rudderstack_retl", "rudderstack-control", {"token": "env:TOKEN", "connection_id": "c1"}),
    ("rudderstack_profiles", "rudderstack-control", {"token": "env:TOKEN", "profile_id": "p1"}),
]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Mock:
    """A mock server of one description."""

    def __init__(self, prism, spec, work):
        self.port = free_port()
        if spec.stem in PATHS:
            text = re.sub(r"(?m)^  /", f"  {PATHS[spec.stem]}/", spec.read_text())
            spec = work / spec.name
            spec.write_text(text)
        self.log = work / f"{spec.stem}-{self.port}.log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [*prism, "mock", str(spec), "-h", "127.0.0.1", "-p", str(self.port), "-v", "debug"],
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.time() + 60
        while "listening" not in self.log.read_text():
            if time.time() > end or self.process.poll() is not None:
                raise RuntimeError(f"the mock of {spec.name} does not start")
            time.sleep(0.2)

    def said(self):
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text())
        requests = re.findall(r"Request received|\b(?:get|post|put|patch|delete) /\S*", text)
        bad = [line for line in text.splitlines()
               if "did not pass the validation" in line or "Violation" in line
               or "terminated with error" in line]
        return requests, bad

    def close(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()


def sync(muster, work, source, destination, activation, seconds):
    place = Path(tempfile.mkdtemp(dir=work))
    workspace = {
        "version": 1,
        "segments": [{"name": "few", "cohort": "user/all",
                      "where": "user_id <= 100012 and email is not null"}],
        "destinations": [{"name": "there", **destination}],
        "activations": [{"name": "a", "destination": "there", **activation}],
    }
    # JSON is YAML.
    (place / "muster.yaml").write_text(json.dumps(workspace))
    command = [muster, "sync", str(source), "--workspace", str(place), "--activation", "a", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, **SECRETS})
    try:
        out, error = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
    left = b"".join(p.read_bytes() for p in place.rglob("*") if p.is_file())
    assert b"s3cret" not in left and "s3cret" not in out + error, "a secret was written"
    return (json.loads(out) if out.strip() else None), error.strip()


def check_rows(muster, prism, specs, work, source, case):
    kind, spec, settings, mapping, mode = case
    mock = Mock(prism, specs / f"{spec}.yaml", work)
    try:
        destination = {"type": kind, "url": f"http://127.0.0.1:{mock.port}", **settings}
        activation = {"segment": "few", "mode": mode, "mapping": mapping}
        told, error = sync(muster, work, source, destination, activation, 90)
        requests, bad = mock.said()
        assert told, error
        assert not bad, bad[:3]
        assert told["planned"] > 0, told
        # An example answers for other rows than were sent: what it does not name is unknown, or
        # refused by its index. What must not be is that a whole request was refused.
        whole = told["rejected"] == told["planned"]
        parts = told["accepted"] + told["rejected"] + told["invalid"] + told["unknown"]
        assert told["planned"] == parts and not whole, told
        assert requests, "no request came"
        return f"{told['accepted']} accepted, {told['rejected']} rejected, {told['unknown']} unknown"
    finally:
        mock.close()


def check_job(muster, prism, specs, work, source, case):
    kind, spec, settings = case
    mock = Mock(prism, specs / f"{spec}.yaml", work)
    try:
        destination = {"type": kind, "url": f"http://127.0.0.1:{mock.port}", **settings}
        told, error = sync(muster, work, source, destination, {}, 12)
        requests, bad = mock.said()
        assert not bad, bad[:3]
        asked = {request.split()[0] for request in requests if " /" in request}
        assert {"post", "get"} <= asked, (requests, error)
        return told["status"] if told else "followed until it was stopped"
    finally:
        mock.close()


def main():
    muster, specs, prism = sys.argv[1], Path(sys.argv[2]).resolve(), sys.argv[3:]
    work = Path(tempfile.mkdtemp())
    source = work / "shop.duckdb"
    shutil.copy(ROOT / "sample_data" / "shop.duckdb", source)
    passed = failed = 0
    checks = [(check_rows, case) for case in ROWS] + [(check_job, case) for case in JOBS]
    for check, case in checks:
        name = f"{case[0]} takes {case[4]}" if check is check_rows else f"{case[0]} is started and asked"
        try:
            told = check(os.path.abspath(muster), prism, specs, work, source, case)
            passed += 1
            print(f"ok      {name}: {told}")
        except (AssertionError, RuntimeError, KeyError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"FAILED  {name}: {str(error)[:600]}")
    shutil.rmtree(work, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
