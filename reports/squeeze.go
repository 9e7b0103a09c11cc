package reports

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// squeezedMax bounds what a block may unpack to: a damaged one asks for no more.
const squeezedMax = 256 << 20

// squeezer packs and unpacks text. It may be used from anywhere.
type squeezer struct {
	once sync.Once
	enc  *zstd.Encoder
	dec  *zstd.Decoder
	err  error
}

func (s *squeezer) ready() error {
	s.once.Do(func() {
		s.enc, s.err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
		if s.err == nil {
			s.dec, s.err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(squeezedMax))
		}
	})
	return s.err
}

func (s *squeezer) pack(text []byte) ([]byte, error) {
	if err := s.ready(); err != nil {
		return nil, fmt.Errorf("reports: pack: %w", err)
	}
	return s.enc.EncodeAll(text, make([]byte, 0, len(text)/4)), nil
}

func (s *squeezer) unpack(packed []byte) ([]byte, error) {
	if err := s.ready(); err != nil {
		return nil, fmt.Errorf("reports: unpack: %w", err)
	}
	text, err := s.dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errColumns, err)
	}
	return text, nil
}
