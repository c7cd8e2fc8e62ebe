// Carer's page: taps are kept without a network, sent in order and applied once; the card lives in the page alone.
// What is kept of a tap is the button that was pressed: no name, no address and no words that somebody wrote.
const RETRY_MS = 3000, POLL_MS = 5000, GIVEN_UP_MS = 15000, HELD_MS = 1000, AGAIN_MS = 5000, LOST_MS = 15000;
const body = document.body, place = `fjt-taps ${location.pathname}`, $ = (selector) => document.querySelector(selector);
const hex = (bytes) => [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
let taps = JSON.parse(sessionStorage.getItem(place) ?? "[]"), failed = false, sending = false, heard = Date.now(), drawn = "", receipt = "";

function keep() {
  const plain = taps.filter((tap) => !tap.fields.some(([name, value]) => ["note", "code"].includes(name) && value));
  if (plain.length) sessionStorage.setItem(place, JSON.stringify(plain));
  else sessionStorage.removeItem(place);
}

// ---- what the page shows ----
const stageAfter = (tap) => {
  const fields = Object.fromEntries(tap.fields);
  if (tap.path.endsWith("/done")) return fields.outcome ? "over" : "done";
  return { on_site: "site", staying: "site", where_unknown: "site", at_hospital: "over", with_relative: "over" }[fields.word];
};
function show() {
  const stages = $(".stages"), strip = $("#strip");
  if (!stages) return;
  stages.dataset.stage = taps.map(stageAfter).filter(Boolean).pop() ?? stages.dataset.stage;
  const lost = !taps.length && Date.now() - heard > LOST_MS;
  const waiting = taps.map((tap) => tap.label).join(" · ");
  const unsent = taps[0]?.path.endsWith("/take") ? body.dataset.notYours : body.dataset.unsent;
  const text = taps.length ? (failed ? `${unsent}: ${waiting}` : body.dataset.sending) : lost ? `${body.dataset.lost} ${stages.dataset.at}` : receipt;
  if (strip.textContent !== text) strip.textContent = text;
  strip.hidden = !text;
  strip.classList.toggle("unsent", failed && taps.length > 0 || lost);
}

async function draw() {
  const answer = await fetch(location.href, { signal: AbortSignal.timeout(GIVEN_UP_MS) });
  if (answer.status >= 500) throw new Error();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html"), main = $("#main");
  heard = Date.now();
  const next = fresh.querySelector("#main"), text = next.innerHTML;
  const busy = main.contains(document.activeElement) && document.activeElement.matches("input") || main.querySelector(".holding");
  if (text === drawn || busy) return;
  drawn = text;
  const open = [...main.querySelectorAll("details[open]")].map((one) => one.className), focus = document.activeElement, at = focus?.form?.getAttribute("action") + focus?.value;
  main.replaceChildren(...next.childNodes);
  for (const one of main.querySelectorAll("details")) one.open = open.includes(one.className);
  if (focus?.form) [...main.querySelectorAll("button")].find((one) => one.form.getAttribute("action") + one.value === at)?.focus();
  show();
}

// ---- taps ----
async function send() {
  if (sending) return;
  sending = true;
  let refused = "";
  while (taps.length) {
    const [tap] = taps;
    try {
      const fields = [...tap.fields, ["tap", tap.key], ["waited", Math.max(0, Math.floor((Date.now() - tap.at) / 1000))]];
      const answer = await fetch(tap.path, { method: "POST", body: new URLSearchParams(fields), headers: { "X-Fragment": "1" }, signal: AbortSignal.timeout(GIVEN_UP_MS) });
      if (answer.status >= 500 || [408, 429].includes(answer.status)) throw new Error();
      if (answer.ok) receipt = `${body.dataset.sent} ${answer.headers.get("X-Said") ?? ""}`;
      else [refused, receipt] = [await answer.text(), ""];
    } catch { failed = true; break; }  // kept, and sent again
    failed = false;
    taps = taps.slice(1);
    keep();
  }
  sending = false;
  if (!taps.length) { drawn = ""; await draw().catch(() => {}); scrollTo(0, 0); }
  show();
  if (refused) { const banner = $("#not-sent"); banner.textContent = refused; banner.hidden = false; banner.scrollIntoView(); }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.submitter, form = event.target;
  const fields = [...new FormData(form, button)];
  const label = (form.matches(".going") ? `${form.querySelector("legend").textContent} ` : "") + button.textContent.trim();
  if (taps.some((tap) => tap.path === form.getAttribute("action") && String(tap.fields) === String(fields))) return;  // pressed twice: one tap
  taps.push({ path: form.getAttribute("action"), fields, label, key: hex(crypto.getRandomValues(new Uint8Array(16))), at: Date.now() });
  $("#not-sent").hidden = true;
  for (const one of document.querySelectorAll("details[open]")) if (one.contains(button)) one.open = false;
  keep();
  show();
  send();
});
addEventListener("online", send);
setInterval(() => { if (taps.length) send(); show(); }, RETRY_MS);
setInterval(() => { if (!taps.length && !document.hidden) draw().catch(() => {}); }, POLL_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden && !taps.length) draw().catch(() => {}); });

// ---- a cry for help is held, so that no pocket sends it; whoever cannot hold presses twice ----
let held, hint;
const release = () => { clearTimeout(held?.timer); held?.button.classList.remove("holding"); held = undefined; };
function press(button) {
  release();
  button.classList.add("holding");
  held = { button, timer: setTimeout(() => { release(); button.form.requestSubmit(button); }, HELD_MS) };
}
function tell(button, text) {
  clearTimeout(hint);
  button.dataset.label ??= button.textContent;
  button.textContent = text;
  hint = setTimeout(() => { button.textContent = button.dataset.label; delete button.dataset.armed; }, AGAIN_MS);
}
const holds = (event) => event.target.closest?.("button[data-hold]");
document.addEventListener("pointerdown", (event) => { if (holds(event)) press(holds(event)); });
for (const kind of ["pointerup", "pointercancel", "keyup", "blur"]) addEventListener(kind, release);
document.addEventListener("contextmenu", (event) => { if (holds(event)) event.preventDefault(); });
document.addEventListener("keydown", (event) => {
  if (!holds(event) || ![" ", "Enter"].includes(event.key)) return;
  event.preventDefault();
  if (!event.repeat) press(holds(event));
});
document.addEventListener("click", (event) => {
  const button = holds(event);
  if (!button) return;
  if (event.detail === 0 && button.dataset.armed) { delete button.dataset.armed; return; }
  event.preventDefault();
  if (event.detail === 0) { button.dataset.armed = "1"; tell(button, body.dataset.pressAgain); }
  else if (!taps.length) tell(button, body.dataset.hold);
});

// Nothing of the case is left behind in a page that is put away.
addEventListener("pagehide", () => $("#main")?.replaceChildren());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

show();
if (taps.length) send();
