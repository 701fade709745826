package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// duckDB answers in SQL, from a table in its memory.
type duckDB struct {
	job
	db       *sql.DB
	textbook bool
}

func openDuckDB(textbook bool) func(job) (subject, error) {
	return func(j job) (subject, error) {
		db, err := sql.Open("duckdb", "")
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1) // a database in memory belongs to its connection
		d := &duckDB{j, db, textbook}
		_, err = db.Exec(fmt.Sprintf("SET threads = %d", j.threads))
		return d, err
	}
}

func (d *duckDB) version() string {
	var v string
	_ = d.db.QueryRow("SELECT version()").Scan(&v)
	return v
}

func (d *duckDB) close() error { return d.db.Close() }

// load reads the rows from Parquet, its fastest way in.
func (d *duckDB) load() error {
	file := filepath.Join(d.dir, d.question.order, "number.parquet")
	switch {
	case d.question.topic == percentiles:
		file = filepath.Join(d.dir, "durations.parquet")
	case d.question.topic == sum:
		file = filepath.Join(d.dir, "money.parquet")
	case d.question.ids != idNumber:
		file = filepath.Join(d.dir, d.question.order, "text.parquet")
	}
	_, err := d.db.Exec("CREATE OR REPLACE TABLE t AS SELECT * FROM read_parquet('" + file + "')")
	return err
}

func (d *duckDB) ask() (func() (answer, error), error) {
	query := duckBest[d.question.topic]
	if text, ok := duckTextbook[d.question.topic]; ok && d.textbook {
		query = text
	}
	rows, err := d.db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	a := answer{}
	for rows.Next() {
		var name string
		var value int64
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		a.set(name, value)
	}
	return func() (answer, error) { return a, nil }, rows.Err()
}

// duckTextbook is how the questions are put in books: joins and distinct counts,
// and a window a step for what is in order.
var duckTextbook = map[topic]string{
	triangle: `
WITH birth AS (SELECT id, date_trunc('month', min(ts)) AS born FROM t GROUP BY id)
SELECT datediff('month', DATE '2024-01-01', born) || '/' || datediff('month', born, ts), count(DISTINCT t.id)
FROM t JOIN birth USING (id) GROUP BY 1`,

	weekly: `
WITH birth AS (SELECT id, date_trunc('week', min(ts)) AS born FROM t GROUP BY id),
cells AS (
  SELECT datediff('week', DATE '2024-01-01', born) || '/' || datediff('week', born, ts) AS cell,
    count(DISTINCT t.id) AS n, sum(cents) AS cents
  FROM t JOIN birth USING (id) GROUP BY 1)
SELECT cell, n FROM cells UNION ALL SELECT cell || ' cents', cents::BIGINT FROM cells`,

	// The start of the latest chain that has reached each step so far.
	funnel: `
WITH p1 AS (
  SELECT id, epoch_ms(ts) AS ms, event AS e, max(CASE WHEN event = 1 THEN epoch_ms(ts) END) OVER w AS s1
  FROM t WHERE event <= 4 WINDOW w AS (PARTITION BY id ORDER BY ts ROWS UNBOUNDED PRECEDING)),
p2 AS (
  SELECT *, max(CASE WHEN e = 2 AND ms - s1 <= 604800000 THEN s1 END) OVER w AS s2
  FROM p1 WINDOW w AS (PARTITION BY id ORDER BY ms ROWS UNBOUNDED PRECEDING)),
p3 AS (
  SELECT *, max(CASE WHEN e = 3 AND ms - s2 <= 604800000 THEN s2 END) OVER w AS s3
  FROM p2 WINDOW w AS (PARTITION BY id ORDER BY ms ROWS UNBOUNDED PRECEDING)),
depth AS (
  SELECT max(CASE WHEN e = 4 AND ms - s3 <= 604800000 THEN 4 WHEN s3 IS NOT NULL THEN 3
    WHEN s2 IS NOT NULL THEN 2 WHEN s1 IS NOT NULL THEN 1 END) AS d
  FROM p3 GROUP BY id)
SELECT k::VARCHAR, count(*) FROM depth JOIN range(1, 5) r(k) ON k <= d GROUP BY 1`,
}

// duckBest is the fastest that we found for each.
var duckBest = map[topic]string{
	// A bit a month; birth is the lowest.
	triangle: `
WITH masks AS (
  SELECT m, count(*) AS n FROM (
    SELECT id, bit_or(1 << ((year(ts) - 2024) * 12 + month(ts) - 1)) AS m FROM t GROUP BY id)
  GROUP BY m),
births AS (SELECT m, n, list_position(list_transform(range(0, 24), k -> m >> k & 1), 1) - 1 AS born FROM masks)
SELECT born || '/' || (k - born), sum(n)::BIGINT
FROM births, range(0, 24) r(k) WHERE m >> k & 1 = 1 GROUP BY 1`,

	// First to a row a customer and week, then their first weeks.
	weekly: `
WITH weeks AS MATERIALIZED (
  SELECT id, ((epoch_ms(ts) - 1704067200000) // 604800000)::UTINYINT AS w, sum(cents)::BIGINT AS cents FROM t GROUP BY ALL),
births AS (SELECT w, cents, born FROM weeks JOIN (SELECT id, min(w) AS born FROM weeks GROUP BY id) USING (id)),
cells AS MATERIALIZED (
  SELECT born, w - born AS age, count(*) AS n, sum(cents)::BIGINT AS cents FROM births GROUP BY ALL)
SELECT born || '/' || age, n FROM cells UNION ALL SELECT born || '/' || age || ' cents', cents FROM cells`,

	// An ASOF JOIN a step: the latest event of the step before has the latest start
	// too. Range joins, a window a step and a fold over lists were slower.
	funnel: `
WITH s1 AS MATERIALIZED (SELECT id, epoch_ms(ts) AS ms, ms AS start FROM t WHERE event = 1),
s2 AS MATERIALIZED (
  SELECT b.id, b.ms, a.start FROM (SELECT id, epoch_ms(ts) AS ms FROM t WHERE event = 2) b
  ASOF JOIN s1 a ON b.id = a.id AND b.ms > a.ms WHERE b.ms - a.start <= 604800000),
s3 AS MATERIALIZED (
  SELECT b.id, b.ms, a.start FROM (SELECT id, epoch_ms(ts) AS ms FROM t WHERE event = 3) b
  ASOF JOIN s2 a ON b.id = a.id AND b.ms > a.ms WHERE b.ms - a.start <= 604800000),
s4 AS (
  SELECT b.id FROM (SELECT id, epoch_ms(ts) AS ms FROM t WHERE event = 4) b
  ASOF JOIN s3 a ON b.id = a.id AND b.ms > a.ms WHERE b.ms - a.start <= 604800000)
SELECT '1', count(DISTINCT id) FROM s1 UNION ALL SELECT '2', count(DISTINCT id) FROM s2
UNION ALL SELECT '3', count(DISTINCT id) FROM s3 UNION ALL SELECT '4', count(DISTINCT id) FROM s4`,

	rfm: `
WITH buyers AS MATERIALIZED (
  SELECT datediff('day', max(ts), TIMESTAMP '2026-01-01') AS r, count(*) AS f, sum(cents)::BIGINT AS m
  FROM t GROUP BY id),
edges AS MATERIALIZED (
  SELECT quantile_cont(r, [.2, .4, .6, .8]) AS r, quantile_cont(f, [.2, .4, .6, .8]) AS f,
    quantile_cont(m, [.2, .4, .6, .8]) AS m FROM buyers),
cells AS (
  SELECT 5 - ((b.r > e.r[1])::INT + (b.r > e.r[2])::INT + (b.r > e.r[3])::INT + (b.r > e.r[4])::INT) AS r,
    1 + ((b.f > e.f[1])::INT + (b.f > e.f[2])::INT + (b.f > e.f[3])::INT + (b.f > e.f[4])::INT) AS f,
    1 + ((b.m > e.m[1])::INT + (b.m > e.m[2])::INT + (b.m > e.m[3])::INT + (b.m > e.m[4])::INT) AS m, count(*) AS n
  FROM buyers b, edges e GROUP BY ALL)
SELECT r || '/' || f || '/' || m, n FROM cells
UNION ALL SELECT 'edge 0/' || k, round(5 * r[k])::BIGINT FROM edges, range(1, 5) s(k)
UNION ALL SELECT 'edge 1/' || k, round(5 * f[k])::BIGINT FROM edges, range(1, 5) s(k)
UNION ALL SELECT 'edge 2/' || k, round(5 * m[k])::BIGINT FROM edges, range(1, 5) s(k)`,

	percentiles: `
SELECT unnest(['50', '75', '90', '95', '99']), unnest(quantile_cont(durations, [.5, .75, .9, .95, .99]))::BIGINT FROM t`,

	sum: `SELECT 'cents', (sum(money) * 100)::BIGINT FROM t`,
}

// writeParquet writes the rows of dir as Parquet too, and returns how long the
// ordered ones took through the appender of the driver, row by row.
func writeParquet(dir string) (appended time.Duration, err error) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return 0, err
	}
	db := sql.OpenDB(connector)
	defer db.Close() //nolint:errcheck // nothing is kept in it
	for _, order := range []string{"ordered", "shuffled"} {
		folder := filepath.Join(dir, order)
		if _, err = db.Exec("CREATE OR REPLACE TABLE t (id UBIGINT, ts TIMESTAMP, event UTINYINT, cents BIGINT)"); err != nil {
			return 0, err
		}
		c, err := readColumns(dir, question{order: order})
		if err != nil {
			return 0, err
		}
		start := time.Now()
		err = appendRows(connector, "t", len(c.at), func(a *duckdb.Appender, i int) error {
			return a.AppendRow(c.id[i], time.UnixMilli(c.at[i]), uint8(c.code[i]), c.cents[i])
		})
		if err != nil {
			return 0, err
		}
		if order == "ordered" {
			appended = time.Since(start)
		}
		for name, id := range map[string]string{"number": "id", "text": "'C' || lpad(id::VARCHAR, 12, '0')"} {
			if name == "text" && order != "ordered" {
				continue // nobody asks
			}
			_, err := db.Exec(fmt.Sprintf("COPY (SELECT %s AS id, ts, event, cents FROM t) TO '%s'", id, filepath.Join(folder, name+".parquet")))
			if err != nil {
				return 0, err
			}
		}
	}
	for name, typ := range map[string]string{"money": "DECIMAL(18, 2)", "durations": "BIGINT"} {
		values, err := column[int64](dir, name+".i64")
		if err != nil {
			return 0, err
		}
		if _, err := db.Exec("CREATE TABLE " + name + " (v BIGINT)"); err != nil {
			return 0, err
		}
		if err := appendRows(connector, name, len(values), func(a *duckdb.Appender, i int) error { return a.AppendRow(values[i]) }); err != nil {
			return 0, err
		}
		scale := map[string]string{"money": "/ 100", "durations": ""}[name]
		_, err = db.Exec(fmt.Sprintf("COPY (SELECT (v %s)::%s AS %s FROM %s) TO '%s'", scale, typ, name, name, filepath.Join(dir, name+".parquet")))
		if err != nil {
			return 0, err
		}
	}
	return appended, nil
}

func appendRows(connector *duckdb.Connector, table string, n int, row func(*duckdb.Appender, int) error) error {
	conn, err := connector.Connect(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the appender tells
	a, err := duckdb.NewAppenderFromConn(conn, "", table)
	if err != nil {
		return err
	}
	for i := range n {
		if err := row(a, i); err != nil {
			return err
		}
	}
	return a.Close()
}
