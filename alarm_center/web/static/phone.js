// Demo's phones: drawn anew each second. A call rings, and is read out when it is answered.
const shelf = document.querySelector("#phones"), silent = document.querySelector("#silent");
const said = new Set();  // calls that were answered on this page
let rung = new Map(), audio;

// A browser lets a page sound after the first click or key on it.
function startSound() {
  audio ??= new AudioContext();
  const show = () => { silent.hidden = audio.state === "running"; };
  audio.resume().then(show, show);
  show();
}
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, startSound);
startSound();

const calls = () => [...shelf.querySelectorAll("[data-call]")];
const isRinging = (call) => call.dataset.call === "ringing" && !said.has(call.dataset.id);
function ring() {
  if (audio.state !== "running" || !calls().some(isRinging)) return;
  for (const [at, hertz] of [[0, 425], [0.5, 425]]) {
    const tone = audio.createOscillator(), level = audio.createGain(), from = audio.currentTime + at;
    tone.frequency.value = hertz;
    level.gain.setValueAtTime(0.0001, from);
    level.gain.exponentialRampToValueAtTime(0.08, from + 0.03);
    level.gain.exponentialRampToValueAtTime(0.0001, from + 0.4);
    tone.connect(level).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 0.42);
  }
}
setInterval(ring, 3000);

function readOut(call) {
  const text = call.querySelector("span");
  if (said.has(call.dataset.id)) return;
  said.add(call.dataset.id);
  if (!("speechSynthesis" in window)) return;
  const words = new SpeechSynthesisUtterance(text.textContent);
  words.lang = text.closest("[lang]").lang;
  speechSynthesis.speak(words);
}
// A call that rang and rings no more was answered, unless it was missed.
function hearCalls() {
  const now = new Map(calls().map((one) => [one.dataset.id, one]));
  for (const id of rung.keys()) if (now.get(id)?.dataset.call === "answered") readOut(now.get(id));
  const begins = [...now.values()].some((one) => isRinging(one) && !rung.has(one.dataset.id));
  rung = new Map([...now].filter(([, one]) => one.dataset.call === "ringing"));
  if (begins) ring();
}
async function refresh() {
  try {
    const answer = await fetch(shelf.dataset.src, { headers: { "X-Fragment": "1" } });
    const html = await answer.text();
    if (!answer.ok || html === refresh.last || shelf.contains(document.activeElement) && document.activeElement.matches("input")) return;
    refresh.last = html;
    const focus = document.activeElement?.value, phone = document.activeElement?.closest?.("[data-phone]")?.dataset.phone;
    shelf.innerHTML = html;
    hearCalls();
    for (const list of shelf.querySelectorAll(".sms")) list.scrollTop = list.scrollHeight;
    if (phone && focus) shelf.querySelector(`[data-phone="${phone}"] button[value="${focus}"]`)?.focus();
  } catch { /* next second */ }
}
document.addEventListener("click", (event) => {
  const answers = event.target.closest("[data-answer]");
  if (answers) readOut(calls().find((one) => one.dataset.id === answers.dataset.answer));
});
document.addEventListener("submit", async (event) => {
  if (!shelf.contains(event.target)) return;
  event.preventDefault();
  const data = new URLSearchParams(new FormData(event.target, event.submitter));
  event.target.querySelector("[name=text]")?.blur();
  event.target.reset();
  await fetch(event.target.action, { method: "POST", body: data, headers: { "X-Fragment": "1" } });
  refresh();
});
setInterval(refresh, 1000);
refresh();
