package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/libmonclient/libmonclient/bench/result"
)

// Measures of the plots, in pixels.
const (
	plotWidth  = 760
	leftMargin = 232 // where the labels end
	rightEnd   = 690 // where the scale ends
	barHeight  = 14
	barPitch   = 19
	headHeight = 62
)

// style has the colours for light and dark pages. The page's own cannot be known to a picture, but the reader's preference.
const style = `<style>
text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
.title{font-size:16px;font-weight:600}.note,.tick{font-size:12px;fill:#59636e}.value{font-size:12px}
.grid{stroke:#d1d9e0;stroke-width:1}.one{stroke:#59636e;stroke-width:1.5}.range{stroke:#1f2328;stroke-width:1;opacity:.55}
.ours{fill:#0969da}.ours2{fill:#54aeff}.ours3{fill:#8ddb8c}.theirs{fill:#afb8c1}.bad{fill:#e16f24}
path{fill:none!important;stroke-width:2.5}path.ours{stroke:#0969da}path.ours2{stroke:#54aeff}path.theirs{stroke:#8c959f}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.note,.tick{fill:#9198a1}.grid{stroke:#3d444d}.one{stroke:#9198a1}
.range{stroke:#e6edf3}.ours{fill:#4493f8}.ours2{fill:#1f6feb}.ours3{fill:#3fb950}.theirs{fill:#656c76}.bad{fill:#f0883e}
path.ours{stroke:#4493f8}path.ours2{stroke:#79c0ff}path.theirs{stroke:#9198a1}}
</style>
`

// picture is an SVG in the making.
type picture struct{ b strings.Builder }

func (p *picture) printf(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// px prints a coordinate.
func px(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

func (p *picture) text(x, y float64, class, anchor, text string) {
	p.printf(`<text x="%s" y="%s" class="%s" text-anchor="%s">%s</text>`+"\n", px(x), px(y), class, anchor, escape.Replace(text))
}

func (p *picture) line(x1, y1, x2, y2 float64, class string) {
	p.printf(`<line x1="%s" y1="%s" x2="%s" y2="%s" class="%s"/>`+"\n", px(x1), px(y1), px(x2), px(y2), class)
}

func (p *picture) rect(x, y, width, height float64, class string) {
	p.printf(`<rect x="%s" y="%s" width="%s" height="%s" rx="2" class="%s"/>`+"\n", px(x), px(y), px(max(width, 1.5)), px(height), class)
}

// svg returns the whole picture.
func (p *picture) svg(height float64, title, note string) string {
	var head picture
	head.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%s" viewBox="0 0 %d %s" role="img">`+"\n", plotWidth, px(height), plotWidth, px(height))
	head.printf("<title>%s</title>\n%s", escape.Replace(title), style)
	head.text(8, 22, "title", "start", title)
	head.text(8, 42, "note", "start", note)
	return head.b.String() + p.b.String() + "</svg>\n"
}

// bar is a bar of a bar chart. Its range is drawn where it is one.
type bar struct {
	label string
	class string
	value result.Spread
	text  string
}

// group is bars with a name.
type group struct {
	label string
	bars  []bar
}

// axis maps values to pixels, logarithmically.
type axis struct{ low, high float64 }

// axisOf returns an axis that holds the bars, from one of the ticks to another.
func axisOf(groups []group, ticks []float64, with ...float64) axis {
	low, high := math.Inf(1), math.Inf(-1)
	see := func(v float64) {
		if v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	for _, v := range with {
		see(v)
	}
	for _, g := range groups {
		for _, b := range g.bars {
			see(b.value.Lowest)
			see(b.value.Highest)
			see(b.value.Median)
		}
	}
	a := axis{ticks[0], ticks[len(ticks)-1]}
	for _, t := range ticks {
		if t <= low*0.7 { // so that there is room for a number
			a.low = t
		}
	}
	for _, t := range slices.Backward(ticks) {
		if t >= high {
			a.high = t
		}
	}
	if a.low == a.high {
		a.high *= 10
	}
	return a
}

func (a axis) x(v float64) float64 {
	v = min(max(v, a.low), a.high)
	return leftMargin + (rightEnd-leftMargin)*math.Log(v/a.low)/math.Log(a.high/a.low)
}

// bars draws groups of bars on a logarithmic scale. They begin at from, or at the scale's left end if that is 0.
func bars(title, note string, groups []group, ticks []float64, from float64, label func(v float64) string) string {
	var with []float64
	if from > 0 {
		with = []float64{from}
	}
	a := axisOf(groups, ticks, with...)
	rows := 0.0
	for _, g := range groups {
		rows += float64(len(g.bars)) * barPitch
		if g.label != "" {
			rows += barPitch + 6
		}
	}
	bottom := headHeight + 14 + rows
	var p picture
	for _, t := range ticks {
		if t < a.low || t > a.high {
			continue
		}
		class := "grid"
		if t == from {
			class = "one"
		}
		p.line(a.x(t), headHeight+4, a.x(t), bottom, class)
		p.text(a.x(t), headHeight-2, "tick", "middle", label(t))
	}
	y := headHeight + 12.0
	for _, g := range groups {
		if g.label != "" {
			p.text(8, y+barHeight-1, "name", "start", g.label)
			y += barPitch
		}
		for _, b := range g.bars {
			p.bar(a, b, from, y)
			y += barPitch
		}
		if g.label != "" {
			y += 6
		}
	}
	return p.svg(bottom+10, title, note)
}

func (p *picture) bar(a axis, b bar, from, y float64) {
	middle := y + barHeight/2
	p.text(leftMargin-8, y+barHeight-2.5, "label", "end", b.label)
	start, end := leftMargin*1.0, a.x(b.value.Median)
	if from > 0 {
		start = a.x(from)
	}
	p.rect(min(start, end), y, math.Abs(end-start), barHeight, b.class)
	left, right := min(start, end), max(start, end)
	if low, high := a.x(b.value.Lowest), a.x(b.value.Highest); high-low > 2 {
		p.line(low, middle, high, middle, "range")
		left, right = min(left, low), max(right, high)
	}
	if end >= start {
		p.text(right+5, y+barHeight-2.5, "value", "start", b.text)
	} else {
		p.text(left-5, y+barHeight-2.5, "value", "end", b.text)
	}
}

// curve is a line of a line plot. A point that was not measured is negative.
type curve struct {
	label, class string
	points       []float64
}

// curves draws lines over the categories, from 0.
func curves(title, note string, categories []string, all []curve, step float64, label func(v float64) string) string {
	const left, right, top, bottom = 70.0, 600.0, headHeight + 6.0, 330.0
	highest := step
	for _, c := range all {
		for _, v := range c.points {
			highest = max(highest, math.Ceil(v/step)*step)
		}
	}
	x := func(i int) float64 { return left + 24 + (right-left-48)*float64(i)/float64(max(len(categories)-1, 1)) }
	y := func(v float64) float64 { return bottom - (bottom-top)*v/highest }
	var p picture
	for i := range int(math.Round(highest/step)) + 1 {
		v := float64(i) * step
		p.line(left, y(v), right, y(v), "grid")
		p.text(left-8, y(v)+4, "tick", "end", label(v))
	}
	for i, c := range categories {
		p.text(x(i), bottom+20, "tick", "middle", c)
	}
	type end struct {
		x, y float64
		text string
	}
	var ends []end
	for _, c := range all {
		var path []string
		last := -1
		for i, v := range c.points {
			if v < 0 {
				continue
			}
			path = append(path, px(x(i))+","+px(y(v)))
			last = i
		}
		if last < 0 {
			continue
		}
		p.printf(`<path class="%s" d="M%s"/>`+"\n", c.class, strings.Join(path, " L"))
		for i, v := range c.points {
			if v >= 0 {
				p.printf(`<circle cx="%s" cy="%s" r="3.5" class="%s"/>`+"\n", px(x(i)), px(y(v)), c.class)
			}
		}
		ends = append(ends, end{x(last), y(c.points[last]), c.label + ", " + label(c.points[last])})
	}
	// Labels that would lie on one another are moved apart.
	slices.SortStableFunc(ends, func(a, b end) int { return int(math.Round((a.y - b.y) * 10)) })
	at := math.Inf(-1)
	for _, e := range ends {
		at = max(e.y+4, at+16)
		p.text(e.x+10, at, "value", "start", e.text)
	}
	return p.svg(bottom+34, title, note)
}
