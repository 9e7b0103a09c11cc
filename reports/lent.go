package reports

import "hotline"

// LentView is the skills that an agent has for a limited time, beside or instead of the centre file's.
type LentView struct {
	Skills map[string]int `json:"skills"` // 0: one of the file that it has not
	Since  Moment         `json:"since"`
	Until  Moment         `json:"until"`
	By     string         `json:"by,omitempty"`
}

func lentView(f hotline.Lent, at int64) *LentView {
	if len(f.Skills) == 0 {
		return nil
	}
	return &LentView{Skills: f.Skills, Since: Moment(at), Until: At(f.Until), By: f.By}
}
