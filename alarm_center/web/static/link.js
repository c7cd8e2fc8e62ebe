// Carer's page: taps are kept without a network, sent in order and applied once; the card lives in the page alone.
// What is kept of a tap is the button that was pressed: no name, no address and no words that somebody wrote.
const RETRY_MS = 3000, POLL_MS = 5000, GIVEN_UP_MS = 15000, HELD_MS = 1000, AGAIN_MS = 5000, LOST_MS = 15000;
const body = document.body, place = "fjt-taps", $ = (selector) => document.querySelector(selector);
const hex = (bytes) => [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
let taps = JSON.parse(sessionStorage.getItem(place) ?? "[]"), heard = Date.now(), drawn = "", receipt = "", refusal = $("#not-sent")?.textContent.trim() ?? "";

// Of every case that this tab has open: whoever goes on to another of theirs leaves none behind.
function keep() {
  const plain = taps.filter((tap) => !tap.fields.some(([name, value]) => ["note", "code"].includes(name) && value));
  if (plain.length) sessionStorage.setItem(place, JSON.stringify(plain));
  else sessionStorage.removeItem(place);
}

function within(ms) {  // phones of before 2022 have no AbortSignal.timeout
  const limit = new AbortController();
  setTimeout(() => limit.abort(), ms);
  return limit.signal;
}

// ---- what the page shows ----
const stageAfter = (tap) => tap.leads ?? (tap.path.endsWith("/done") ? (tap.fields.some(([name]) => name === "outcome") ? "over" : "done") : undefined);
function show() {
  const stages = $(".stages"), strip = $("#strip"), banner = $("#not-sent"), failed = failing.urgent || failing.others;
  if (banner && banner.textContent !== refusal) [banner.textContent, banner.hidden] = [refusal, !refusal];
  if (!stages) return;
  stages.dataset.stage = taps.filter((tap) => tap.path.startsWith(`${location.pathname}/`)).map(stageAfter).filter(Boolean).pop() ?? stages.dataset.stage;
  const lost = !taps.length && Date.now() - heard > LOST_MS;
  const waiting = taps.map((tap) => tap.label).join(" · ");
  const unsent = taps[0]?.path.endsWith("/take") ? body.dataset.notYours : body.dataset.unsent;
  const text = taps.length ? (failed ? `${unsent}: ${waiting}` : body.dataset.sending) : lost ? `${body.dataset.lost} ${stages.dataset.at}` : receipt;
  if (strip.textContent !== text) strip.textContent = text;
  strip.hidden = !text;
  strip.classList.toggle("unsent", failed && taps.length > 0 || lost);
}

async function draw() {
  const answer = await fetch(location.href, { signal: within(GIVEN_UP_MS) });
  if (answer.status >= 500) throw new Error();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html"), main = $("#main");
  const next = fresh.querySelector("#main"), text = next.innerHTML;
  heard = Date.now();
  const written = [...main.querySelectorAll("input:not([type=hidden])")].some((one) => one.value !== one.defaultValue || one === document.activeElement);
  const busy = written || main.querySelector(".holding, [data-armed]");
  if (text === drawn || busy) return;
  drawn = text;
  const open = [...main.querySelectorAll("details[open]")].map((one) => one.className), at = main.contains(document.activeElement) && same(document.activeElement);
  main.replaceChildren(...next.childNodes);
  for (const one of main.querySelectorAll("details")) one.open = open.includes(one.className);
  if (at) [...main.querySelectorAll("button, a, summary")].find((one) => same(one) === at)?.focus();
  show();
}
const same = (one) => [one.tagName, one.form?.getAttribute("action"), one.value, one.getAttribute("href"), one.parentElement?.className].join("|");

// ---- taps ----
// A cry for help waits for no tap before it: it is heard in any order.
const isUrgent = (tap) => tap.fields.some(([name, value]) => name === "word" && value === "help");
const sending = {}, failing = {};
async function sendLane(lane) {
  if (sending[lane]) return;
  sending[lane] = true;
  let refused = "", sent = false;
  for (let tap; (tap = taps.find((one) => isUrgent(one) === (lane === "urgent")));) {
    try {
      const fields = [...tap.fields, ["tap", tap.key], ["waited", Math.max(0, Math.floor((Date.now() - tap.at) / 1000))]];
      const answer = await fetch(tap.path, { method: "POST", body: new URLSearchParams(fields), headers: { "X-Fragment": "1" }, signal: within(GIVEN_UP_MS) });
      // Only the service's own answer counts: a net that wants a sign-in says 200 to anything.
      if (answer.status === 204 && answer.headers.has("X-Said")) [receipt, sent] = [`${body.dataset.sent} ${answer.headers.get("X-Said")}`, true];
      else if (answer.status >= 400 && answer.status < 500 && ![408, 429].includes(answer.status) && answer.headers.has("Content-Security-Policy")) { refused ||= await answer.text(); receipt = ""; }
      else throw new Error();
    } catch { failing[lane] = true; break; }  // kept, and sent again
    failing[lane] = false;
    taps = taps.filter((one) => one !== tap);
    keep();
  }
  sending[lane] = false;
  refusal ||= refused;
  if (!taps.length || lane === "urgent" && sent) { drawn = ""; await draw().catch(() => {}); scrollTo(0, 0); }
  show();
  if (refused) $("#not-sent")?.scrollIntoView();
}
const send = () => { sendLane("urgent"); sendLane("others"); };

document.addEventListener("submit", (event) => {
  if (event.target.matches(".other")) return;  // a way to another page, and no tap
  event.preventDefault();
  const button = event.submitter, form = event.target;
  const fields = [...new FormData(form), ...(button.name ? [[button.name, button.value]] : [])];
  const label = (form.matches(".going") ? `${form.querySelector("legend").textContent} ` : "") + button.textContent.trim();
  const last = taps[taps.length - 1];
  if (last?.path === form.getAttribute("action") && String(last.fields) === String(fields)) return;  // pressed twice: one tap
  taps.push({ path: form.getAttribute("action"), fields, label, leads: button.dataset.leads, key: hex(crypto.getRandomValues(new Uint8Array(16))), at: Date.now() });
  refusal = "";
  form.reset();
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
