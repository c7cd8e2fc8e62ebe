// Carer's page: without a network a form that was not sent says so, and a camera that was stopped is asked about until it has confirmed.
const banner = document.querySelector("#not-sent");
document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter, data = new URLSearchParams(new FormData(event.target, button));
  button.disabled = true;
  try {
    const answer = await fetch(event.target.action, { method: "POST", body: data, redirect: "manual", signal: AbortSignal.timeout(15000) });
    if (answer.type === "opaqueredirect") return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    banner.textContent = page.querySelector("#not-sent")?.textContent || page.body.textContent.trim();
  } catch {
    banner.textContent = banner.dataset.offline;
  }
  banner.hidden = false;
  button.disabled = false;
  banner.scrollIntoView();
});

const stopped = document.querySelector("#stopped");
const ask = async (wait) => {
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(15000) });
    const said = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#stopped");
    if (said && said.innerHTML !== stopped.innerHTML) stopped.replaceChildren(...said.childNodes);
    if (said && said.dataset.waits === undefined) return;
  } catch { /* no network: asked again */ }
  setTimeout(ask, wait, Math.min(wait * 1.3, 30000));
};
if (stopped && stopped.dataset.waits !== undefined) setTimeout(ask, 1000, 1500);
