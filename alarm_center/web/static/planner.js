// A planner's page: parts that are drawn anew while something is awaited, and a digit that chooses. live.js does both at a board.
const all = (selector) => [...document.querySelectorAll(selector)];

// What a person does in a part outlives its refresh: what is being written stands, what is unfolded stays so, and so does the focus.
const isWritten = (part) => [...part.querySelectorAll("input:not([type=hidden])")].some((one) => one === document.activeElement || one.value !== one.defaultValue);
const named = (one) => one.outerHTML + (one.closest("li")?.querySelector("b")?.textContent ?? "");
function put(part, html) {
  const unfolded = [...part.querySelectorAll("details[open] > summary")].map(named);
  const focused = part.contains(document.activeElement) ? named(document.activeElement) : null;
  part.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  for (const one of part.querySelectorAll("summary")) if (unfolded.includes(named(one))) one.parentElement.open = true;
  if (focused) [...part.querySelectorAll("a, button, summary")].find((one) => named(one) === focused)?.focus();
}

// Two turns without an answer: the page says since when it may be old. What is being written stands, and is no lost answer.
const stale = document.querySelector("#stale"), MISSED = 2, GIVEN_UP_MS = 15000;
function tell(part, missed) {
  if (!stale || !missed === stale.hidden || missed && missed < MISSED) return;
  stale.querySelector("[data-last]").textContent = part.querySelector("[data-drawn]").textContent;
  stale.hidden = !missed;
}

for (const part of all("[data-fragment][data-every]")) {
  let missed = 0;
  setInterval(async () => {
    if (isWritten(part)) return;
    try {
      const answer = await fetch(part.dataset.fragment, { headers: { "X-Fragment": "1", "X-Unasked": "1" }, signal: AbortSignal.timeout(Math.max(part.dataset.every * 1000, GIVEN_UP_MS)) });
      if (answer.status === 401) return location.assign(`/login?next=${location.pathname}`);
      if (answer.headers.get("X-Go")) return location.assign(answer.headers.get("X-Go"));
      const html = answer.ok && await answer.text();
      if (answer.ok && !isWritten(part)) put(part, html);
      missed = answer.ok ? 0 : missed + 1;
    } catch { missed += 1; }  // again at the next turn
    tell(part, missed);
  }, part.dataset.every * 1000);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input:not([type=radio]), select, textarea")) return;
  document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});
