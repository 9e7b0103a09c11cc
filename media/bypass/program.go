//go:build linux && (amd64 || arm64)

package bypass

import (
	"math"
	"unsafe"

	"github.com/cilium/ebpf/asm"
)

// Where what the program reads stands in a datagram, Ethernet's header (or loopback's, which looks the same) first.
const (
	ethernet = 14
	ipAt     = ethernet
	udpAt    = ipAt + 20
	rtpAt    = udpAt + 8

	ipLength  = ipAt + 2
	ipFlags   = ipAt + 6
	ipType    = ipAt + 9
	ipSum     = ipAt + 10
	ipSource  = ipAt + 12 // source, destination, and behind them the ports of UDP: twelve bytes that name a stream
	udpLength = udpAt + 4
	udpSum    = udpAt + 6

	rtpHeader = 12
	nameLen   = 12
)

// Fields of struct __sk_buff (linux/bpf.h).
const (
	skbLen      = 0
	skbProtocol = 16
	skbVLAN     = 20
	skbIfindex  = 40
	skbData     = 76
	skbDataEnd  = 80
	skbGSOSize  = 176
)

// What a packet may differ in from the one before and still be an ordinary one.
const (
	stepMost = 100  // of sequence numbers (RFC 3550 A.1, MAX_MISORDER); 1 for the first, lest it overtakes what waits in the socket
	tickMost = 8000 // of timestamps: one second
)

// The room in a ring for a packet of 20 ms of G.711 and for the longest; both hold rtpHeader and what stands before each.
const (
	recordHead = 16
	usualMost  = rtpHeader + 160
	packetMost = rtpHeader + 480
	usualRoom  = (recordHead + usualMost + 7) &^ 7
	mostRoom   = (recordHead + packetMost + 7) &^ 7
)

// Offsets from the frame pointer: the names and RTP headers as they came and as they go, each 24 bytes in one piece, so
// that what changes in a checksum is the difference of two pieces.
const (
	oldName = -24
	oldRTP  = oldName + nameLen
	newName = -48
	newRTP  = newName + nameLen
	kept    = -56 // the record
	slotAt  = -60
	seqAt   = -64
	tsAt    = -68
)

// Flags of linux/bpf.h.
const (
	noWakeup   = 1
	pseudo     = 0x10
	mangled0   = 0x20
	staleHash  = 2
	tcxNext    = -1
	fragmented = 0xFF3F // more fragments or an offset (RFC 791 §3.1), as the bytes stand in memory
	ipv4       = 0x0008 // 0x0800 likewise
)

// program looks at each datagram that comes in. What belongs to an open lane and is the next ordinary packet of its stream is
// copied into the lane's ring, given the numbers and addresses of the other side, and goes on its way; the first one that is
// anything else shuts the lane and goes up to the socket, as everything does for which there is no lane.
//
// r6 is the context, r7 the packet, later the record, r8 the length of the RTP packet, r9 the lane.
func program(names, spots, rings int) asm.Instructions {
	var p asm.Instructions
	p = append(p, parse(names, spots)...)
	p = append(p, ordinary()...)
	p = append(p, show(rings)...)
	p = append(p, rewrite()...)
	return append(p,
		asm.LoadMem(asm.R1, asm.R9, at(spotOut), asm.Word),
		asm.JEq.Imm(asm.R1, 0, "pass"),
		asm.Mov.Imm(asm.R2, 0),
		asm.Mov.Imm(asm.R3, 0),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnRedirectNeigh.Call(),
		asm.Return(),

		asm.Mov.Reg(asm.R1, asm.R7).WithSymbol("discard"),
		asm.Mov.Imm(asm.R2, noWakeup),
		asm.FnRingbufDiscard.Call(),
		asm.StoreImm(asm.R9, at(spotOpen), 0, asm.Word).WithSymbol("shut"),
		asm.Mov.Imm(asm.R0, tcxNext).WithSymbol("pass"),
		asm.Return(),
	)
}

// parse finds the lane of a datagram of IPv4 and UDP without options and fragments that is long enough for RTP.
func parse(names, spots int) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.LoadMem(asm.R1, asm.R6, skbProtocol, asm.Word),
		asm.JNE.Imm(asm.R1, ipv4, "pass"),
		asm.LoadMem(asm.R7, asm.R6, skbData, asm.Word),
		asm.LoadMem(asm.R2, asm.R6, skbDataEnd, asm.Word),
		asm.Mov.Reg(asm.R3, asm.R7),
		asm.Add.Imm(asm.R3, rtpAt+rtpHeader),
		asm.JGT.Reg(asm.R3, asm.R2, "pass"),
		asm.LoadMem(asm.R1, asm.R7, ipAt, asm.Byte),
		asm.JNE.Imm(asm.R1, 0x45, "pass"), // RFC 791 §3.1: version 4, a header of 20 bytes
		asm.LoadMem(asm.R1, asm.R7, ipType, asm.Byte),
		asm.JNE.Imm(asm.R1, 17, "pass"),
		asm.LoadMem(asm.R1, asm.R7, ipFlags, asm.Half),
		asm.And.Imm(asm.R1, fragmented),
		asm.JNE.Imm(asm.R1, 0, "pass"),

		asm.LoadMem(asm.R1, asm.R7, ipSource, asm.Word),
		asm.StoreMem(asm.RFP, oldName, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.R7, ipSource+4, asm.Word),
		asm.StoreMem(asm.RFP, oldName+4, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.R7, ipSource+8, asm.Word),
		asm.StoreMem(asm.RFP, oldName+8, asm.R1, asm.Word),
		asm.LoadMapPtr(asm.R1, names),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, oldName),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "pass"),

		asm.LoadMem(asm.R1, asm.R0, 0, asm.Word),
		asm.StoreMem(asm.RFP, slotAt, asm.R1, asm.Word),
		asm.LoadMapPtr(asm.R1, spots),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, slotAt),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "pass"),
		asm.Mov.Reg(asm.R9, asm.R0),
		asm.LoadMem(asm.R1, asm.R9, at(spotOpen), asm.Word),
		asm.JEq.Imm(asm.R1, 0, "pass"),
	}
}

// ordinary shuts the lane before a packet that is not the next of its stream. RTCP on the same port and what is no RTP at all
// (RFC 7983 §7, RFC 5761 §4) go up without that.
func ordinary() asm.Instructions {
	return asm.Instructions{
		asm.LoadMem(asm.R1, asm.R7, rtpAt, asm.Byte),
		asm.Mov.Reg(asm.R2, asm.R1),
		asm.RSh.Imm(asm.R2, 6),
		asm.JNE.Imm(asm.R2, 2, "pass"),
		asm.LoadMem(asm.R3, asm.R7, rtpAt+1, asm.Byte),
		asm.JLT.Imm(asm.R3, 192, "rtp"),
		asm.JLE.Imm(asm.R3, 223, "pass"),
		asm.JNE.Imm(asm.R1, 0x80, "shut").WithSymbol("rtp"), // RFC 3550 §5.1: no padding, extension or contributing source
		asm.And.Imm(asm.R3, 0x7F),
		asm.LoadMem(asm.R1, asm.R9, at(spotType), asm.Byte),
		asm.JNE.Reg(asm.R3, asm.R1, "shut"),
		asm.LoadMem(asm.R1, asm.R6, skbVLAN, asm.Word),
		asm.JNE.Imm(asm.R1, 0, "shut"),
		asm.LoadMem(asm.R1, asm.R6, skbGSOSize, asm.Word),
		asm.JNE.Imm(asm.R1, 0, "shut"),
		asm.LoadMem(asm.R2, asm.R9, at(spotIn), asm.Word),
		asm.JEq.Imm(asm.R2, 0, "anywhere"),
		asm.LoadMem(asm.R1, asm.R6, skbIfindex, asm.Word),
		asm.JNE.Reg(asm.R1, asm.R2, "shut"),

		asm.LoadMem(asm.R1, asm.R7, rtpAt, asm.Word).WithSymbol("anywhere"),
		asm.StoreMem(asm.RFP, oldRTP, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.R7, rtpAt+8, asm.Word),
		asm.StoreMem(asm.RFP, oldRTP+8, asm.R1, asm.Word),
		asm.LoadMem(asm.R2, asm.R9, at(spotSSRC), asm.Word),
		asm.JNE.Reg(asm.R1, asm.R2, "shut"),

		asm.LoadMem(asm.R1, asm.R7, rtpAt+2, asm.Half),
		asm.HostTo(asm.BE, asm.R1, asm.Half),
		asm.StoreMem(asm.RFP, seqAt, asm.R1, asm.Word),
		asm.LoadMem(asm.R2, asm.R9, at(spotSeq), asm.Word),
		asm.Sub.Reg(asm.R1, asm.R2),
		asm.And.Imm(asm.R1, math.MaxUint16),
		asm.JEq.Imm(asm.R1, 0, "shut"),
		asm.LoadMem(asm.R2, asm.R9, at(spotMost), asm.Word),
		asm.JGT.Reg(asm.R1, asm.R2, "shut"),

		asm.LoadMem(asm.R1, asm.R7, rtpAt+4, asm.Word),
		asm.StoreMem(asm.RFP, oldRTP+4, asm.R1, asm.Word),
		asm.HostTo(asm.BE, asm.R1, asm.Word),
		asm.StoreMem(asm.RFP, tsAt, asm.R1, asm.Word),
		asm.LoadMem(asm.R2, asm.R9, at(spotTS), asm.Word),
		asm.Sub.Reg32(asm.R1, asm.R2),
		asm.JEq.Imm(asm.R1, 0, "shut"),
		asm.JGT.Imm(asm.R1, tickMost, "shut"),

		asm.LoadMem(asm.R8, asm.R7, udpLength, asm.Half),
		asm.HostTo(asm.BE, asm.R8, asm.Half),
		asm.JLE.Imm(asm.R8, 8+rtpHeader, "shut"),
		asm.Sub.Imm(asm.R8, 8),
		asm.JGT.Imm(asm.R8, packetMost, "shut"),
		asm.LoadMem(asm.R1, asm.R7, ipLength, asm.Half),
		asm.HostTo(asm.BE, asm.R1, asm.Half),
		asm.Mov.Reg(asm.R2, asm.R8),
		asm.Add.Imm(asm.R2, rtpAt-ipAt),
		asm.JNE.Reg(asm.R1, asm.R2, "shut"),
		asm.Add.Imm(asm.R2, ethernet),
		asm.LoadMem(asm.R1, asm.R6, skbLen, asm.Word),
		asm.JNE.Reg(asm.R1, asm.R2, "shut"),
	}
}

// show copies the packet into the ring of whoever looks after the lane, before anybody else can see it.
func show(rings int) asm.Instructions {
	return asm.Instructions{
		asm.LoadMapPtr(asm.R1, rings),
		asm.Mov.Reg(asm.R2, asm.R9),
		asm.Add.Imm(asm.R2, int32(at(spotRing))),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "shut"),
		asm.Mov.Reg(asm.R1, asm.R0),
		asm.Mov.Imm(asm.R3, 0),
		asm.JGT.Imm(asm.R8, usualMost, "long"),
		asm.Mov.Imm(asm.R2, usualRoom),
		asm.FnRingbufReserve.Call(),
		asm.Ja.Label("reserved"),
		asm.Mov.Imm(asm.R2, mostRoom).WithSymbol("long"),
		asm.FnRingbufReserve.Call(),
		asm.JEq.Imm(asm.R0, 0, "shut").WithSymbol("reserved"), // full: from here on the socket takes them

		asm.StoreMem(asm.RFP, kept, asm.R0, asm.DWord),
		asm.FnKtimeGetNs.Call(),
		asm.LoadMem(asm.R7, asm.RFP, kept, asm.DWord),
		asm.StoreMem(asm.R7, 8, asm.R0, asm.DWord),
		asm.LoadMem(asm.R1, asm.R9, at(spotTag), asm.Word),
		asm.StoreMem(asm.R7, 0, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.RFP, slotAt, asm.Word),
		asm.StoreMem(asm.R7, 4, asm.R1, asm.Half),
		asm.StoreMem(asm.R7, 6, asm.R8, asm.Half),
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.Mov.Imm(asm.R2, rtpAt),
		asm.Mov.Reg(asm.R3, asm.R7),
		asm.Add.Imm(asm.R3, recordHead),
		asm.Mov.Reg(asm.R4, asm.R8),
		asm.FnSkbLoadBytes.Call(),
		asm.JNE.Imm(asm.R0, 0, "discard"),
		asm.Mov.Reg(asm.R1, asm.R7),
		asm.Mov.Imm(asm.R2, noWakeup),
		asm.FnRingbufSubmit.Call(),

		asm.LoadMem(asm.R1, asm.RFP, seqAt, asm.Word),
		asm.StoreMem(asm.R9, at(spotSeq), asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.RFP, tsAt, asm.Word),
		asm.StoreMem(asm.R9, at(spotTS), asm.R1, asm.Word),
		asm.StoreMem(asm.R9, at(spotSize), asm.R8, asm.Half),
		asm.StoreImm(asm.R9, at(spotMost), stepMost, asm.Word),
	}
}

// rewrite makes of the packet the one that the other side gets.
func rewrite() asm.Instructions {
	p := asm.Instructions{
		asm.LoadMem(asm.R1, asm.R9, at(spotName), asm.Word),
		asm.StoreMem(asm.RFP, newName, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.R9, at(spotName)+4, asm.Word),
		asm.StoreMem(asm.RFP, newName+4, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.R9, at(spotName)+8, asm.Word),
		asm.StoreMem(asm.RFP, newName+8, asm.R1, asm.Word),

		asm.StoreImm(asm.RFP, newRTP, 0x80, asm.Byte),
		asm.LoadMem(asm.R1, asm.RFP, oldRTP+1, asm.Byte),
		asm.And.Imm(asm.R1, 0x80), // the marker stays
		asm.LoadMem(asm.R2, asm.R9, at(spotOutType), asm.Byte),
		asm.Or.Reg(asm.R1, asm.R2),
		asm.StoreMem(asm.RFP, newRTP+1, asm.R1, asm.Byte),
		asm.LoadMem(asm.R1, asm.RFP, seqAt, asm.Word),
		asm.LoadMem(asm.R2, asm.R9, at(spotSeqShift), asm.Word),
		asm.Add.Reg(asm.R1, asm.R2),
		asm.HostTo(asm.BE, asm.R1, asm.Half),
		asm.StoreMem(asm.RFP, newRTP+2, asm.R1, asm.Half),
		asm.LoadMem(asm.R1, asm.RFP, tsAt, asm.Word),
		asm.LoadMem(asm.R2, asm.R9, at(spotTSShift), asm.Word),
		asm.Add.Reg(asm.R1, asm.R2),
		asm.HostTo(asm.BE, asm.R1, asm.Word),
		asm.StoreMem(asm.RFP, newRTP+4, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.R9, at(spotOutSSRC), asm.Word),
		asm.StoreMem(asm.RFP, newRTP+8, asm.R1, asm.Word),
	}
	p = append(p, difference(oldName, newName, 8)...)
	p = append(p, asm.Mov.Reg(asm.R7, asm.R0))
	p = append(p, sum(asm.FnL3CsumReplace, ipSum, 0)...)
	p = append(p, sum(asm.FnL4CsumReplace, udpSum, pseudo|mangled0)...) // RFC 768: the addresses count in UDP's too
	p = append(p, difference(oldName+8, newName+8, 4+rtpHeader)...)
	p = append(p, asm.Mov.Reg(asm.R7, asm.R0))
	p = append(p, sum(asm.FnL4CsumReplace, udpSum, mangled0)...)
	p = append(p, store(ipSource, newName, nameLen)...)
	return append(p, store(rtpAt, newRTP, rtpHeader)...)
}

// difference is what a checksum changes by from one piece of the stack to another.
func difference(from, to, size int) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.RFP),
		asm.Add.Imm(asm.R1, int32(from)),
		asm.Mov.Imm(asm.R2, int32(size)),
		asm.Mov.Reg(asm.R3, asm.RFP),
		asm.Add.Imm(asm.R3, int32(to)),
		asm.Mov.Imm(asm.R4, int32(size)),
		asm.Mov.Imm(asm.R5, 0),
		asm.FnCsumDiff.Call(),
	}
}

// sum brings a checksum up to date by the difference in r7.
func sum(fn asm.BuiltinFunc, where, flags int) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.Mov.Imm(asm.R2, int32(where)),
		asm.Mov.Imm(asm.R3, 0),
		asm.Mov.Reg(asm.R4, asm.R7),
		asm.Mov.Imm(asm.R5, int32(flags)),
		fn.Call(),
	}
}

// store puts a piece of the stack into the packet.
func store(where, from, size int) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.Mov.Imm(asm.R2, int32(where)),
		asm.Mov.Reg(asm.R3, asm.RFP),
		asm.Add.Imm(asm.R3, int32(from)),
		asm.Mov.Imm(asm.R4, int32(size)),
		asm.Mov.Imm(asm.R5, staleHash),
		asm.FnSkbStoreBytes.Call(),
	}
}

// spot is a lane as the program reads it; what is of the wire stands as it does there.
type spot struct {
	open              uint32 // shut by the program too
	ssrc              uint32 // wire
	ts, seq           uint32 // of the last packet
	tsShift, seqShift uint32 // outgoing less incoming
	outSSRC           uint32 // wire
	kind, outKind     uint8  // payload types
	size              uint16 // of the last packet
	out               uint32 // interface to send by; 0: the packet is for this machine
	name              [nameLen]byte
	tag               uint32
	in                uint32 // interface; 0: any
	most              uint32 // steps of sequence numbers to the next packet
	ring              uint32
}

const (
	spotOpen     = unsafe.Offsetof(spot{}.open)
	spotSSRC     = unsafe.Offsetof(spot{}.ssrc)
	spotTS       = unsafe.Offsetof(spot{}.ts)
	spotSeq      = unsafe.Offsetof(spot{}.seq)
	spotTSShift  = unsafe.Offsetof(spot{}.tsShift)
	spotSeqShift = unsafe.Offsetof(spot{}.seqShift)
	spotOutSSRC  = unsafe.Offsetof(spot{}.outSSRC)
	spotType     = unsafe.Offsetof(spot{}.kind)
	spotOutType  = unsafe.Offsetof(spot{}.outKind)
	spotSize     = unsafe.Offsetof(spot{}.size)
	spotOut      = unsafe.Offsetof(spot{}.out)
	spotName     = unsafe.Offsetof(spot{}.name)
	spotTag      = unsafe.Offsetof(spot{}.tag)
	spotIn       = unsafe.Offsetof(spot{}.in)
	spotMost     = unsafe.Offsetof(spot{}.most)
	spotRing     = unsafe.Offsetof(spot{}.ring)
	spotLen      = unsafe.Sizeof(spot{})
)

func at(offset uintptr) int16 { return int16(offset) }
