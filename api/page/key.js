// The key that changing needs, and reading where the service asks for one: kept for this tab alone, and sent to this service alone.

const KEPT = "sectorcast-key";

/** The headers of a request, with the key where there is one. */
export function headers() {
  const key = sessionStorage.getItem(KEPT);
  return { Accept: "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
}

export const hasKey = () => sessionStorage.getItem(KEPT) !== null;

export const forgetKey = () => sessionStorage.removeItem(KEPT);

/** Calls back with each key that is entered. */
export function onKey(form, entered) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEPT, new FormData(form).get("key").trim());
    form.reset();
    entered();
  });
}

/** Lets a link save what it leads to where the browser could not open it, since it sends no key by itself. */
export function savedWithKey(link) {
  link.addEventListener("click", async (event) => {
    if (!sessionStorage.getItem(KEPT)) return;
    event.preventDefault();
    const answer = await fetch(link.href, { headers: { ...headers(), Accept: "*/*" } });
    const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
    const saving = document.createElement("a");
    saving.href = URL.createObjectURL(await answer.blob());
    saving.download = named ? named[1] : `${new URL(link.href).pathname.split("/").pop()}.json`;
    saving.click();
    setTimeout(() => URL.revokeObjectURL(saving.href), 60_000);
  });
}
