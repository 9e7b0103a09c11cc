package sheet

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"
)

// Write writes a table with a mark, without which Excel takes UTF-8 for the local code page, and so that no cell is a formula.
func Write(head []string, rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.UseCRLF = true // RFC 4180 §2
	for _, row := range append([][]string{head}, rows...) {
		safe := make([]string, len(row))
		for i, c := range row {
			if safe[i] = c; isFormula(c) && !isNumber(c) {
				safe[i] = "'" + c
			}
		}
		if err := out.Write(safe); err != nil {
			return nil, err
		}
	}
	out.Flush()
	return b.Bytes(), out.Error()
}

// isFormula says whether a spreadsheet may take the cell for one.
func isFormula(c string) bool { return c != "" && strings.ContainsRune("=+-@\t\r\n", rune(c[0])) }

// isNumber says whether the cell is a number, also in E.164: inert.
func isNumber(c string) bool {
	return regexp.MustCompile(`^\+[0-9]{1,15}$|^-?[0-9]+(\.[0-9]+)?$`).MatchString(c)
}
