// Package boards is what stands on the screens: boards built from tiles, where they are kept, and the figures of a board pushed
// to all its viewers. A board's figures are cut into parts; each part is encoded once when it has changed and the bytes are
// shared by every viewer, however many there are. It knows nothing of HTTP.
package boards
