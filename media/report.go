package media

import (
	"encoding/binary"

	"github.com/pion/rtcp"
)

// reportRoom is room for the longest report: sender, one block, name, goodbye.
const reportRoom = 28 + 24 + 28 + 8

// Packet types (RFC 3550 §12.1), and the item that a name is (§12.2).
const (
	typeSender   = 200
	typeReceiver = 201
	typeNames    = 202
	typeBye      = 203
	itemCNAME    = 1
)

// senderInfo is what a sender report says of our stream (RFC 3550 §6.4.1).
type senderInfo struct {
	ssrc           uint32
	ntp            uint64
	rtp            uint32
	packets, bytes uint32
}

// appendHead begins an RTCP packet of so many bytes, a multiple of 4 (RFC 3550 §6.4.1).
func appendHead(b []byte, kind byte, count, size int) []byte {
	return binary.BigEndian.AppendUint16(append(b, 2<<6|byte(count), kind), uint16(size/4-1))
}

func appendSender(b []byte, s senderInfo, block *rtcp.ReceptionReport) []byte {
	blocks := countOf(block)
	b = appendHead(b, typeSender, blocks, 28+24*blocks)
	b = binary.BigEndian.AppendUint32(b, s.ssrc)
	b = binary.BigEndian.AppendUint64(b, s.ntp)
	b = binary.BigEndian.AppendUint32(b, s.rtp)
	b = binary.BigEndian.AppendUint32(b, s.packets)
	b = binary.BigEndian.AppendUint32(b, s.bytes)
	return appendBlock(b, block)
}

func appendReceiver(b []byte, ssrc uint32, block *rtcp.ReceptionReport) []byte {
	blocks := countOf(block)
	b = appendHead(b, typeReceiver, blocks, 8+24*blocks)
	return appendBlock(binary.BigEndian.AppendUint32(b, ssrc), block)
}

func countOf(block *rtcp.ReceptionReport) int {
	if block == nil {
		return 0
	}
	return 1
}

func appendBlock(b []byte, block *rtcp.ReceptionReport) []byte {
	if block == nil {
		return b
	}
	b = binary.BigEndian.AppendUint32(b, block.SSRC)
	b = binary.BigEndian.AppendUint32(b, uint32(block.FractionLost)<<24|block.TotalLost&0xFFFFFF)
	b = binary.BigEndian.AppendUint32(b, block.LastSequenceNumber)
	b = binary.BigEndian.AppendUint32(b, block.Jitter)
	b = binary.BigEndian.AppendUint32(b, block.LastSenderReport)
	return binary.BigEndian.AppendUint32(b, block.Delay)
}

// appendName tells whose stream it is (RFC 3550 §6.5): one chunk, one item, and at least one zero to the next word.
func appendName(b []byte, ssrc uint32, name string) []byte {
	size := (4 + 4 + 2 + len(name) + 4) &^ 3
	end := len(b) + size
	b = appendHead(b, typeNames, 1, size)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(append(b, itemCNAME, byte(len(name))), name...)
	for len(b) < end {
		b = append(b, 0)
	}
	return b
}

func appendBye(b []byte, ssrc uint32) []byte {
	return binary.BigEndian.AppendUint32(appendHead(b, typeBye, 1, 8), ssrc)
}
