// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/iredismodule/redismodule/bench/internal/results"
)

// hollow marks a second figure of the same implementation.
type hollow struct{ of draw.GlyphDrawer }

func (h hollow) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	style.Shape = draw.PlusGlyph{}
	if _, ring := h.of.(draw.RingGlyph); ring {
		style.Shape = draw.CrossGlyph{}
	}
	style.Shape.DrawGlyph(c, style, at)
}

func row(plots ...*plot.Plot) []*plot.Plot { return plots }

// limiterPlot has a bar for each implementation.
func limiterPlot(f results.File) *figure {
	p := newPlot("One decision of a rate limiter: CPU time of the server")
	grid(p)
	var names []string
	for _, impl := range []string{"lua", "builtin", "portable", "go", "c"} { // from the bottom
		ns, ok := f.Median("Limiter", "ns/op", "impl", impl)
		if !ok {
			continue
		}
		bar, err := plotter.NewBarChart(plotter.Values{ns}, vg.Points(18))
		if err != nil {
			return nil // no figure is no number
		}
		bar.Horizontal, bar.Color, bar.LineStyle.Width, bar.XMin = true, looks[impl].color, 0, float64(len(names))
		p.Add(bar)
		label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: ns, Y: float64(len(names))}}, Labels: []string{" " + duration(ns)}})
		if err != nil {
			return nil
		}
		label.TextStyle[0].YAlign = -0.4
		label.TextStyle[0].Font.Size = vg.Points(9)
		p.Add(label)
		names = append(names, looks[impl].name)
	}
	if len(names) == 0 {
		return nil
	}
	p.NominalY(names...)
	p.Y.Tick.Length = 0
	p.X.Min, p.X.Max = 0, p.X.Max*1.12
	p.X.Tick.Marker = nanoseconds{}
	return &figure{plots: [][]*plot.Plot{row(p)}, width: 640, height: vg.Points(60 + 30*float64(len(names)))}
}

// nanoseconds are ticks of a linear axis.
type nanoseconds struct{}

func (nanoseconds) Ticks(least, most float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(least, most)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = duration(ticks[i].Value)
		}
	}
	return ticks
}

// halves are ticks at 1, 1.5, 2 and so on.
type halves struct{}

func (halves) Ticks(least, most float64) (ticks []plot.Tick) {
	for n := math.Ceil(least * 2); n <= most*2; n++ {
		ticks = append(ticks, plot.Tick{Value: n / 2, Label: fmt.Sprintf("%.1f", n/2)})
	}
	return ticks
}

// commandsPlot has the ratios of all operations.
func commandsPlot(f results.File) *figure {
	d := &dots{series: []look{looks["go"], looks["portable"]}, at: 1}
	for _, op := range f.Distinct("Server", "op") {
		g, ok := f.Ratio("Server", "ns/op", "go", "c", "op", op)
		p, _ := f.Ratio("Server", "ns/op", "portable", "c", "op", op)
		if ok {
			d.add(op, g, p)
		}
	}
	if len(d.rows) == 0 {
		return nil
	}
	p := d.plot("CPU time of the server for each command: ratio to C")
	p.X.Min, p.X.Max = min(p.X.Min, 0.95), p.X.Max+0.05
	p.X.Tick.Marker = halves{}
	return &figure{plots: [][]*plot.Plot{row(p)}, width: 640, height: height(len(d.rows))}
}

// lines is a plot of series over a number.
func lines(title string, log bool, label func(float64) string, all ...series) *plot.Plot {
	p := newPlot(title)
	points := 0
	for _, s := range all {
		points += len(s.points)
	}
	if points == 0 {
		return nil
	}
	grid(p)
	add(p, true, all...)
	p.Legend.Top, p.Legend.Left = true, true
	logAxis(&p.X, amount)
	if log {
		logAxis(&p.Y, label)
	} else {
		p.Y.Min, p.Y.Max = 0, p.Y.Max*1.25
		p.Y.Tick.Marker = plot.TickerFunc(func(least, most float64) []plot.Tick {
			ticks := plot.DefaultTicks{}.Ticks(least, most)
			for i := range ticks {
				if ticks[i].Label != "" {
					ticks[i].Label = label(ticks[i].Value)
				}
			}
			return ticks
		})
	}
	return p
}

// inPairs puts plots beside each other, two in a row.
func inPairs(all []*plot.Plot) *figure {
	if len(all) == 0 {
		return nil
	}
	if len(all)%2 == 1 {
		all = append(all, nil)
	}
	f := &figure{width: 760}
	for i := 0; i < len(all); i += 2 {
		f.plots = append(f.plots, row(all[i], all[i+1]))
		f.height += 215
	}
	return f
}

// scalePlot has a plot for each thing that grows.
func scalePlot(f results.File) *figure {
	var all []*plot.Plot
	for _, g := range grows {
		var lns []series
		for _, impl := range []string{"c", "go", "portable"} {
			s := series{look: looks[impl]}
			for n := 1; n <= 1_000_000; n *= 10 {
				if v, ok := f.Median("Scale", "ns/op", "of", g.of, "impl", impl, "n", n); ok && v > 0 {
					s.points = append(s.points, plotter.XY{X: float64(n), Y: v})
				}
			}
			lns = append(lns, s)
		}
		if p := lines(g.what, true, duration, lns...); p != nil {
			all = append(all, p)
		}
	}
	return inPairs(all)
}

// valuesPlot shows what depends on the number of values.
func valuesPlot(f results.File) *figure {
	var all []*plot.Plot
	for _, what := range []string{"memory of the process for each", "read a value, CPU", "BGSAVE, CPU of the child for each value",
		"BGSAVE, the fork", "BGSAVE, copied on write", "one collection of Go's, CPU"} {
		for _, v := range valueFigures {
			if v.what != what {
				continue
			}
			var lns []series
			for _, impl := range valueKinds {
				s := series{look: looks[impl]}
				for _, n := range valueSizes(f) {
					if y, ok := v.of(f, impl, n); ok && y > 0 {
						s.points = append(s.points, plotter.XY{X: float64(n), Y: y})
					}
				}
				lns = append(lns, s)
			}
			logY := v.unit == "copied-B" || v.unit == "cpu-ns" || v.unit == "fork-ns"
			if p := lines(v.what, logY, v.write, lns...); p != nil {
				all = append(all, p)
			}
		}
	}
	return inPairs(all)
}
