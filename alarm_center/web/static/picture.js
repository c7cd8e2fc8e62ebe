// Player of a session: frames are fetched one by one into memory, drawn in their own time, and dropped on request.
const LIMIT_MS = 10 * 60 * 1000;
const playing = new Map();

/** Play the session of *player*; one that plays already goes on. */
export function begin(player, csrf) {
  if (playing.has(player) || player.classList.contains("is-live")) return;  // a live look plays the session again when it is over
  const canvas = player.querySelector("canvas"), draw = canvas.getContext("2d"), button = player.querySelector("[data-play]");
  const place = player.querySelector("[data-place]");
  const progress = player.querySelector("[data-progress]"), count = Number(player.dataset.frames);
  const state = { frames: [], n: 0, on: true, timer: 0, over: false }, gone = new AbortController();

  function show(frame) {
    if (canvas.width !== frame.image.width) {
      canvas.width = frame.image.width; canvas.height = frame.image.height;
      place?.setAttribute("viewBox", `0 0 ${canvas.width} ${canvas.height}`); // It lies over the picture as the canvas is fitted.
    }
    draw.drawImage(frame.image, 0, 0);
    progress.value = (state.n + 1) / count;
  }
  function step() {
    clearTimeout(state.timer);
    if (state.over || !state.on) return;
    const frame = state.frames[state.n];
    if (!frame) return void (state.timer = setTimeout(step, 60));
    show(frame);
    const next = state.frames[state.n + 1], last = state.n + 1 >= count;
    state.n = last ? 0 : next ? state.n + 1 : state.n;
    state.timer = setTimeout(step, last ? 900 : next ? Math.max(next.ms - frame.ms, 20) : 60);
  }
  function blank(why = "") {
    if (state.over) return;
    state.over = true;
    gone.abort();
    clearTimeout(state.timer);
    state.frames.forEach((frame) => frame.image.close());
    state.frames = [];
    draw.clearRect(0, 0, canvas.width, canvas.height);
    canvas.hidden = true;
    const note = player.querySelector("[data-gone]");
    note.textContent = why || note.dataset.gone || note.textContent;
    note.hidden = false;
    player.classList.add("is-gone");
    playing.delete(player);
    navigator.sendBeacon(`${player.dataset.player}/end`, new URLSearchParams({ csrf }));
  }
  async function load() {
    for (let n = 0; n < count && !state.over; n += 1) {
      const answer = await fetch(`${player.dataset.player}/${n}`, { headers: { "X-Fragment": "1" }, cache: "no-store" });
      // Why it may not be seen is the service's own word: somebody else looks already. A proxy's is none.
      if (!answer.ok) return blank(answer.status === 403 && answer.headers.has("Content-Security-Policy") ? await answer.text() : "");
      const image = await createImageBitmap(await answer.blob());
      if (state.over) return image.close();
      state.frames.push({ image, ms: Number(answer.headers.get("X-Ms")) });
      if (n === 0) { player.classList.add("has-picture"); step(); }
    }
  }
  const labels = { true: player.dataset.pause, false: player.dataset.resume };
  const label = () => { button.textContent = labels[state.on]; };
  button.addEventListener("click", () => { state.on = !state.on; label(); step(); }, { signal: gone.signal });
  label();
  playing.set(player, blank);
  setTimeout(blank, LIMIT_MS);
  load().catch(() => blank());
}

/** Blank every picture, or those inside *root*. */
export function blankAll(root = document) {
  for (const [player, blank] of [...playing]) if (root.contains(player)) blank();
}
addEventListener("pagehide", () => blankAll());

/** Let the picture that plays in *part*, or its live look, go on in *fresh*, where it is drawn as before: begun anew it would be a second look. */
export function carryOver(part, fresh) {
  const drawn = (one) => [one.dataset.player, one.dataset.frames, one.querySelector("[data-place]")?.innerHTML].join("|");
  for (const next of fresh.querySelectorAll("[data-player]")) {
    const player = [...playing.keys(), ...part.querySelectorAll(".is-live")].find((one) => part.contains(one) && drawn(one) === drawn(next));
    if (player) next.replaceWith(player);
  }
}

// Play the session from the beginning: as the town first shows it, or clear, for only as long as this page stands.
function replay(player, url, csrf, clear) {
  const veil = player.querySelector("[data-veil]");
  playing.get(player)?.();
  player.dataset.player = url;
  player.classList.remove("is-gone", "has-picture");
  player.classList.toggle("is-clear", clear);
  player.querySelector("canvas").hidden = false;
  player.querySelector("[data-gone]").hidden = true;
  if (veil) veil.textContent = clear ? veil.dataset.veil : veil.dataset.blurred;
  begin(player, csrf);
}

const showFirst = (player, csrf) => replay(player, player.dataset.player.replace(/\/clear$/, ""), csrf, false);

/** Play blanked pictures again once contact is back, as the town first shows them, if the server still allows it. */
export function showAgain(csrf) {
  for (const player of document.querySelectorAll("[data-player].is-gone:not(.is-live)")) showFirst(player, csrf);
}

/** Play the session clear, from *url*, in the place of the blurred one. */
export function showClear(url, csrf) {
  const player = document.querySelector("[data-player]");
  if (player) replay(player, url, csrf, true);
}

// Say beside the picture that a live look was asked for, or the seconds that are left after *ms* of it; nothing where it is over.
function sayLeft(ms) {
  const line = document.querySelector("[data-live-left]");
  if (!line) return;
  const { seconds, waits, words } = line.dataset;
  line.textContent = ms === null ? waits : words.replace("¤", Math.max(0, Math.ceil(Number(seconds) - ms / 1000)));
  line.hidden = ms === undefined;
}

/** Draw a live look's newest frames and its seconds until it is over, then the session that was there before. */
export async function showLive(url, csrf, clear) {
  blankAll();
  const player = document.querySelector("[data-player]"), room = player?.querySelector(".screen") ?? document.querySelector(".dark-room");
  const canvas = document.createElement("canvas"), draw = canvas.getContext("2d"), veil = room.querySelector("[data-veil]");
  const aside = [...room.children].filter((one) => one !== veil && !one.hidden);
  canvas.className = "live";
  for (const one of aside) one.hidden = true;
  player?.classList.add("is-live");
  player?.classList.toggle("is-clear", clear);
  if (veil) veil.textContent = clear ? veil.dataset.veil : veil.dataset.blurred;
  room.prepend(canvas);
  for (let after = -1, tries = 0, ms = null; tries < 150 && canvas.isConnected; tries += 1) {
    sayLeft(ms);
    const answer = await fetch(`${url}?after=${after}`, { headers: { "X-Fragment": "1" }, cache: "no-store" }).catch(() => null);
    if (!answer || answer.status >= 400) break;
    if (answer.status === 200) {
      const image = await createImageBitmap(await answer.blob());
      [canvas.width, canvas.height] = [image.width, image.height];
      draw.drawImage(image, 0, 0);
      image.close();
      after = Number(answer.headers.get("X-Sequence"));
      ms = answer.headers.has("X-Ms") ? Number(answer.headers.get("X-Ms")) : undefined;  // a replica of before does not say
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  canvas.remove();
  sayLeft();
  for (const one of aside) one.hidden = false;
  player?.classList.remove("is-live");
  if (player?.isConnected) showFirst(player, csrf);
}
