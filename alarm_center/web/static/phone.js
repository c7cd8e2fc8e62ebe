// Demo's phones: drawn anew each second.
const shelf = document.querySelector("#phones");
async function refresh() {
  try {
    const answer = await fetch(shelf.dataset.src, { headers: { "X-Fragment": "1" } });
    const html = await answer.text();
    if (!answer.ok || html === refresh.last || shelf.contains(document.activeElement) && document.activeElement.matches("input")) return;
    refresh.last = html;
    const focus = document.activeElement?.value, phone = document.activeElement?.closest?.("[data-phone]")?.dataset.phone;
    shelf.innerHTML = html;
    for (const list of shelf.querySelectorAll(".sms")) list.scrollTop = list.scrollHeight;
    if (phone && focus) shelf.querySelector(`[data-phone="${phone}"] button[value="${focus}"]`)?.focus();
  } catch { /* next second */ }
}
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
