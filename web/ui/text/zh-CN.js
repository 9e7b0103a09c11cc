// All words of the pages in Chinese. The keys are those of en-US.js; a test holds them together.
export default {
  "lang.other": "English",
  "nav.label": "页面",
  "nav.wallboard": "大屏",
  "nav.agent": "坐席台",
  "nav.qa": "录音",
  "nav.reports": "报表",
  "nav.admin": "管理",
  "nav.logout": "退出",
  "list.retry": "重试",
};
