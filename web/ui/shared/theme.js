// Light or dark as the person's system has it, and light on paper. A classic script in the head: the page is never drawn in the wrong one.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paper = matchMedia("print");
  const set = () => (document.documentElement.dataset.theme = dark.matches && !paper.matches ? "dark" : "light");
  dark.addEventListener("change", set);
  paper.addEventListener("change", set);
  set();
}
