package web

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"hotline/centre/edit"
)

// Sentences about the centre file.
const (
	textFaults  = "the file has %d faults; the first is in line %d, %s: %s"
	textNotBase = "somebody else has published a file meanwhile: read it and make your change again"
	textNoEdit  = "%s: there is no such place in the file"
	textByHand  = "%s is written in a way that can only be changed in the text of the file"
	textValue   = "%s: the value cannot stand in the file"
)

func (s *server) checkCentre(ctx context.Context, in *sourceIn) (*body[checked], error) {
	c, err := s.judge(ctx, []byte(in.Body.Source), false)
	if err != nil {
		return nil, err
	}
	return &body[checked]{c.checked}, nil
}

func (s *server) publishCentre(ctx context.Context, in *publishIn) (*body[checked], error) {
	c, err := s.judge(ctx, []byte(in.Body.Source), false)
	if err != nil {
		return nil, err
	}
	if err := s.publish(ctx, c, "publish_centre", in.Body.Base, in.Body.Note); err != nil {
		return nil, err
	}
	return &body[checked]{c.checked}, nil
}

// publish puts a file in force. It is in the log who did it before it is done.
func (s *server) publish(ctx context.Context, c *candidate, act, base, note string) error {
	if len(c.Faults) > 0 {
		f := c.Faults[0]
		err := &huma.ErrorModel{
			Status: http.StatusUnprocessableEntity, Title: http.StatusText(http.StatusUnprocessableEntity),
			Detail: s.say(ctx, textFaults, len(c.Faults), f.Line, f.Key, f.Problem),
		}
		for _, f := range c.Faults {
			err.Errors = append(err.Errors, &huma.ErrorDetail{Message: f.Problem + "; " + f.Want, Location: f.Key, Value: f.Line})
		}
		return err
	}
	if base != c.Base {
		return s.problem(ctx, http.StatusConflict, textNotBase)
	}
	if err := s.audit(ctx, act, c.SHA256[:12]); err != nil {
		return err
	}
	u, _ := userOf(ctx)
	err := s.CentreFile.Publish(Publication{Source: c.source, Base: base, By: u.Name, Note: note})
	switch {
	case errors.Is(err, ErrNotBase):
		return s.problem(ctx, http.StatusConflict, textNotBase)
	case err != nil:
		s.Logger.Error("web: the centre file cannot be put in force", "error", err)
		return s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	c.Done = true
	return nil
}

func (s *server) editCentre(ctx context.Context, in *editsIn) (*body[checked], error) {
	base, err := s.centreText(ctx, "")
	if err != nil {
		return nil, err
	}
	if in.Body.Base != sum(base) {
		return nil, s.problem(ctx, http.StatusConflict, textNotBase)
	}
	source, err := edit.Text(base, in.Body.Edits)
	if err != nil {
		return nil, s.noEdit(ctx, err)
	}
	c, err := s.judge(ctx, source, false)
	if err != nil {
		return nil, err
	}
	if in.Body.Publish {
		if err := s.publish(ctx, c, "edit_centre", in.Body.Base, in.Body.Note); err != nil {
			return nil, err
		}
	}
	if masked, err := edit.Mask(c.source); err == nil {
		c.Source = string(masked)
	}
	return &body[checked]{c.checked}, nil
}

// noEdit says why an edit could not be made.
func (s *server) noEdit(ctx context.Context, err error) error {
	var at *edit.PlaceError
	if !errors.As(err, &at) {
		return s.problem(ctx, http.StatusConflict, "the file in force cannot be read")
	}
	switch {
	case errors.Is(err, edit.ErrNoPlace):
		return s.problem(ctx, http.StatusUnprocessableEntity, textNoEdit, at.Path)
	case errors.Is(err, edit.ErrByHand):
		return s.problem(ctx, http.StatusConflict, textByHand, at.Path)
	}
	return s.problem(ctx, http.StatusUnprocessableEntity, textValue, at.Path)
}

func (s *server) centreVersions(ctx context.Context, _ *struct{}) (*body[[]CentreVersion], error) {
	all, err := s.CentreFile.Versions()
	if err != nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	all = append([]CentreVersion{}, all...)
	now := s.Centre().SHA256
	for i := range all {
		all[i].InForce = all[i].SHA256 == now
	}
	slices.Reverse(all)
	return &body[[]CentreVersion]{all}, nil
}

type versionView struct {
	centreSource
	Faults  []faultView  `json:"faults"`
	Changes []changeView `json:"changes" doc:"That going back to it would make."`
}

func (s *server) centreVersion(ctx context.Context, in *struct {
	SHA256 string `path:"sha256" maxLength:"64" pattern:"^[0-9a-f]{64}$"`
},
) (*body[versionView], error) {
	shown, err := s.centreSource(ctx, in.SHA256)
	if err != nil {
		return nil, err
	}
	source, err := s.centreText(ctx, in.SHA256)
	if err != nil {
		return nil, err
	}
	c, err := s.judge(ctx, source, true)
	if err != nil {
		return nil, err
	}
	shown.Body.File = nil
	return &body[versionView]{versionView{shown.Body, c.Faults, c.Changes}}, nil
}

func (s *server) restoreCentre(ctx context.Context, in *restoreIn) (*body[checked], error) {
	source, err := s.centreText(ctx, in.SHA256)
	if err != nil {
		return nil, err
	}
	c, err := s.judge(ctx, source, true)
	if err != nil {
		return nil, err
	}
	if err := s.publish(ctx, c, "restore_centre", in.Body.Base, in.Body.Note); err != nil {
		return nil, err
	}
	return &body[checked]{c.checked}, nil
}
