// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// dots are rows with names, each with a point for some of the series.
type dots struct {
	rows   []string
	series []look
	values map[string][]float64 // by row, in the order of series; 0 has no point
	at     float64              // a line there, 0 for none
}

func (d *dots) add(row string, values ...float64) {
	if d.values == nil {
		d.values = map[string][]float64{}
	}
	d.rows = append(d.rows, row)
	d.values[row] = values
}

// plot draws the rows from top to bottom.
func (d *dots) plot(title string) *plot.Plot {
	p := newPlot(title)
	grid(p)
	names := slices.Clone(d.rows)
	slices.Reverse(names)
	var all []series
	for i, l := range d.series {
		s := series{look: l}
		for y, name := range names {
			if v := d.values[name][i]; v > 0 {
				s.points = append(s.points, plotter.XY{X: v, Y: float64(y)})
			}
		}
		all = append(all, s)
	}
	add(p, false, all...)
	if d.at != 0 {
		n := float64(len(names))
		p.Add(&plotter.Line{XYs: plotter.XYs{{X: d.at, Y: -0.5}, {X: d.at, Y: n - 0.5}},
			LineStyle: draw.LineStyle{Color: looks["c"].color, Width: vg.Points(1)}})
	}
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.7, float64(len(names))-0.3
	p.Y.Tick.Length = 0
	p.Legend.Top = true
	return p
}

// height is what so many rows need.
func height(rows int) vg.Length { return vg.Points(70 + 13*float64(rows)) }
