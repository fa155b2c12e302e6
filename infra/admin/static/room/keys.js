// What each key does. KeyboardEvent.code names a key's place, so all work the same under a Persian layout.
export const KEYS = new Map([
  ["KeyA", "approve"],
  ["KeyR", "reject"],
  ["KeyE", "edit"],
  ["KeyS", "skip"],
  ["KeyF", "flag"],
  ["KeyU", "undo"],
  ["KeyG", "guideline"],
  ["KeyD", "differences"],
  ["KeyM", "measures"],
  ["KeyO", "open"],
  ["Slash", "keys"],
]);
const DIGIT = /^(?:Digit|Numpad)([1-8])$/;

// Keys typed into a text are text; one held down is pressed once; those with Ctrl, Alt or Meta are the browser's.
// Where single keys are turned off (WCAG 2.1.4) the buttons do it all.
export function listen(actions, single) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing || !single()) return;
    if (event.target.closest("input, textarea, select")) return;
    const digit = DIGIT.exec(event.code);
    const dialog = document.querySelector("dialog[open]");
    if (dialog && !(digit && dialog.id === "reasons")) return;
    const action = digit ? "reason" : KEYS.get(event.code);
    if (!action) return;
    event.preventDefault();
    actions[action](digit && Number(digit[1]) - 1);
  });
}
