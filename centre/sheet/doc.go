// Package sheet makes tables of a centre file's agents, numbers and number tables, as spreadsheets keep them (CSV), and edits of
// the file of such tables. It is pure. What comes out of a spreadsheet is rarely what went in: other encodings, other separators,
// numbers written as 8.6E+12 and cells that begin like formulas are expected, and every fault is named by row and column with what
// would be right, all of them at once.
package sheet
