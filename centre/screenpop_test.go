package centre

import (
	"net/url"
	"strings"
	"testing"
)

func TestScreenPopTemplates(t *testing.T) {
	for _, good := range []string{
		"https://crm.example/find?n={number}&c={contact}", "http://10.0.0.7:8000/{queue}/{agent}#{name}", "https://crm.example/?v={attr.policy}", "https://crm.example", "https://crm.example?n={number}",
	} {
		if p, _ := checkScreenPop(good); p != "" {
			t.Errorf("%s: %s", good, p)
		}
	}
	for _, bad := range []string{
		"javascript:alert(1)", "data:text/html,{name}", "crm.example/{number}", "//crm.example/{number}", "https://{number}/x", "https://{attr.host}.example/",
		"https://crm.example{number}/", "https://u:p@crm.example/", "https://crm.example/{colour}", "https://crm.example/{number", "https://crm.example/{attr.}", "https:///x",
		"{number}://crm.example", "https://crm.example/" + strings.Repeat("x", maxScreenPop), "file:///etc/passwd",
	} {
		if p, _ := checkScreenPop(bad); p == "" {
			t.Errorf("%s passed", bad)
		}
	}
}

func TestScreenPopEscapes(t *testing.T) {
	p := ScreenPop("https://crm.example/find/{queue}?n={number}&name={name}&v={attr.vip}")
	for _, hostile := range []string{"a&admin=1#x", "../../x?y", "..", "王 小明", "\"><script>", "x\r\ny\x00", "\xff\xfe", "{number}", strings.Repeat("&", 10_000), "javascript:alert(1)"} {
		got := p.URL(func(string) string { return hostile })
		u, err := url.Parse(got)
		if err != nil || u.Host != "crm.example" || !strings.HasPrefix(u.EscapedPath(), "/find/") || strings.Count(u.EscapedPath(), "/") != 2 || len(u.Query()) != 3 || u.Fragment != "" || len(got) > maxScreenPopURL {
			t.Errorf("%q: %s", hostile, got)
		}
		if hostile == ".." {
			continue
		}
		want := strings.ToValidUTF8(hostile[:min(len(hostile), maxScreenPart)], "")
		if u != nil && u.Query().Get("name") != want {
			t.Errorf("%q came as %q", want, u.Query().Get("name"))
		}
	}
}
