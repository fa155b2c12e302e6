"""A conversation with a model in the terminal, or one question of a script."""

import json
from dataclasses import dataclass, field

from storage.errors import UsageError
from trainer.after.speaker import Asking, Speaker, Turn
from trainer.after.terminal import NOTICE, Lines, note, questions, right_to_left, say


@dataclass
class Chat:
    """The turns so far, and how their answers are written and shown."""

    speaker: Speaker
    asking: Asking
    as_json: bool
    turns: list[Turn] = field(default_factory=list)

    def ask(self, question: str, watched: bool) -> None:
        """Answer one more question and keep both. Raises UsageError where it is longer than the model reads."""
        turns = [*self.turns, {"role": "user", "content": question}]
        kept, encoded, left_out = self.speaker.fitted(turns, self.asking)
        if left_out:
            note(
                f"the {left_out} oldest turns no longer fit the model's {self.speaker.context} tokens and are left out"
            )
        speech, lines = self.speaker.answer(encoded, self.asking), Lines(watched)
        for piece in speech:
            if not self.as_json:
                say(lines.feed(piece))
        answer = speech.answer
        if self.as_json:
            say(json.dumps({"question": question, **answer.fields()}, ensure_ascii=False) + "\n")
        else:
            say(lines.close())
            if answer.finish == "length":
                note(f"cut after {answer.tokens} tokens: --max-new-tokens allows more")
        self.turns = [*kept, {"role": "assistant", "content": answer.text}]


def converse(chat: Chat, once: str | None) -> None:
    """Answer `once`, or every line of the input until it ends."""
    if once is not None and not once.strip():
        raise UsageError("the question is empty")
    note(NOTICE)
    with right_to_left() as watched:
        if once is not None:
            chat.ask(once, watched)
            return
        for question in questions(watched):
            try:
                chat.ask(question, watched)
            except UsageError as error:  # one question too long is no end of a conversation
                note(str(error))
