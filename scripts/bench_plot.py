"""Prints the time per record of each size as a table and draws it as an SVG picture.

Usage: bench_plot.py MEASURED.jsonl PICTURE.svg

A line of the input is what bench_run.py printed, with the number of people. A stage's time per record is its time divided
by the records of both exports, whatever the stage itself counts, so that the stages can be added.
"""

import json
import math
import sys

STAGES = {"extract": "#3b6ea5", "match": "#b3541e", "load": "#3f7d4e", "publish": "#7b5aa6"}
runs = [json.loads(line) for line in open(sys.argv[1])]

print("| people | records | " + " | ".join(f"{s}, ns a record" for s in STAGES) + " | extract…load | peak MiB |")
print("|---" * (len(STAGES) + 4) + "|")
points = {stage: [] for stage in STAGES}
for run in runs:
    records = run["stages"]["extract"]["records"]
    each = {s: run["stages"][s]["seconds"] / records * 1e9 for s in STAGES if s in run["stages"]}
    for stage, value in each.items():
        points[stage].append((run["people"], value))
    to_load = sum(each.get(s, 0) for s in ("extract", "match", "load"))
    cells = [f"{run['people']:,}", f"{records:,}", *(f"{each[s]:.0f}" if s in each else "" for s in STAGES)]
    print("| " + " | ".join([*cells, f"{to_load:.0f}", f"{run['peak'] / 2**20:.0f}"]) + " |")

width, height, left, bottom, top, right = 640, 360, 56, 44, 40, 16
low, high = (math.log10(f(run["people"] for run in runs)) for f in (min, max))
most = max(value for line in points.values() for _, value in line) * 1.15
step = 10 ** math.floor(math.log10(most))
step = next(s for s in (step / 5, step / 2, step, step * 2) if most / s <= 6)


def x(people):
    return left + (math.log10(people) - low) / ((high - low) or 1) * (width - left - right)


def y(value):
    return height - bottom - value / most * (height - bottom - top)


svg = [
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
    "<title>Nanoseconds per record of both exports, by number of people</title>",
    f'<rect width="{width}" height="{height}" fill="#fff"/>',
    f'<text x="{left}" y="18" fill="#222">Nanoseconds per record of both exports; people on a logarithmic scale</text>',
]
for i in range(int(most / step) + 1):
    at = y(i * step)
    svg.append(f'<path d="M{left} {at:.1f}H{width - right}" stroke="#ddd"/>')
    svg.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#555">{i * step:g}</text>')
for run in runs:
    at = x(run["people"])
    anchor = "start" if at < left + 30 else "end" if at > width - right - 30 else "middle"
    svg.append(f'<text x="{at:.1f}" y="{height - bottom + 18}" text-anchor="{anchor}" fill="#555">{run["people"]:,}</text>')
for i, (stage, line) in enumerate(points.items()):
    if not line:
        continue
    path = " ".join(f"{x(people):.1f},{y(value):.1f}" for people, value in line)
    svg.append(f'<polyline points="{path}" fill="none" stroke="{STAGES[stage]}" stroke-width="2"/>')
    svg += [f'<circle cx="{x(p):.1f}" cy="{y(v):.1f}" r="3" fill="{STAGES[stage]}"/>' for p, v in line]
    svg.append(f'<text x="{left + 90 * i}" y="{height - 8}" fill="{STAGES[stage]}">● {stage}</text>')
svg.append("</svg>")
with open(sys.argv[2], "w") as picture:
    picture.write("\n".join(svg) + "\n")
