// SPDX-FileCopyrightText: The redismodule authors
// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"github.com/iredismodule/redismodule/rm"
)

// The type when its values are in C memory (datatype=struct): the same documents. Tags are more
// than the server frees at once, so that a thread of its own frees them.
var (
	inC *rm.StructType

	docName   = &rm.BytesField{Name: "name"}
	docNumber = &rm.NumberField[int64]{Name: "number"}
	docTags   = &rm.TextsField{Name: "tags"}
	docPoints = &rm.ArrayField[float64]{Name: "points"}
	docFields = &rm.TextsField{Name: "fields"} // names and values in turn
	docFiller = &rm.TextsField{Name: "filler"}
)

func createStruct(ctx rm.Context) (err error) {
	inC, err = rm.NewStructType(ctx, rm.StructSpec{
		Name: typeName(), Fields: []rm.StructField{docName, docNumber, docTags, docPoints, docFields, docFiller},
	})
	return err
}

func storeStruct(k rm.WriteKey, d *doc) error {
	w, err := inC.New(k)
	if err != nil {
		return err
	}
	errs := []error{docName.Set(w, []byte(d.Name)), docNumber.Set(w, d.Number), docPoints.Append(w, d.Points...)}
	for _, t := range d.Tags {
		errs = append(errs, docTags.Append(w, []byte(t)))
	}
	for name, value := range d.Fields {
		errs = append(errs, docFields.Append(w, []byte(name)), docFields.Append(w, []byte(value)))
	}
	for range 70 {
		errs = append(errs, docFiller.Append(w, []byte("filler")))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func loadStruct(k rm.ReadKey) (*doc, error) {
	s, ok, err := inC.Get(k)
	if err != nil || !ok {
		return nil, err
	}
	d := &doc{Name: string(docName.Get(s)), Number: docNumber.Get(s), Points: append([]float64(nil), docPoints.Get(s)...), Fields: map[string]string{}}
	for _, t := range docTags.All(s) {
		d.Tags = append(d.Tags, string(t))
	}
	for i := 0; i < docFields.Len(s); i += 2 {
		d.Fields[string(docFields.Get(s, i))] = string(docFields.Get(s, i+1))
	}
	return d, nil
}
