// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"bytes"
	"image/color"
	"math"
	"os"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

func init() {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	plotter.DefaultFont = plot.DefaultFont
}

// figure is one picture: a grid of plots.
type figure struct {
	plots         [][]*plot.Plot // by row; nil leaves a place empty
	width, height vg.Length
}

func (f *figure) draw(c vg.CanvasSizer) {
	dc := draw.New(c)
	tiles := draw.Tiles{Rows: len(f.plots), Cols: len(f.plots[0]), PadX: vg.Points(14), PadY: vg.Points(14),
		PadTop: vg.Points(6), PadBottom: vg.Points(6), PadLeft: vg.Points(6), PadRight: vg.Points(16)}
	dc.SetColor(color.White)
	dc.Fill(dc.Rectangle.Path())
	canvases := plot.Align(f.plots, tiles, dc)
	for i, row := range f.plots {
		for j, p := range row {
			if p != nil {
				p.Draw(canvases[i][j])
			}
		}
	}
}

// save writes the figure as svg or png.
func (f *figure) save(file, format string) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	if format == "png" {
		c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(110))}
		f.draw(c)
		_, err = c.WriteTo(out)
	} else {
		c := vgsvg.New(f.width, f.height)
		f.draw(c)
		var text bytes.Buffer
		if _, err = c.WriteTo(&text); err == nil {
			// Where that font is not, one that is as wide.
			_, err = out.Write(bytes.ReplaceAll(text.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")))
		}
	}
	if err != nil {
		return err
	}
	return out.Close()
}

// look is how an implementation is drawn.
type look struct {
	name  string
	color color.Color
	shape draw.GlyphDrawer
}

var looks = map[string]look{
	"c":        {"C", color.RGBA{70, 70, 70, 255}, draw.CircleGlyph{}},
	"go":       {"Go", color.RGBA{0, 125, 180, 255}, draw.BoxGlyph{}},
	"portable": {"plain cgo", color.RGBA{213, 94, 0, 255}, draw.TriangleGlyph{}},
	"struct":   {"C memory", color.RGBA{170, 120, 0, 255}, draw.PlusGlyph{}},
	"lua":      {"Lua script", color.RGBA{148, 90, 170, 255}, draw.PyramidGlyph{}},
	"builtin":  {"built-in", color.RGBA{0, 140, 90, 255}, draw.RingGlyph{}},
}

func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.Title.Text = title
	p.Title.TextStyle.Font.Size = vg.Points(11)
	p.Title.Padding = vg.Points(6)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font.Size = vg.Points(9)
		a.Tick.Label.Font.Size = vg.Points(8.5)
	}
	p.Legend.TextStyle.Font.Size = vg.Points(9)
	p.Legend.Padding = vg.Points(2)
	return p
}

// grid draws faint lines at the axis' ticks.
func grid(p *plot.Plot) {
	g := plotter.NewGrid()
	faint := draw.LineStyle{Color: color.RGBA{225, 225, 225, 255}, Width: vg.Points(0.5)}
	g.Vertical, g.Horizontal = faint, faint
	p.Add(g)
}

// series are values that are drawn alike.
type series struct {
	look   look
	points plotter.XYs
}

// add draws series as points, joined by lines or not, with a legend.
func add(p *plot.Plot, joined bool, all ...series) {
	for _, s := range all {
		if len(s.points) == 0 {
			continue
		}
		style := draw.GlyphStyle{Color: s.look.color, Radius: vg.Points(3.2), Shape: s.look.shape}
		scatter := &plotter.Scatter{XYs: s.points, GlyphStyle: style}
		thumbs := []plot.Thumbnailer{scatter}
		if joined {
			line := &plotter.Line{XYs: s.points, LineStyle: draw.LineStyle{Color: s.look.color, Width: vg.Points(1.2)}}
			p.Add(line)
			thumbs = append(thumbs, line)
		}
		p.Add(scatter)
		p.Legend.Add(s.look.name, thumbs...)
	}
}

// logAxis makes an axis logarithmic, from the least to the most power of ten around what it
// shows.
func logAxis(a *plot.Axis, label func(v float64) string) {
	low, high := math.Floor(math.Log10(a.Min)+1e-9), math.Ceil(math.Log10(a.Max)-1e-9)
	if high <= low {
		high = low + 1
	}
	a.Min, a.Max = math.Pow(10, low), math.Pow(10, high)
	a.Scale = plot.LogScale{}
	a.Tick.Marker = plot.TickerFunc(func(least, most float64) (ticks []plot.Tick) {
		for e := math.Floor(math.Log10(least) + 1e-9); e <= math.Log10(most)+1e-9; e++ {
			v := math.Pow(10, e)
			ticks = append(ticks, plot.Tick{Value: v, Label: label(v)})
			for m := 2.0; m < 10 && v*m < most; m++ {
				ticks = append(ticks, plot.Tick{Value: v * m})
			}
		}
		return ticks
	})
}

// duration writes nanoseconds with the unit that fits, in three digits.
func duration(ns float64) string {
	for _, u := range []struct {
		of   float64
		name string
	}{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}} {
		if ns >= u.of*0.9995 {
			return digits(ns/u.of) + " " + u.name
		}
	}
	return digits(ns) + " ns"
}

// digits writes three digits or so.
func digits(v float64) string {
	decimals := 0
	switch {
	case v == math.Trunc(v):
	case v < 9.995:
		decimals = 2
	case v < 99.95:
		decimals = 1
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// amount writes a count or bytes: 1, 10, 1k, 1M.
func amount(v float64) string {
	for _, u := range []struct {
		of   float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= u.of*0.9995 {
			return strings.TrimSuffix(digits(v/u.of), ".00") + u.name
		}
	}
	return digits(v)
}
