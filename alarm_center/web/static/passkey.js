// Passkeys: the browser makes or shows one before its form is sent. Also the button that prints recovery codes.
const refused = document.querySelector("#passkey-refused");

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { passkey, options, first } = form.dataset;
    refused.hidden = true;
    try {
      const asked = await fetch(options, { method: "POST", headers: { "X-Fragment": "1" }, body: new URLSearchParams({ csrf: form.csrf.value }) });
      // A second factor has to be shown first, or nobody is signed in any more.
      if (asked.status === 403 && first) return location.assign(first);
      if (asked.status === 401) return location.reload();
      if (!asked.ok) throw new Error(asked.statusText);
      const given = await asked.json();
      const made = passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(given) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(given) });
      form.credential.value = JSON.stringify(made.toJSON());
      form.submit();
    } catch {
      refused.hidden = false;
      refused.scrollIntoView({ block: "nearest" });
    }
  });
}

const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
