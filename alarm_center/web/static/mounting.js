// Mounting page: what is said is sent without a reload, so that a test picture stays in this page's memory and nowhere else.
let picture = null, watching = 0;
const page = () => document.querySelector("#mounting");
const csrf = () => document.querySelector("meta[name=csrf]").content;

function forget() {
  picture?.close();
  picture = null;
  for (const canvas of document.querySelectorAll("[data-picture] canvas")) canvas.width = canvas.height = 1;
}
function leave() {
  watching += 1;
  if (page().dataset.sees === undefined) return;
  forget();
  navigator.sendBeacon(`${page().dataset.own}/left`, new URLSearchParams({ csrf: csrf() }));
}
addEventListener("pagehide", leave);

function draw() {
  const box = document.querySelector("[data-picture]"), canvas = box?.querySelector("canvas");
  if (!canvas || !picture) return;
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext("2d").drawImage(picture, 0, 0);
  box.hidden = false;
  box.classList.add("has-picture");
}
async function watch(own, command) {
  const mine = (watching += 1), waits = document.querySelector("[data-picture-waits]");
  if (waits) waits.hidden = picture !== null;
  for (let after = -1, tries = 0; tries < 200 && mine === watching; tries += 1) {
    const answer = await fetch(`${own}/picture/${command}?after=${after}`, { headers: { "X-Fragment": "1" }, cache: "no-store" }).catch(() => null);
    if (mine !== watching) return;
    if (answer?.status === 200) {
      const image = await createImageBitmap(await answer.blob());
      if (mine !== watching) return image.close();
      picture?.close();
      picture = image;
      after = Number(answer.headers.get("X-Sequence"));
      if (waits) waits.hidden = true;
      draw();
    } else if (answer && (answer.status >= 400 || answer.headers.get("X-Over"))) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  if (mine === watching && waits) waits.hidden = true;
}

// The bed: four corners that are dragged, or moved by the arrows, 1 % a press and 5 % with Shift.
function bed(form) {
  const box = form.querySelector("[data-picture]"), corners = [...form.querySelectorAll("[data-corner]")];
  const field = (axis, n) => form.elements[`${axis}${n}`], value = (axis, n) => Number(field(axis, n).value.replace(",", ".")) || 0;
  const clamp = (each) => Math.round(Math.min(100, Math.max(0, each)) * 10) / 10;
  function show() {
    const at = corners.map((_, n) => [value("x", n), value("y", n)]), head = Number(form.elements.head.value);
    corners.forEach((corner, n) => { corner.style.left = `${at[n][0]}%`; corner.style.top = `${at[n][1]}%`; });
    form.querySelector("[data-shape]").setAttribute("points", at.join(" "));
    form.querySelector("[data-head]").setAttribute("points", [at[head], at[(head + 1) % 4]].join(" "));
  }
  function move(n, x, y) { field("x", n).value = clamp(x); field("y", n).value = clamp(y); show(); }
  corners.forEach((corner, n) => {
    corner.addEventListener("pointerdown", (event) => { corner.setPointerCapture(event.pointerId); event.preventDefault(); corner.focus(); });
    corner.addEventListener("pointermove", (event) => {
      if (!corner.hasPointerCapture(event.pointerId)) return;
      const edge = box.getBoundingClientRect();
      move(n, (event.clientX - edge.left) / edge.width * 100, (event.clientY - edge.top) / edge.height * 100);
    });
    corner.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key], step = event.shiftKey ? 5 : 1;
      if (!way) return;
      event.preventDefault();
      move(n, value("x", n) + way[0] * step, value("y", n) + way[1] * step);
    });
  });
  // A tap on the picture says where the head end is: the side that is nearest.
  box.addEventListener("click", (event) => {
    if (event.target.closest("[data-corner]")) return;
    const edge = box.getBoundingClientRect(), x = (event.clientX - edge.left) / edge.width * 100, y = (event.clientY - edge.top) / edge.height * 100;
    const far = corners.map((_, n) => Math.hypot((value("x", n) + value("x", (n + 1) % 4)) / 2 - x, (value("y", n) + value("y", (n + 1) % 4)) / 2 - y));
    form.elements.head.value = String(far.indexOf(Math.min(...far)));
    show();
  });
  form.addEventListener("input", show);
  show();
}

function begin() {
  const own = page(), form = document.querySelector("[data-bed]");
  if (form) bed(form);
  draw();
  if (own.dataset.command) watch(own.dataset.own, own.dataset.command);
  if (own.dataset.waits !== undefined) setTimeout(ask, 700, own);
}
function swap(text, address) {
  const next = new DOMParser().parseFromString(text, "text/html"), fresh = next.querySelector("#mounting");
  if (!fresh) return location.assign(address);
  const stays = fresh.dataset.sees !== undefined;
  if (!stays) leave();
  watching += 1;
  page().replaceWith(document.adoptNode(fresh));
  document.title = next.title;
  history.replaceState(null, "", address);
  begin();
}
async function ask(waiting) {
  if (waiting !== page()) return;
  const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(15000) }).catch(() => null);
  if (waiting !== page()) return;
  const text = answer?.ok ? await answer.text() : "";
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("#mounting");
  const typing = document.activeElement?.tagName === "INPUT" && document.activeElement.value;
  if (fresh && !typing && fresh.outerHTML !== waiting.outerHTML) return swap(text, answer.url);
  setTimeout(ask, 700, waiting);
}
document.addEventListener("submit", async (event) => {
  if (!event.target.closest("#mounting") || event.target.closest(".own-way")) return;
  event.preventDefault();
  const button = event.submitter, data = new URLSearchParams(new FormData(event.target, button)), said = document.querySelector("#not-sent");
  button.disabled = true;
  try {
    const answer = await fetch(event.target.action, { method: "POST", body: data, signal: AbortSignal.timeout(15000) });
    if (answer.headers.get("Content-Type")?.startsWith("text/html")) {
      const address = answer.redirected ? answer.url : location.href;
      return swap(await answer.text(), address);
    }
    if (answer.status === 401 || answer.status === 409) return location.reload();
    said.textContent = await answer.text();
  } catch {
    said.textContent = said.dataset.offline;
  }
  said.hidden = false;
  button.disabled = false;
  said.scrollIntoView();
});
begin();
