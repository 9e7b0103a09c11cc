// Package prompts holds the default prompts and hold music, in Chinese and English, as the engine ships them. A centre
// replaces any of them by a WAV of the same name in its own prompts folder.
package prompts

import (
	"embed"
	"io/fs"
)

//go:embed zh-CN en-US music.wav
var files embed.FS

// FS returns the default prompts: LANG/NAME.wav and, for what needs no language, NAME.wav. All are 8 kHz mono A-law WAVs,
// made by `make prompts` from prompts.tsv.
func FS() fs.FS { return files }
