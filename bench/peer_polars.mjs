// Answers one question with Polars: polars.mjs DIR QUESTION ORDER RUNS BUDGET.

import fs from "node:fs";
import path from "node:path";
import pl from "nodejs-polars";

const [folder, question, order, runs, budget] = process.argv.slice(2);
const shares = [50, 75, 90, 95, 99];
const WEEK = 7n * 24n * 3600n * 1000000n; // in microseconds, as ts is
const START = 1704067200000000n;
const col = pl.col;

// Parquet is its fastest way in.
function load() {
  if (question === "percentiles") return pl.readParquet(path.join(folder, "durations.parquet"));
  if (question === "sum") return pl.readParquet(path.join(folder, "money.parquet"));
  const name = question === "triangle-text" ? "text.parquet" : "number.parquet";
  return pl.readParquet(path.join(folder, order, name));
}

function triangle(t) {
  const month = col("ts").dt.year().cast(pl.Int32).minus(2024).multiplyBy(12)
    .plus(col("ts").dt.month().cast(pl.Int32)).minus(1).alias("m");
  const cells = t.lazy().select(col("id"), month).unique()
    .select(col("m"), col("m").min().over("id").alias("born"))
    .groupBy(["born", "m"]).agg(pl.len().alias("n")).collectSync();
  return Object.fromEntries(cells.rows().map(([born, m, n]) => [`${born}/${m - born}`, n]));
}

function weekly(t) {
  const week = col("ts").cast(pl.Int64).minus(START).div(WEEK).floor().cast(pl.Int32).alias("w");
  const cells = t.lazy().select(col("id"), week, col("cents"))
    .groupBy(["id", "w"]).agg(col("cents").sum())
    .select(col("w"), col("cents"), col("w").min().over("id").alias("born"))
    .groupBy(["born", "w"]).agg(pl.len().alias("n"), col("cents").sum()).collectSync();
  const out = {};
  for (const [born, w, n, cents] of cells.rows()) {
    out[`${born}/${w - born}`] = n;
    out[`${born}/${w - born} cents`] = cents;
  }
  return out;
}

function funnel(t) {
  const step = (code) => t.filter(col("event").eq(pl.lit(code))).select("id", "ts").sort("ts");
  let chains = step(1).withColumn(col("ts").alias("start"));
  const out = { 1: chains.getColumn("id").nUnique() };
  for (const code of [2, 3, 4]) {
    chains = step(code).joinAsof(chains, { on: "ts", by: "id", strategy: "backward" })
      .filter(col("ts").cast(pl.Int64).minus(col("start").cast(pl.Int64)).ltEq(pl.lit(WEEK)));
    out[code] = chains.getColumn("id").nUnique();
  }
  return out;
}

function rfm(t) {
  const today = 20454; // 2026-01-01 in days since 1970
  const buyers = t.lazy().groupBy(["id"])
    .agg(pl.lit(today).minus(col("ts").max().cast(pl.Date).cast(pl.Int32)).alias("r"), pl.len().alias("f"), col("cents").sum().alias("m"))
    .collectSync();
  const out = {};
  const score = {};
  ["r", "f", "m"].forEach((name, i) => {
    score[name] = pl.lit(0);
    [0.2, 0.4, 0.6, 0.8].forEach((p, k) => {
      const edge = buyers.getColumn(name).quantile(p, "linear");
      out[`edge ${i}/${k + 1}`] = Math.round(5 * edge);
      score[name] = score[name].plus(col(name).gt(pl.lit(edge)).cast(pl.Int32));
    });
  });
  const cells = buyers.lazy()
    .select(pl.lit(5).minus(score.r).alias("R"), score.f.plus(1).alias("F"), score.m.plus(1).alias("M"))
    .groupBy(["R", "F", "M"]).agg(pl.len().alias("n")).collectSync();
  for (const [r, f, m, n] of cells.rows()) out[`${r}/${f}/${m}`] = n;
  return out;
}

function percentiles(t) {
  const values = t.lazy().select(...shares.map((s) => col("durations").quantile(s / 100, "linear").alias(`${s}`))).collectSync();
  return Object.fromEntries(values.row(0).map((v, i) => [shares[i], Math.round(v)]));
}

function sum(t) {
  const total = t.lazy().select(col("money").sum().multiplyBy(100).cast(pl.Int64).alias("cents")).collectSync();
  return { cents: total.row(0)[0] };
}

function resident(field) {
  try {
    return Number(fs.readFileSync("/proc/self/status", "utf8").match(new RegExp(`^${field}:\\s+(\\d+)`, "m"))[1]) * 1024;
  } catch {
    return 0;
  }
}

const ask = { triangle, "triangle-text": triangle, weekly, funnel, "funnel-shuffled": funnel, rfm, percentiles, sum }[question];
const m = { version: pl.version, ingest: [], cold: [], warm: [], base: resident("VmRSS") };

function clock(into, f, ...args) {
  const start = process.hrtime.bigint();
  const result = f(...args);
  m[into].push(Number(process.hrtime.bigint() - start));
  return result;
}

const begin = Date.now();
const t = clock("ingest", load);
m.answer = clock("cold", ask, t);
for (let run = 0; run < Number(runs) && Date.now() - begin < 1000 * Number(budget); run++) m.answer = clock("warm", ask, t);
if (m.warm.length === 0) m.warm = m.cold;
m.peak = resident("VmHWM");
for (const k of Object.keys(m.answer)) {
  m.answer[k] = Number(m.answer[k]);
  if (m.answer[k] === 0) delete m.answer[k];
}
console.log(JSON.stringify(m));
