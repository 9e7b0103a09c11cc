//go:build !linux

package storetest

import "testing"

func testFullDisk(t *testing.T, _ opener) {
	t.Skip("mounts a small disk, which this test can only on Linux")
}

func testReadOnly(t *testing.T, _ Open, _ opener) {
	t.Skip("mounts a small disk, which this test can only on Linux")
}

func testHungDisk(t *testing.T, _ opener) {
	t.Skip("freezes a small disk, which this test can only on Linux")
}
