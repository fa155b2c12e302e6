// The filter bar: what it says is what is claimed. Kept for this tab, so that a reload keeps it.
const KEPT = "tabib-room-filters";
const LISTS = ["sources", "reasons", "kinds", "specialities"];
const NUMBERS = ["longer_than", "shorter_than"];

export function filters(chosen) {
  const form = document.querySelector("#filters form");
  const kept = new URLSearchParams(sessionStorage.getItem(KEPT) ?? "");
  for (const [name, value] of kept) if (form.elements[name]) form.elements[name].value = value;
  const count = () => {
    form.closest("details").classList.toggle("active", [...new FormData(form).values()].some(Boolean));
  };
  form.addEventListener("change", () => {
    if (!form.reportValidity()) return;
    sessionStorage.setItem(KEPT, new URLSearchParams(new FormData(form)));
    count();
    chosen(read(form));
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => form.dispatchEvent(new Event("change"))));
  count();
  return read(form);
}

function read(form) {
  const said = Object.entries(Object.fromEntries(new FormData(form))).filter(([, value]) => value.trim());
  return Object.fromEntries(
    said.map(([name, value]) => {
      if (LISTS.includes(name)) return [name, value.split(/[,،]/).map((part) => part.trim()).filter(Boolean)];
      return [name, NUMBERS.includes(name) ? Number(value) : value];
    }),
  );
}
