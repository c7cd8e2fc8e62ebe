// Covers a board that is left: after so many seconds without a hand on mouse, keyboard or screen. Queue and sound go on.
const after = Number(document.body.dataset.coverAfter) * 1000;
const csrf = document.querySelector("meta[name=csrf]").content;
const desks = new BroadcastChannel("fjt-desk");
let touched = performance.now();

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
  document.addEventListener(kind, () => { touched = performance.now(); desks.postMessage("touched"); }, { passive: true });
}
// A hand on one of a person's pages is a hand on all of them; one that covers covers all.
desks.addEventListener("message", ({ data }) => {
  if (data === "covered") location.assign("/");
  else touched = performance.now();
});

async function cover() {
  const answer = await fetch("/cover", { method: "POST", headers: { "X-Fragment": "1", "X-Csrf": csrf } });
  if (!answer.ok) return;
  desks.postMessage("covered");
  location.assign("/");
}

setInterval(() => {
  if (performance.now() - touched < after) return;
  touched = performance.now();  // once: an answer that does not come is asked for after the same time again
  cover();
}, 1000);
