// A planner's page: parts that are drawn anew while something is awaited, and a digit that chooses. live.js does both at a board.
const all = (selector) => [...document.querySelectorAll(selector)];

for (const part of all("[data-fragment][data-every]")) {
  setInterval(async () => {
    try {
      const answer = await fetch(part.dataset.fragment, { headers: { "X-Fragment": "1" } });
      if (answer.status === 401) return location.assign(`/login?next=${location.pathname}`);
      if (answer.headers.get("X-Go")) return location.assign(answer.headers.get("X-Go"));
      if (answer.ok) part.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
    } catch { /* again at the next turn */ }
  }, part.dataset.every * 1000);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input:not([type=radio]), select, textarea")) return;
  document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});
