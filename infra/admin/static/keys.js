// The queue by keyboard: A approves, a digit picks the reason, R rejects for it, E edits. Keys typed into a text are text.
// KeyboardEvent.code names the key's place, so it works the same under a Persian layout.
const form = (decision) => document.querySelector(`button[name=decision][value=${decision}]`)?.form;
const press = (decision) => form(decision)?.requestSubmit(form(decision).querySelector("button[name=decision]"));
const actions = {
  KeyA: () => press("approve"),
  KeyR: () => press("reject"),
  KeyE: () => {
    const editor = document.querySelector("details.edit");
    if (!editor) return;
    editor.open = true;
    editor.querySelector("textarea").focus();
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.target.matches("input, textarea")) return;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  const reason = document.querySelector("select[name=reason]");
  if (digit && reason && reason.options[digit[1]]) {
    reason.selectedIndex = Number(digit[1]);
  } else if (actions[event.code]) {
    event.preventDefault();
    actions[event.code]();
  }
});
