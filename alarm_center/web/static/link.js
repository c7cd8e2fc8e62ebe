// Carer's page without a network: a form that was not sent says so.
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
