package local

import (
	"testing"

	"hotline/store/storetest"
)

// small makes what is rare happen often: rotation, falling out of the ring, an empty reserve.
func small() Config { return Config{SegmentSize: 64 << 10, Recent: 100, Reserve: 256 << 10} }

func TestSuite(t *testing.T) {
	storetest.Run(t, func(dir string) (storetest.Log, error) { return Open(dir, Config{Reserve: 1 << 20}) })
}

func TestSuiteSmall(t *testing.T) {
	storetest.Run(t, func(dir string) (storetest.Log, error) { return Open(dir, small()) })
}
