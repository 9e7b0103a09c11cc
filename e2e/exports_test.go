//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	netmail "net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const exportsIP = "127.0.0.77"

// readBook is what openpyxl reads in a workbook.
type readBook struct {
	Active string `json:"active"`
	Sheets map[string]struct {
		Charts    int    `json:"charts"`
		Freeze    string `json:"freeze"`
		Titles    string `json:"titles"`
		Landscape bool   `json:"landscape"`
		Fit       int    `json:"fit"`
		Width     []int  `json:"width"`
		Rows      [][]struct{ V, T, F string }
	} `json:"sheets"`
}

func openBook(t *testing.T, data []byte) (b readBook) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "book.xlsx")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "testdata/xlsx.py", name)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openpyxl: %v: run `make phones`", err)
	}
	if err := json.Unmarshal(out, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestExports keeps a report, has it sent by a real mail server, and opens what came with another library.
func TestExports(t *testing.T) {
	office, at := startPostOffice(t, "plain", "", "")
	office.start()
	e := startEngine(t, exportsIP, centreFile)
	e.stop()
	name := filepath.Join(e.dir, "hotline.yaml")
	config, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	config = append(config, fmt.Sprintf("\nmail: {server: %q, tls: none, from: hotline@hotline.example}\nreports: {domains: [hotline.example]}\n", at)...)
	if err := os.WriteFile(name, config, 0o600); err != nil {
		t.Fatal(err)
	}
	e.start()
	ask := func(method, path, body string, want int) []byte {
		t.Helper()
		q, err := http.NewRequest(method, "http://"+e.web+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Authorization", "Bearer "+e.token)
		q.Header.Set("Content-Type", "application/json")
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		all, _ := io.ReadAll(r.Body)
		if r.StatusCode != want {
			t.Fatalf("%s %s: %s\n%s", method, path, r.Status, all)
		}
		return all
	}
	book := openBook(t, ask("GET", "/api/v1/reports/queues?format=xlsx&interval=1h&lang=zh-CN", "", 200))
	data := book.Sheets["queues"]
	if data.Freeze != "A2" || data.Titles == "" || !data.Landscape || book.Active != "queues" || len(data.Rows) < 2 || book.Sheets["说明"].Rows == nil {
		t.Errorf("%+v", book)
	}
	formats := map[string]string{"时段": "yyyy-mm-dd hh:mm:ss", "平均应答时长": "[h]:mm:ss", "转人工接通率": "0.0%", "请求": "#,##0"}
	for i, c := range data.Rows[0] {
		if want := formats[c.V]; want != "" {
			if got := data.Rows[1][i].F; got != want {
				t.Errorf("%s is written as %s", c.V, got)
			}
			delete(formats, c.V)
		}
	}
	if len(formats) > 0 {
		t.Errorf("no columns %v in %v", formats, data.Rows[0])
	}
	var saved, plan struct{ ID string }
	decode := func(b []byte, v any) {
		if err := json.Unmarshal(b, v); err != nil {
			t.Fatal(err)
		}
	}
	decode(ask("POST", "/api/v1/reports/saved", `{"name":"今日坐席","report":"agents","span":"today"}`, 200), &saved)
	ask("POST", "/api/v1/reports/schedules", fmt.Sprintf(`{"saved":%q,"every":"daily","at":"07:30","to":["boss@elsewhere.example"]}`, saved.ID), 422)
	decode(ask("POST", "/api/v1/reports/schedules", fmt.Sprintf(`{"saved":%q,"every":"daily","at":"07:30","lang":"zh-CN","to":["boss@hotline.example"]}`, saved.ID), 200), &plan)
	var run struct{ Outcome, Error string }
	decode(ask("POST", "/api/v1/reports/schedules/"+plan.ID+"/send", "", 200), &run)
	if run.Outcome != "sent" {
		t.Fatalf("%+v", run)
	}
	for end := time.Now().Add(20 * time.Second); len(office.mails()) == 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no mail came")
		}
	}
	raw, err := os.ReadFile(filepath.Join(office.dir, "0001.eml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if !strings.Contains(subject, "今日坐席") || !strings.Contains(subject, "未定稿") || m.Header.Get("X-Rcpt") != "boss@hotline.example" {
		t.Errorf("%q %v", subject, m.Header)
	}
	file := attachment(t, m.Header.Get("Content-Type"), m.Body)
	if got := openBook(t, file); len(got.Sheets["agents"].Rows) < 2 {
		t.Errorf("%+v", got)
	}
	if log := ask("GET", "/api/v1/audit?act=send_report", "", 200); !bytes.Contains(log, []byte("to=boss@hotline.example")) {
		t.Errorf("%s", log)
	}
}

// attachment finds the workbook in a mail.
func attachment(t *testing.T, kind string, body io.Reader) []byte {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil || !strings.HasPrefix(media, "multipart/") {
		t.Fatalf("%s: %v", kind, err)
	}
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err != nil {
			t.Fatalf("no workbook in the mail: %v", err)
		}
		if strings.HasSuffix(p.FileName(), ".xlsx") {
			data, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
	}
}
