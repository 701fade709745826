package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// bytesOf views a column as the bytes that it is in memory.
func bytesOf[T any](column []T) []byte {
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(column))), len(column)*int(unsafe.Sizeof(t)))
}

// column maps a file of write into memory, outside the heap, so that the garbage
// collector of the measured process neither sees nor counts it, and reads every
// page of it.
func column[T any](path ...string) ([]T, error) {
	f, err := os.Open(filepath.Join(path...))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED|syscall.MAP_POPULATE)
	if err != nil {
		return nil, err
	}
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(t))), nil
}

// columns are the rows of a question.
type columns struct {
	id    []uint64
	text  []string // instead of id
	at    []int64
	code  []uint32
	cents []int64
}

func readColumns(dir string, q question) (c columns, err error) {
	folder := filepath.Join(dir, q.order)
	if c.at, err = column[int64](folder, "at.i64"); err != nil {
		return c, err
	}
	if c.code, err = column[uint32](folder, "event.u32"); err != nil {
		return c, err
	}
	if c.cents, err = column[int64](folder, "cents.i64"); err != nil {
		return c, err
	}
	if q.ids == idNumber {
		c.id, err = column[uint64](folder, "id.u64")
		return c, err
	}
	b, err := column[byte](folder, "text.bin")
	if err != nil {
		return c, err
	}
	c.text, err = texts(b, q.ids == idScattered)
	return c, err
}

// texts makes strings of textLen bytes each out of b: in the order of the rows,
// or each in a place of its own as the heap of a long-lived program has them.
func texts(b []byte, scattered bool) ([]string, error) {
	n := len(b) / textLen
	anonymous := func(size int) ([]byte, error) {
		return syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	}
	var s string
	headers, err := anonymous(n * int(unsafe.Sizeof(s)))
	if err != nil {
		return nil, err
	}
	// The strings point outside the heap too, as the garbage collector allows.
	out := unsafe.Slice((*string)(unsafe.Pointer(unsafe.SliceData(headers))), n)
	if !scattered {
		for i := range out {
			out[i] = unsafe.String(&b[i*textLen], textLen)
		}
		return out, nil
	}
	const slot = 16 // what the allocator of Go takes for textLen bytes
	heap, err := anonymous(n * slot)
	if err != nil {
		return nil, err
	}
	for i, to := range rand.New(rand.NewPCG(5, 6)).Perm(n) {
		copy(heap[to*slot:], b[i*textLen:(i+1)*textLen])
		out[i] = unsafe.String(&heap[to*slot], textLen)
	}
	return out, nil
}
