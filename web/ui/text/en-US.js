// All words of the pages in English. The keys are those of zh-CN.js; a test holds them together.
export default {
  "lang.other": "中文",
  "nav.label": "Pages",
  "nav.wallboard": "Wallboard",
  "nav.agent": "Desk",
  "nav.qa": "Recordings",
  "nav.reports": "Reports",
  "nav.admin": "Admin",
  "nav.logout": "Log out",
  "list.retry": "Try again",
};
