// Light or dark as the person's system has it. A classic script in the head: the page is never drawn in the wrong one.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const set = () => (document.documentElement.dataset.theme = dark.matches ? "dark" : "light");
  dark.addEventListener("change", set);
  set();
}
