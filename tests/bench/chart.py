"""A chart of throughput and p99 against the number of clients, by gnuplot."""

from __future__ import annotations

import subprocess
from pathlib import Path

from programs import Figures

COLORS = ("#1f77b4", "#2ca02c", "#d62728", "#ff7f0e", "#9467bd", "#8c564b")

HEAD = """\
set terminal svg size 800,1000 background rgb 'white' font 'sans-serif,14'
set output '{output}'
set multiplot layout 2,1 title "{title}" noenhanced
set logscale x 4
set xtics ({tics})
set grid
set key outside bottom center horizontal noenhanced
set tmargin 2
set lmargin 10
"""

PANEL = """\
set xlabel '{xlabel}'
set ylabel '{ylabel}'
plot {lines}
"""


def block(name: str, runs: dict[int, Figures]) -> str:
    rows = [f"{clients} {figures['good_rate']} {figures['p99_us'] / 1000}" for clients, figures in sorted(runs.items())]
    return "\n".join([f"${name} << EOD", *rows, "EOD", ""])


def lines(sweeps: dict[str, dict[int, Figures]], column: int) -> str:
    return ", ".join(
        f"$line{number} using 1:{column} with linespoints linewidth 2 pointtype 7 linecolor rgb '{COLORS[number]}'"
        f" title '{name}'"
        for number, name in enumerate(sweeps)
    )


def draw(path: Path, title: str, sweeps: dict[str, dict[int, Figures]]) -> None:
    clients = sorted({count for runs in sweeps.values() for count in runs})
    script = HEAD.format(output=path, title=title, tics=", ".join(str(count) for count in clients))
    script += "".join(block(f"line{number}", runs) for number, runs in enumerate(sweeps.values()))
    script += "set yrange [0:*]\n"
    script += PANEL.format(xlabel="clients", ylabel="answers with a 2xx status per second", lines=lines(sweeps, 2))
    script += "set logscale y 10\nset yrange [*:*]\n"
    script += PANEL.format(xlabel="clients", ylabel="p99 latency, ms", lines=lines(sweeps, 3))
    subprocess.run(["gnuplot"], input=script, text=True, check=True, timeout=60)
