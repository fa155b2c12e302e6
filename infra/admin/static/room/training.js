// The training round by keyboard: the room's keys press its buttons.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.target.closest("input, select")) return;
  const key = /^(?:Digit|Numpad)([1-8])$/.exec(event.code)?.[1] ?? event.code;
  const button = document.querySelector(`button[data-key="${CSS.escape(key)}"]`);
  if (!button || event.target === button) return;
  event.preventDefault();
  button.click();
});
