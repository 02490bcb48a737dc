"""Runs a pipeline once and times its stages; used by scripts/bench, bench-scale and bench-duckdb.

Usage: bench_run.py CARDLINK PIPELINE [OPTION...]

Prints one JSON object: for each stage seconds, CPU seconds (user and system), records, bytes (what extract read, what match
read, what load and publish wrote) and the peak of the process's memory up to its end; and wall time, CPU time and peak
memory of the whole run.
"""

import glob
import json
import os
import subprocess
import sys
import time


def size(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(path) for name in names)


def peak(pid):
    """The most memory that a process has held so far, in bytes; 0 when it has ended."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def cpu(pid):
    """User and system time of a process so far, in seconds."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (FileNotFoundError, ProcessLookupError):
        return 0


def run(cardlink, pipeline, options, verb=("run",)):
    folder = os.path.dirname(os.path.abspath(pipeline))
    start = time.perf_counter()
    command = [cardlink, *verb, pipeline, "--log-format", "json", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    stages, other, before = {}, [], 0
    for line in process.stderr:
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") == "stage_done":
            stage = event["stage"]
            now = cpu(process.pid)
            stages[stage] = {key: event[key] for key in ("seconds", "records")}
            stages[stage] |= {"cpu": round(now - before, 2), "peak": peak(process.pid)}
            before = now
        else:
            other.append(line)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit("".join(other))
    runs = sorted(glob.glob(folder + "/var/runs/*/"))
    exports = sum(size(path) for path in glob.glob(folder + "/population-*") + glob.glob(folder + "/insurance-*"))
    result = {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss << 10, "stages": stages}
    paths = {
        "extract": None,
        "match": runs[-1] + "extract",
        "load": folder + "/var/card-attributes.sqlite",
        "publish": os.path.realpath(folder + "/var/packages/current"),
    }
    for stage, path in paths.items():
        if stage in stages:
            stages[stage]["bytes"] = size(path) if path else exports
    return result


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2], sys.argv[3:])))
