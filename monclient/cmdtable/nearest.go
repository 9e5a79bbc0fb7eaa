package cmdtable

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Nearest returns the words that are most like the given one, at most n, the nearest first. Words that are too
// different are left out.
func Nearest(word string, among []string, n int) []string {
	type near struct {
		word string
		far  int
	}
	var found []near
	for _, w := range among {
		if far := distance(word, w); far <= max(1, len(word)/3) {
			found = append(found, near{w, far})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.far, b.far) })
	var words []string
	for _, f := range found {
		if len(words) < n && !slices.Contains(words, f.word) {
			words = append(words, f.word)
		}
	}
	return words
}

// NoneOf returns the error that a word is none of those allowed, and which one may have been meant.
func NoneOf(word string, allowed []string) error {
	list := strings.Join(allowed, ", ")
	if near := Nearest(word, allowed, 1); len(near) > 0 && len(allowed) > 6 {
		return fmt.Errorf("%q is none of %s; did you mean %s?", word, list, near[0])
	}
	return fmt.Errorf("%q is none of %s", word, list)
}

// maxCompared bounds the words that distance compares, which costs the product of their lengths.
const maxCompared = 64

// distance counts the letters to insert, delete, replace, or swap with their neighbour, to make b of a.
func distance(a, b string) int {
	a, b = a[:min(len(a), maxCompared)], b[:min(len(b), maxCompared)]
	rows := [3][maxCompared + 1]int{}
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
