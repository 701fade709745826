package main

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

// The part of chdb.h that is used here. The library is opened when it is asked
// for, so that this program builds without it.
typedef struct chdb_connection_ *chdb_connection;
typedef struct chdb_result_ chdb_result;

static chdb_connection *(*connect_)(int, char **);
static void (*close_)(chdb_connection *);
static chdb_result *(*query_)(chdb_connection, const char *, const char *);
static char *(*buffer_)(chdb_result *);
static size_t (*length_)(chdb_result *);
static const char *(*error_)(chdb_result *);
static void (*destroy_)(chdb_result *);

static const char *chdb_open(const char *path) {
	void *h = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (h == NULL) return dlerror();
	void (*signals)(int) = dlsym(h, "chdb_set_signal_handlers_enabled");
	connect_ = dlsym(h, "chdb_connect");
	close_ = dlsym(h, "chdb_close_conn");
	query_ = dlsym(h, "chdb_query");
	buffer_ = dlsym(h, "chdb_result_buffer");
	length_ = dlsym(h, "chdb_result_length");
	error_ = dlsym(h, "chdb_result_error");
	destroy_ = dlsym(h, "chdb_destroy_query_result");
	if (!signals || !connect_ || !close_ || !query_ || !buffer_ || !length_ || !error_ || !destroy_) return "not a libchdb that we know";
	signals(0); // they belong to the Go runtime
	return NULL;
}

static chdb_connection *chdb_start(char *name, char *path) {
	char *argv[] = {name, path};
	return connect_(path ? 2 : 1, argv);
}
static void chdb_stop(chdb_connection *c) { close_(c); }
static chdb_result *chdb_ask(chdb_connection *c, const char *query) { return query_(*c, query, "TSV"); }
static char *chdb_buffer(chdb_result *r) { return buffer_(r); }
static size_t chdb_length(chdb_result *r) { return length_(r); }
static const char *chdb_error(chdb_result *r) { return error_(r); }
static void chdb_destroy(chdb_result *r) { destroy_(r); }
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"
)

// clickHouse answers in its SQL, in this process, through the library that the
// npm package chdb ships.
type clickHouse struct {
	job
	conn   *C.chdb_connection
	folder string // of a database on disk
	engine string
}

// libchdb returns the path of the library, "" if it is not installed.
func libchdb() string {
	found, _ := filepath.Glob("node_modules/@chdb/*/libchdb.so")
	if len(found) == 0 {
		return ""
	}
	path, _ := filepath.Abs(found[0])
	return path
}

func noLibchdb() string {
	if libchdb() == "" {
		return "no libchdb.so in node_modules"
	}
	return ""
}

// openClickHouse opens a database whose table is in memory in the order of its
// rows, or in a MergeTree by customer and time.
func openClickHouse(sorted bool) func(job) (subject, error) {
	return func(j job) (subject, error) {
		lib := C.CString(libchdb())
		defer C.free(unsafe.Pointer(lib))
		if msg := C.chdb_open(lib); msg != nil {
			return nil, errors.New(C.GoString(msg))
		}
		c := &clickHouse{job: j, engine: "Memory"}
		name := C.CString("clickhouse")
		defer C.free(unsafe.Pointer(name))
		var path *C.char
		if sorted {
			var err error
			if c.folder, err = os.MkdirTemp(j.dir, "clickhouse-"); err != nil {
				return nil, err
			}
			path = C.CString("--path=" + c.folder)
			defer C.free(unsafe.Pointer(path))
			c.engine = "MergeTree ORDER BY (id, ts)"
			if j.question.topic == percentiles || j.question.topic == sum {
				c.engine = "MergeTree ORDER BY tuple()"
			}
		}
		if c.conn = C.chdb_start(name, path); c.conn == nil {
			return nil, errors.New("ClickHouse does not start")
		}
		_, err := c.query(fmt.Sprintf("SET max_threads = %d, max_insert_threads = %d", j.threads, j.threads))
		return c, err
	}
}

func (c *clickHouse) query(sql string) (string, error) {
	q := C.CString(sql)
	defer C.free(unsafe.Pointer(q))
	r := C.chdb_ask(c.conn, q)
	if r == nil {
		return "", errors.New("no answer from ClickHouse")
	}
	defer C.chdb_destroy(r)
	if msg := C.chdb_error(r); msg != nil && C.GoString(msg) != "" {
		return "", errors.New(C.GoString(msg))
	}
	return C.GoStringN(C.chdb_buffer(r), C.int(C.chdb_length(r))), nil
}

func (c *clickHouse) version() string {
	v, _ := c.query("SELECT version()")
	return strings.TrimSpace(v)
}

func (c *clickHouse) close() error {
	C.chdb_stop(c.conn)
	if c.folder == "" {
		return nil
	}
	return os.RemoveAll(c.folder)
}

// load reads the rows in ClickHouse's own format, its fastest way in.
func (c *clickHouse) load() error {
	file := filepath.Join(c.dir, c.question.order, "number.native")
	switch {
	case c.question.topic == percentiles:
		file = filepath.Join(c.dir, "durations.native")
	case c.question.topic == sum:
		file = filepath.Join(c.dir, "money.native")
	case c.question.ids != idNumber:
		file = filepath.Join(c.dir, c.question.order, "text.native")
	}
	for _, sql := range []string{
		"CREATE DATABASE IF NOT EXISTS bench",
		"DROP TABLE IF EXISTS bench.t SYNC",
		fmt.Sprintf("CREATE TABLE bench.t ENGINE = %s EMPTY AS SELECT * FROM file('%s', Native)", c.engine, file),
		fmt.Sprintf("INSERT INTO bench.t SELECT * FROM file('%s', Native)", file),
	} {
		if _, err := c.query(sql); err != nil {
			return err
		}
	}
	if c.engine == "Memory" {
		return nil
	}
	_, err := c.query("OPTIMIZE TABLE bench.t FINAL") // the parts would merge by and by
	return err
}

func (c *clickHouse) ask() (func() (answer, error), error) {
	sql := clickBest[c.question.topic]
	if t := c.question.topic; c.folder != "" && (t == triangle || t == funnel) {
		sql += " SETTINGS optimize_aggregation_in_order = 1"
	}
	out, err := c.query(sql)
	return func() (answer, error) {
		a := answer{}
		for line := range strings.Lines(out) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			v, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return nil, err
			}
			a.set(name, v)
		}
		return a, nil
	}, err
}

// clickBest is the fastest that we found for each.
var clickBest = map[topic]string{
	// A bit a month; birth is the lowest.
	triangle: `
WITH bitTest(m, k) AS active
SELECT concat(toString(born), '/', toString(k - born)), sum(n)
FROM (
  SELECT m, count() AS n, bitCount(bitXor(m, m - 1)) - 1 AS born FROM (
    SELECT id, groupBitOr(bitShiftLeft(toUInt64(1), (toYear(ts) - 2024) * 12 + toMonth(ts) - 1)) AS m
    FROM bench.t GROUP BY id)
  GROUP BY m)
ARRAY JOIN range(24) AS k WHERE active GROUP BY born, k`,

	// First to a row a customer and week, then a window over those.
	weekly: `
WITH cells AS (
  SELECT born, w - born AS age, count() AS n, sum(cents) AS cents FROM (
    SELECT w, cents, min(w) OVER (PARTITION BY id) AS born FROM (
      SELECT id, toUInt8(intDiv(toUnixTimestamp(ts) - 1704067200, 604800)) AS w, sum(cents) AS cents
      FROM bench.t GROUP BY id, w))
  GROUP BY born, age)
SELECT x.1, x.2 FROM cells ARRAY JOIN [(concat(toString(born), '/', toString(age)), toInt64(n)),
  (concat(toString(born), '/', toString(age), ' cents'), cents)] AS x`,

	funnel: `
SELECT toString(k), count() FROM (
  SELECT windowFunnel(604800000)(toUInt64(toUnixTimestamp64Milli(ts)), event = 1, event = 2, event = 3, event = 4) AS depth
  FROM bench.t WHERE event <= 4 GROUP BY id)
ARRAY JOIN range(1, depth + 1) AS k GROUP BY k`,

	rfm: `
WITH buyers AS (
  SELECT dateDiff('day', max(ts), toDateTime('2026-01-01 00:00:00', 'UTC')) AS r, toInt64(count()) AS f, sum(cents) AS m
  FROM bench.t GROUP BY id),
columns AS (SELECT groupArray(r) AS rs, groupArray(f) AS fs, groupArray(m) AS ms FROM buyers),
edges AS (
  SELECT rs, fs, ms,
    arrayReduce('quantilesExactInclusive(.2, .4, .6, .8)', rs) AS re,
    arrayReduce('quantilesExactInclusive(.2, .4, .6, .8)', fs) AS fe,
    arrayReduce('quantilesExactInclusive(.2, .4, .6, .8)', ms) AS me
  FROM columns),
cells AS (
  SELECT (5 - ((r > re[1]) + (r > re[2]) + (r > re[3]) + (r > re[4])), 1 + (f > fe[1]) + (f > fe[2]) + (f > fe[3]) + (f > fe[4]),
      1 + (m > me[1]) + (m > me[2]) + (m > me[3]) + (m > me[4])) AS c,
    toInt64(count()) AS n, any([re, fe, me]) AS e
  FROM edges ARRAY JOIN rs AS r, fs AS f, ms AS m GROUP BY c)
SELECT x.1, x.2 FROM (
  SELECT groupArray((concat(toString(c.1), '/', toString(c.2), '/', toString(c.3)), n)) AS counts, any(e) AS e FROM cells)
ARRAY JOIN arrayConcat(counts,
  arrayFlatten(arrayMap(i -> arrayMap(k -> (concat('edge ', toString(i), '/', toString(k)), toInt64(round(5 * e[i + 1][k]))), [1, 2, 3, 4]), [0, 1, 2]))) AS x`,

	percentiles: `
SELECT ['50', '75', '90', '95', '99'][i], toInt64(q[i])
FROM (SELECT quantilesExactInclusive(.5, .75, .9, .95, .99)(durations) AS q FROM bench.t)
ARRAY JOIN [1, 2, 3, 4, 5] AS i`,

	sum: `SELECT 'cents', toInt64(sum(money) * 100) FROM bench.t`,
}
