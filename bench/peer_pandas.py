"""Answers one question with pandas: pandas.py DIR QUESTION ORDER RUNS BUDGET."""

import json
import os
import sys
import time

import numpy as np
import pandas as pd

FOLDER, QUESTION, ORDER, RUNS, BUDGET = sys.argv[1:6]
SHARES = [50, 75, 90, 95, 99]
WINDOW = np.timedelta64(7, "D")


def raw(dtype, *path):
    return np.fromfile(os.path.join(FOLDER, *path), dtype=dtype)


def load():
    """The raw columns are its fastest way in: its Parquet reader is not in Debian."""
    if QUESTION == "percentiles":
        return raw("<i8", "durations.i64")
    if QUESTION == "sum":
        return raw("<i8", "money.i64")  # cents: there is no decimal type
    if QUESTION == "triangle-text":
        ids = raw("S13", ORDER, "text.bin").astype(str).astype(object)
    else:
        ids = raw("<u8", ORDER, "id.u64")
    return pd.DataFrame(
        {
            "id": ids,
            "ts": raw("<M8[ms]", ORDER, "at.i64").astype("<M8[ns]"),
            "event": raw("<u4", ORDER, "event.u32").astype("u1"),
            "cents": raw("<i8", ORDER, "cents.i64"),
        }
    )


def triangle(t):
    month = t.ts.values.astype("<M8[M]").astype("i8") - 648
    u = pd.DataFrame({"id": t.id, "month": month}).drop_duplicates()
    born = u.groupby("id", sort=False).month.transform("min")
    cells = u.groupby([born, (u.month - born).rename("age")]).size()
    return {f"{b}/{a}": n for (b, a), n in cells.items()}


def weekly(t):
    week = ((t.ts - pd.Timestamp("2024-01-01")) // pd.Timedelta(days=7)).rename("week")
    u = t.groupby(["id", week], sort=False).cents.sum().reset_index()
    born = u.groupby("id", sort=False).week.transform("min").rename("born")
    cells = u.groupby([born, (u.week - born).rename("age")]).cents.agg(["size", "sum"])
    out = {}
    for (b, a), n, cents in cells.itertuples():
        out[f"{b}/{a}"], out[f"{b}/{a} cents"] = n, cents
    return out


def funnel(t):
    def step(code):
        return t.loc[t.event == code, ["id", "ts"]].sort_values("ts")

    chains = step(1)
    chains["start"] = chains.ts
    out = {"1": chains.id.nunique()}
    for code in (2, 3, 4):
        chains = pd.merge_asof(step(code), chains, on="ts", by="id", allow_exact_matches=False)
        chains = chains[chains.ts - chains.start <= WINDOW]
        out[str(code)] = chains.id.nunique()
    return out


def rfm(t):
    buyers = t.groupby("id", sort=False).agg(last=("ts", "max"), f=("cents", "size"), m=("cents", "sum"))
    days = (pd.Timestamp("2026-01-01") - buyers["last"].dt.floor("D")).dt.days
    out, scores = {}, []
    for i, x in enumerate([days, buyers.f, buyers.m]):
        edges = x.quantile([0.2, 0.4, 0.6, 0.8]).values
        for k, e in enumerate(edges):
            out[f"edge {i}/{k + 1}"] = int(np.round(5 * e))
        scores.append(np.searchsorted(edges, x.values, side="left"))
    r, f, m = scores
    cells, counts = np.unique((5 - r) * 100 + (f + 1) * 10 + m + 1, return_counts=True)
    for c, n in zip(cells, counts):
        out[f"{c // 100}/{c // 10 % 10}/{c % 10}"] = n
    return out


def percentiles(t):
    values = np.percentile(t, SHARES)
    return {str(s): int(np.round(v)) for s, v in zip(SHARES, values)}


def total(t):
    return {"cents": t.sum()}


def resident(field):
    try:
        with open("/proc/self/status") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith(field + ":"))
    except OSError:
        return 0


def main():
    ask = {"triangle": triangle, "triangle-text": triangle, "weekly": weekly, "funnel": funnel,
           "funnel-shuffled": funnel, "rfm": rfm, "percentiles": percentiles, "sum": total}[QUESTION]
    m = {"version": f"{pd.__version__}, numpy {np.__version__}", "ingest": [], "cold": [], "warm": [], "base": resident("VmRSS")}

    def clock(into, f, *args):
        start = time.perf_counter_ns()
        result = f(*args)
        m[into].append(time.perf_counter_ns() - start)
        return result

    begin = time.monotonic()
    t = clock("ingest", load)
    result = clock("cold", ask, t)
    for _ in range(int(RUNS)):
        if time.monotonic() - begin > float(BUDGET):
            break
        result = clock("warm", ask, t)
    m["warm"] = m["warm"] or m["cold"]
    m["answer"] = {k: int(v) for k, v in result.items() if v != 0}
    m["peak"] = resident("VmHWM")
    print(json.dumps(m))


main()
