// Undo: an answer waits for some seconds before it is sent. Whoever leaves the page, or does something else on it, sends it at once.
const LATE_MS = 10000, TICK_MS = 200, $ = (selector) => document.querySelector(selector), bar = $("#undo");
let held, sending;

// True: the answer of *form* waits, in the stead of one that waited before. One whose case is decided sooner does not; then *send* it.
export function holdBack(tap, form, now, send, keepUnsent) {
  drop();
  const seconds = Number(document.body.dataset.undoAfter);
  if (!seconds || form.dataset.undo === undefined || Date.parse(form.dataset.undo) - now < (seconds + 1) * 1000) return false;
  held = { tap, send, keepUnsent, due: Date.now() + seconds * 1000, timer: setInterval(tick, TICK_MS) };
  showHeld();
  return true;
}

// True: an answer waits, or is on its way.
export function holds() { return Boolean(held || sending); }

// True: nothing waited, or an answer came to what did. The page stays for what follows it, unless it was only waited for.
export async function sendHeld({ stays = true } = {}) {
  const { tap, send } = drop() ?? {};
  if (tap) sending = send({ ...tap, stays }).finally(() => { sending = undefined; });
  return sending ?? true;
}

// The bar stands in the stead of what looks again: a pane that is drawn anew has lost it. One with a newer picture takes the answer back.
export function showHeld() {
  if (!bar || !held) return;
  const shown = $(".answers [name=session_id]")?.value;
  if (shown && shown !== held.tap.data.get("session_id")) {
    drop();
    $("#said").textContent = bar.dataset.newer;
    $("#said").hidden = false;
    return;
  }
  const place = $(".seeing .again");
  if (place && !place.contains(bar)) place.append(bar);
  const says = bar.dataset.words.replace("¤", held.tap.says.replace(/^\d /, ""));
  if ($("#undo span").textContent !== says) $("#undo span").textContent = says;
  $("#undo b").textContent = `${Math.max(1, Math.ceil((held.due - Date.now()) / 1000))} s`;
  bar.hidden = false;
}

// Take back what waits.
export function drop() {
  const was = held;
  clearInterval(held?.timer);
  held = undefined;
  if (bar) bar.hidden = true;
  return was;
}

function tick() {
  const late = Date.now() - held.due;
  if (late < 0) showHeld();
  else if (late > LATE_MS) { const { tap, keepUnsent } = drop(); keepUnsent(tap); }  // the machine slept: a person sends it, or does not
  else { held.tap.waited = true; sendHeld({ stays: false }); }
}

bar?.querySelector("button").addEventListener("click", drop);
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href]");
  if (!held || !link || link.target || link.protocol === "tel:" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (await sendHeld() && !$("#said:not([hidden])")) location.assign(link.href);
}, true);
addEventListener("pagehide", () => {
  const { tap } = drop() ?? {};
  if (tap) fetch(tap.goesTo, { method: "POST", body: tap.data, headers: { "X-Fragment": "1" }, keepalive: true });
});
