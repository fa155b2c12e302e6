// The conversation on the page. What is said is put in as text, never as markup.
"use strict";

const part = (id) => document.getElementById(id);
const turns = part("turns"), question = part("question");
let said = [], writing = null;

function shown(role, text) {
  const turn = document.createElement("li");
  turn.className = role;
  turn.textContent = text;
  turns.append(turn);
  turn.scrollIntoView({ block: "nearest" });
  return turn;
}

function busy(controller) {
  writing = controller;
  part("stop").hidden = !controller;
  part("send").hidden = Boolean(controller);
}

// The data of each event of a stream, as JSON.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data: {")) yield JSON.parse(line.slice(6));
  }
}

async function write(turn, signal) {
  const response = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ messages: said, stream: true }),
    signal,
  });
  if (!response.ok) throw new Error((await response.json()).error.message);
  for await (const event of events(response)) {
    if (event.error) throw new Error(String(event.error.message ?? event.error));
    const choice = event.choices[0];
    turn.textContent += choice.delta.content ?? "";
    turn.classList.toggle("cut", choice.finish_reason === "length");
    turn.scrollIntoView({ block: "nearest" });
  }
}

async function ask(text) {
  said.push({ role: "user", content: text });
  shown("user", text);
  const turn = shown("assistant writing", ""), own = said, controller = new AbortController();
  busy(controller);
  try {
    await write(turn, controller.signal);
  } catch (error) {
    if (error.name === "AbortError") turn.classList.add("cut");
    else shown("failed", `پاسخ نیامد: ${error.message}`);
  }
  turn.classList.remove("writing");
  if (turn.textContent) own.push({ role: "assistant", content: turn.textContent });
  else { own.pop(); turn.remove(); }
  if (writing === controller) busy(null);
}

part("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (!text || writing) return;
  question.value = "";
  ask(text);
});
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    part("ask").requestSubmit();
  }
});
part("stop").addEventListener("click", () => writing?.abort());
part("anew").addEventListener("click", () => {
  writing?.abort();
  said = [];
  turns.replaceChildren();
  question.focus();
});
fetch("/v1/models").then((response) => response.json()).then((list) => { part("model").textContent = list.data[0].id; });
