// Open page: the stream, the clock that it feeds, fragments, keys and sound. No browser clock decides anything.
import * as picture from "./picture.js";
// During a rollout a replica of before has no such file: then answers go at once, and all else works. The page has loaded it by now.
let undo = { holds: () => false, holdBack: () => false, sendHeld: async () => true, drop() {}, showHeld() {} };
import("./undo.js").then((module) => { undo = module; }, () => {});

const FROZEN_MS = 5000, STILL_MS = 3000, GIVEN_UP_MS = 15000, RENEW_MS = 30000;
const body = document.body, csrf = document.querySelector("meta[name=csrf]").content;
const zone = body.dataset.zone, $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const setting = (name, value) => value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value);

// ---- the clock: the server's last time, and when it came ----
let now = Date.parse(body.dataset.now), heard = performance.now(), cursor = body.dataset.cursor, source;
const wall = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });

// One hour comes twice in the night that ends summer time; its second passing is marked.
const wallTime = (at = now) => wall.format(at) + (wall.format(at) === wall.format(at - 3600e3) ? ` (${body.dataset.second})` : "");

function showTime() {
  for (const clock of all("[data-clock]")) clock.textContent = wallTime();
  for (const line of all("[data-begins]")) {  // the night's now-line
    const { begins, left, scale } = line.dataset;
    line.setAttribute("transform", `translate(${Number(left) + (now - Date.parse(begins)) / 1000 * scale} 0)`);
    $("text", line).textContent = wall.format(now).slice(0, 5);
  }
  for (const old of all("[data-since]")) {  // the age of a picture
    const seconds = Math.max(0, Math.round((now - Date.parse(old.dataset.since)) / 1000)), minutes = Math.floor(seconds / 60);
    const age = seconds < 60 ? `${seconds} s` : minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    old.textContent = old.dataset.words.replace("¤", age);
  }
  for (const since of all("[data-elapsed]")) {
    const seconds = Math.max(0, Math.round((now - Date.parse(since.dataset.elapsed)) / 1000));
    since.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
  for (const left of all("[data-until]")) {
    const seconds = Math.round((Date.parse(left.dataset.until) - now) / 1000), size = Math.abs(seconds);
    const hours = Math.floor(size / 3600), pad = (n) => String(n).padStart(2, "0");
    const text = (hours ? `${hours}:${pad(Math.floor(size / 60) % 60)}` : Math.floor(size / 60)) + `:${pad(size % 60)}`;
    left.textContent = (seconds < 0 ? "+" : "") + text;
    left.classList.toggle("soon", seconds < 30);
    left.classList.toggle("over", seconds < 0);
  }
}

function tick(instant) {
  now = Date.parse(instant);
  heard = performance.now();
  setStale(lostSince());
  showTime();
  for (const part of all("[data-missed]")) { delete part.dataset.missed; refresh(part); }
  for (const part of all("[data-every]")) {
    const due = Number(part.dataset.due || 0);
    if (!due) part.dataset.due = now + part.dataset.every * 1000;
    else if (now >= due) { part.dataset.due = now + part.dataset.every * 1000; refresh(part); }
  }
}

// Parts that were asked for and have not come, with the service's time of the question and our own.
const owed = new Map();
const lostSince = () => performance.now() - heard > FROZEN_MS ? now
  : [...owed.values()].find(({ asked }) => performance.now() - asked > FROZEN_MS)?.from;
function setStale(since) {  // the service's time since when something on the page may be old; none: nothing is
  const stale = since !== undefined;
  if (body.classList.contains("is-stale") === stale) return;
  body.classList.toggle("is-stale", stale);
  if (stale) { $("[data-last]").textContent = wallTime(since); picture.blankAll(); if (audio?.state === "running") beep(440, 330); } else { anyTone(); refreshAll().then(() => picture.showAgain(csrf)); }
  $("#stale").hidden = !stale;
}
setInterval(() => { const since = lostSince(); if (since !== undefined) setStale(since); }, 500);

// ---- the stream ----
function listen() {
  source = new EventSource(`/stream?after=${encodeURIComponent(cursor)}`);
  source.addEventListener("tick", (event) => { cursor = event.lastEventId || cursor; tick(event.data); });
  source.addEventListener("change", (event) => { cursor = event.lastEventId; soon(JSON.parse(event.data)); });
  source.addEventListener("fresh", (event) => { cursor = event.lastEventId; anyTone(); refreshAll(); });
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, 2000);
    refreshAll();  // signed out? Then the answer says so
  });
}
let waiting, changed = [];
function soon(change) {  // many changes, one fetch
  changed.push(change);
  waiting ??= setTimeout(() => {
    for (const { tone } of changed) if (tone) tones.add(tone);
    const parts = new Set(changed.flatMap((one) => one.redraws));
    all("[data-fragment]").filter((one) => parts.has(one.dataset.part)).forEach(refresh);
    [waiting, changed] = [null, []];
  }, 40);
}

// ---- fragments ----
const busy = new Map();
async function refresh(part) {
  if (busy.get(part)) return busy.set(part, "again");
  busy.set(part, "on");
  if (!owed.has(part)) owed.set(part, { from: now, asked: performance.now() });
  try {
    const has = part.dataset.revision;
    const headers = { "X-Fragment": "1", ...(has && { "X-Have": has }) };
    const answer = await fetch(part.dataset.fragment, { headers, signal: AbortSignal.timeout(GIVEN_UP_MS) });
    if (answer.status === 401) return location.assign(`/login?next=${location.pathname}`);
    if (answer.headers.get("X-Go")) return location.assign(answer.headers.get("X-Go"));
    // A replica of before does not know who is signed in, nor what was done since: the line stays as it is.
    if (answer.status === 404 && ["/fragments/signed-in", "/fragments/since-sign-in"].includes(part.dataset.fragment)) owed.delete(part);
    // Not ours to see any more: the page says so itself, with nothing of what it showed. A proxy's own answer takes no board away.
    else if ([403, 404].includes(answer.status) && answer.headers.has("Content-Security-Policy") && performance.now() > FROZEN_MS) return location.reload();
    else if (answer.ok) {
      if (answer.status !== 204) put(part, await answer.text(), answer.headers.get("X-Revision") ?? "");
      owed.delete(part);
    } else part.dataset.missed = answer.status;
  } catch { part.dataset.missed = "net"; }  // again at the next tick
  const again = busy.get(part) === "again";
  busy.delete(part);
  if (again) refresh(part);
  else ring();
}
const refreshAll = () => Promise.all(all("[data-fragment]").map(refresh));
setInterval(() => all("[data-fragment]").filter((one) => $("[data-again]", one)).forEach(refresh), 3000);  // a picture on its way

// Find a control again in a part that was drawn anew: half-filled fields and the focus are kept.
const FIELDS = "select, input:not([type=hidden])";
const same = (one) => [one.tagName, one.form?.getAttribute("action"), one.name, one.getAttribute("href"),
  one.tagName === "BUTTON" ? one.value : one.tagName === "SUMMARY" ? one.parentElement.className : "", one.closest("[data-row]")?.dataset.row].join("|");

// Rows that the part shows already stand in the answer as a mark: "the page's rows from the sixth to the twelfth".
function putBack(part, fresh) {
  const rows = all("[data-row]", part);
  const marks = all("[data-kept]", fresh).map((mark) => [mark, ...mark.dataset.kept.split(" ").map(Number)]);
  if (marks.some(([, , end]) => end > rows.length)) return false;
  for (const [mark, first, end] of marks) mark.replaceWith(...rows.slice(first, end));
  return true;
}

// Rows that would move under somebody's hand hold still until it rests; what stands in the band above them does not wait.
let held;
function holdsStill(part, fresh) {
  const wait = STILL_MS - (performance.now() - touched), rows = all("[data-row]", part).map((one) => one.dataset.row);
  if (wait <= 0 || !rows.length || !$("[data-alerts]", fresh)) return false;
  const kept = (one) => one.dataset.kept ? rows.slice(...one.dataset.kept.split(" ").map(Number)) : [one.dataset.row];
  const next = all("[data-row], [data-kept]", fresh).flatMap(kept);
  if (rows.every((row, n) => row === next[n])) return false;  // what is new comes last
  const first = $(".row", part), list = $(".list", part), at = first.getBoundingClientRect().top, band = $("[data-alerts]", part);
  const nextBand = $("[data-alerts]", fresh), focus = band.contains(document.activeElement) ? same(document.activeElement) : "";
  nextBand.style.minHeight = `${band.offsetHeight}px`;  // a band that shrinks would move the rows as well
  band.replaceWith(nextBand);
  $(".waiting", part).replaceWith($(".waiting", fresh));  // whom "the next" takes, and how many wait
  part.classList.add("holding");
  const moved = first.getBoundingClientRect().top - at;
  if (moved) list.scrollHeight > list.clientHeight ? list.scrollTop += moved : scrollBy(0, moved);
  if (focus) all("a, button", nextBand).find((one) => same(one) === focus)?.focus();
  part.dataset.revision = "";  // what it shows is no revision of the server's: the next fetch brings the whole
  clearTimeout(held);
  held = setTimeout(() => refresh(part), wait);
  return true;
}

function put(part, html, revision) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  if (part.dataset.part === "queue" && holdsStill(part, fresh)) return void showTime();
  part.classList.remove("holding");
  const kept = $("[data-keep]", part), next = $("[data-keep]", fresh), focus = document.activeElement;
  if (kept && next && kept.dataset.keep === next.dataset.keep) return;
  if (part.contains(focus) && focus.matches(FIELDS)) return void (part.dataset.late = "1");
  const at = part.contains(focus) ? same(focus) : "", scroll = $(".chart", part)?.scrollLeft;
  const open = all("details[open]", part).map((one) => one.className);
  const filled = new Map(all(FIELDS, part).filter((one) => one.value).map((one) => [same(one), one.value]));
  if (!putBack(part, fresh)) { part.dataset.revision = ""; return void busy.set(part, "again"); }  // whole, then
  part.dataset.revision = revision;
  picture.carryOver?.(part, fresh);  // a replica of before has none: the picture begins anew
  picture.blankAll(part);
  part.replaceChildren(...fresh.childNodes);
  for (const one of all("details", part)) if (open.includes(one.className)) one.open = true;
  for (const one of all(FIELDS, part)) if (filled.has(same(one))) one.value = filled.get(same(one));
  if (scroll) $(".chart", part).scrollLeft = scroll;
  if (at) all("a, button, summary", part).find((one) => same(one) === at)?.focus();
  ready(part);
}
document.addEventListener("focusout", (event) => {
  const part = event.target.closest("[data-late]");
  if (part && !part.contains(event.relatedTarget)) { delete part.dataset.late; refresh(part); }
});

function ready(root) { showTime(); undo.showHeld(); all("[data-player]", root).forEach((one) => picture.begin(one, csrf)); ring(); }

// ---- forms and keys ----
document.addEventListener("submit", async (event) => {
  const form = event.target, into = form.dataset.into && $(form.dataset.into);
  const goesTo = event.submitter?.getAttribute("formaction") ?? form.action;
  if (form.method === "dialog") return;
  if (form.dataset.whole !== undefined || (!into && !/\/(alarm|check|reply|picture|incident)\//.test(goesTo))) {
    if (!undo.holds()) return;
    event.preventDefault();  // it covers the screen, or signs out: the answer goes first, while the person may still give it
    if (await undo.sendHeld() && $("#said").hidden) form.requestSubmit(event.submitter);
    return;
  }
  event.preventDefault();
  const data = new URLSearchParams(new FormData(form, event.submitter)), key = crypto.getRandomValues(new Uint8Array(16));
  data.set("tap", [...key].map((one) => one.toString(16).padStart(2, "0")).join(""));
  const tap = { goesTo, data, into, says: event.submitter?.textContent.trim().replace(/\s+/g, " ") ?? "" };
  if (goesTo.endsWith("/answer")) { if (undo.holdBack(tap, form, now, send, keepUnsent)) return; }
  else if (/\/(again|live)$/.test(goesTo)) undo.drop();  // whoever looks again has not decided
  else if (undo.holds()) {  // what comes after an answer does not go before it
    if (!await undo.sendHeld()) { if (!into) keepUnsent(tap); return; }
    tap.beside = !$("#said").hidden;  // it was refused, and says so beside what this comes to
  }
  await send(tap);
});

// A tap that no answer came to stands as not sent, until it has been sent again. Its key is the same each time: what it asks for is done once.
const unsent = [];
function showUnsent() {
  const note = $("#unsent");
  $("span", note).textContent = note.dataset.words.replace("¤", unsent.map((one) => one.says).join(", "));
  note.hidden = !unsent.length;
}
function keepUnsent({ stays, beside, ...tap }) { unsent.push(tap); showUnsent(); }
$("#unsent button").addEventListener("click", async () => {
  const again = unsent.splice(0);
  while (again.length && await send(again[0])) again.shift();
  unsent.push(...again.slice(1));  // in their order: the first that failed stands there already
  showUnsent();
});

// True: an answer came, whatever it said.
async function send(tap) {
  const { goesTo, data, into, beside } = tap, said = $("#said");
  if (!beside) said.hidden = true;
  try {
    const answer = await fetch(goesTo, { method: "POST", body: data, headers: { "X-Fragment": "1", "X-Csrf": csrf }, signal: AbortSignal.timeout(GIVEN_UP_MS), keepalive: true });
    if (!answer.ok) { said.textContent = await answer.text(); said.hidden = false; }
    else if (into) { into.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes); return true; }
    const goal = answer.headers.get("X-Go"), live = answer.headers.get("X-Live"), clear = answer.headers.get("X-Clear");
    if (goal && goal !== location.pathname) { if (!tap.stays) location.assign(goal); return true; }
    // The person's own act: what it changes is shown at once. One that has waited must not take a field from who writes in it by now.
    if (!tap.waited) { document.activeElement?.blur(); touched = -STILL_MS; }
    await refreshAll();
    if (live) picture.showLive(live, csrf, data.has("reason"));
    if (clear) picture.showClear(clear, csrf);
    return true;
  } catch {
    if (!into) keepUnsent(tap);
    setStale(now);
    return false;
  }
}

// The menu closes by a click beside it or Escape; "?" shows every key, "/" goes to the search.
document.addEventListener("click", (event) => { for (const menu of all(".menu[open]")) if (!menu.contains(event.target)) menu.open = false; });
const help = $("#help");
for (const one of all("[data-help]")) one.addEventListener("click", () => { for (const menu of all(".menu[open]")) menu.open = false; help.showModal(); });

// A choice that a key opened is answered by keys: its first answer gets the focus.
document.addEventListener("toggle", (event) => {
  const { target } = event;
  if (target.matches("details.ask[open]") && !document.activeElement?.matches(FIELDS)) $("form button", target).focus();
}, true);

const keysOn = $("[data-setting=keys]");
if (keysOn) {
  keysOn.checked = setting("keys") !== "off";
  keysOn.addEventListener("change", () => setting("keys", keysOn.checked ? "on" : "off"));
}
document.addEventListener("keydown", (event) => {
  if ((keysOn && !keysOn.checked) || event.ctrlKey || event.altKey || event.metaKey) return;
  const chooses = event.target.matches("[type=radio]") && /^[0-9]$/.test(event.key);  // a digit chooses among answers
  if (!chooses && event.target.matches("input:not([type=checkbox]), select, textarea")) return event.key === "Escape" && event.target.blur();
  if (event.key === "Escape") for (const menu of all(".menu[open]")) menu.open = false;
  if (help?.open) return;
  if (event.key === "/" && $("main input[type=search]")) { event.preventDefault(); return $("main input[type=search]").focus(); }
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key], links = all("[data-row] [data-open]").filter((one) => one.checkVisibility());
  if (step && links.length) {
    const at = links.indexOf(document.activeElement?.closest("[data-row]")?.querySelector("[data-open]"));
    links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)].focus();
    return event.preventDefault();
  }
  if (event.key === " " && event.target.closest("button, a, summary")) return;
  const row = document.activeElement?.closest("[data-row]"), key = `[data-key="${CSS.escape(event.key)}"]`;
  const target = $(key, row ?? document) ?? all(key).find((one) => !one.closest("[data-row]"))  // never another row's
    ?? (event.key === "n" ? $(".row.first .acts .primary") : null);  // a few: the next one is the large one
  if (target) { event.preventDefault(); target.click(); }
});

// ---- leases: one is renewed while its holder uses the case's page or is in a call; whoever has left it is warned before it ends, at the board too ----
const WARN_MS = 20000, ending = $("#lease"), kept = new Map(), renewed = new Map(), looked = new Map();
let active = now, touched = -STILL_MS, warned;
const holds = () => all("[data-lease-until]").map((one) => {
  const { held, number, leaseUntil, inCall } = one.dataset, act = held ?? one.action.replace(/\/release$/, "");
  return { act, number, here: !held, inCall: inCall !== undefined, left: Math.max(Date.parse(leaseUntil), kept.get(act) ?? 0) - now };
});
async function keepLease({ act }) {
  if (performance.now() - (renewed.get(act) ?? 0) < 1000) return;
  renewed.set(act, performance.now());
  try {
    const answer = await fetch(`${act}/renew`, { method: "POST", headers: { "X-Fragment": "1", "X-Csrf": csrf } });
    const until = Date.parse(answer.headers.get("X-Lease-Until") ?? "");
    if (until) kept.set(act, until);
    watchLease();
  } catch { /* without a net it is tried again, and the page says that it is old */ }
}
function watchLease() {
  const isKept = ({ here, inCall }) => inCall || here && now - active < RENEW_MS, mine = holds();
  for (const hold of mine.filter(isKept)) if (hold.left <= WARN_MS || performance.now() - (renewed.get(hold.act) ?? 0) >= RENEW_MS) keepLease(hold);
  const [ends] = mine.filter((hold) => !isKept(hold) && hold.left > 0 && hold.left <= WARN_MS).sort((one, other) => one.left - other.left);
  if (ends && !ends.here && now - (looked.get(ends.act) ?? 0) > WARN_MS) {  // another window may have renewed it: the board asks first
    looked.set(ends.act, now);
    return void all("[data-part=queue]").forEach(refresh);
  }
  if (!ending || ending.hidden === !ends && warned?.act === ends?.act) return;
  warned = ends;
  ending.hidden = !ends;
  if (!ends) return;
  $("span", ending).textContent = ends.here ? ending.dataset.here : ending.dataset.elsewhere.replace("¤", ends.number);
  if (audio?.state === "running") beep(600);
}
for (const kind of ["keydown", "pointermove", "pointerdown"]) addEventListener(kind, () => { [active, touched] = [now, performance.now()]; if (warned?.here) keepLease(warned); }, { passive: true });
if (ending) $("button", ending).addEventListener("click", () => { if (warned) keepLease(warned); });
setInterval(watchLease, 1000);

// ---- sound: tones for an alarm of priority 1 that nobody holds and for trouble, for a carer's own words, and a soft tick for a new look ----
// A change names the tone that it may call for; the redrawn part says whether there is cause. A whole page asks for both.
// A look needs no line: the part names each that waits, and the tab remembers those that it has ticked for.
let audio, rung = new Set(), read = 0, tones = new Set(["urgent", "words"]);
const anyTone = () => { tones = new Set(["urgent", "words"]); };
const mute = $("#mute");
const TICK_EACH_MS = 60000, ticked = JSON.parse(sessionStorage.getItem("ticked") ?? '{"at": 0, "looks": []}');
let quiet = 0;  // the audio's own time at which the last tone has ended
function playTone(hertz, at, loud = 0.3) {
  const tone = audio.createOscillator(), level = audio.createGain();
  tone.frequency.value = hertz;
  level.gain.setValueAtTime(0.0001, at);
  level.gain.exponentialRampToValueAtTime(loud, at + 0.02);
  level.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
  tone.connect(level).connect(audio.destination);
  tone.start(at);
  tone.stop(at + 0.22);
}
function beep(...tones) {
  quiet = audio.currentTime + tones.length * 0.22;
  tones.forEach((hertz, n) => playTone(hertz, audio.currentTime + n * 0.22));
}
function tickForLook() {  // one low and soft, at most one a minute; a look that somebody has open, with a hyphen, is not new to others
  const looks = named("looks"), fresh = looks.filter((id) => !id.includes("-") && !ticked.looks.includes(id));
  ticked.looks = ticked.looks.filter((id) => looks.some((one) => one.startsWith(id)));
  if (fresh.length && now - ticked.at >= TICK_EACH_MS && audio.currentTime >= quiet) {
    playTone(392, audio.currentTime, 0.08);
    [ticked.at, ticked.looks] = [now, looks.map((one) => one.split("-")[0])];
  }
  sessionStorage.setItem("ticked", JSON.stringify(ticked));
}
const named = (what) => all(`[data-${what}]`).flatMap((one) => one.dataset[what].split(",").filter(Boolean));
function ring(again = false) {
  const urgent = new Set(named("urgent"));
  const unread = Math.max(0, ...all("[data-unread]").map((one) => Number(one.dataset.unread)));
  if (audio?.state === "running") {
    rung = new Set([...rung].filter((id) => urgent.has(id)));
    read = Math.min(read, unread);
    if (urgent.size > (again ? 0 : rung.size) && (again || tones.has("urgent"))) {
      beep(...([...urgent].some((id) => id.includes("-")) ? [990, 990, 740, 990, 990] : [880, 660, 880, 660]));  // trouble has its own
      tones.delete("urgent");
      rung = urgent;
    } else if (unread > read && tones.has("words")) {
      beep(520, 700);
      tones.delete("words");
      read = unread;
    } else if ($("[data-looks]")) tickForLook();
    if (!busy.size && !$("[data-missed], [data-late]")) tones.clear();  // all is drawn: there is no cause
  }
  document.title = (urgent.size ? `(${urgent.size}) ` : "") + document.title.replace(/^\(\d+\) /, "");
}
setInterval(() => ring(true), 10000);
function sound() {
  audio ??= new AudioContext();
  const show = () => { if (mute) mute.hidden = audio.state === "running"; };
  audio.onstatechange = () => { show(); ring(); };
  audio.resume().then(show, show);
  show();
}
if (mute) { mute.addEventListener("click", sound); addEventListener("keydown", sound, { once: true }); sound(); }

ready(document);
listen();
// A look that was asked for on the page before is shown here, once.
const live = /^#live=([0-9a-f-]{36})$/.exec(location.hash);
if (live) { history.replaceState(null, "", location.pathname); picture.showLive(`/live/${live[1]}`, csrf, false); }
