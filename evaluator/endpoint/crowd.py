"""Many prompts on their way to an endpoint at once: tried again, given up, or the whole stopped."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from evaluator.asking.budget import Budget, Spent
from evaluator.asking.writer import REFUSED, Prompt, Reply, Written
from evaluator.endpoint import completion
from evaluator.endpoint.client import Client
from evaluator.endpoint.faults import Fault, Then
from evaluator.endpoint.manners import WAITED_FOR, Pace, pause
from storage.errors import ServiceUnavailable, UsageError

PROBES = 3  # prompts asked one by one until the first reply: what is wrong with every request is told before a crowd
DEAD_AFTER = 3  # prompts given up in a row
PAID = 3  # attempts, where each may have been computed and be billed


class _OutOfBudget(Exception):
    """The next attempt would break a limit."""


class _Together:
    """How many requests are on their way, as each of them sees it."""

    def __init__(self) -> None:
        self._most: dict[object, int] = {}

    @contextmanager
    def one(self) -> Iterator[Callable[[], int]]:
        """One more; tells how many there were at most while it was on its way, itself among them."""
        mine = object()
        self._most[mine] = 0
        self._most = {each: max(most, len(self._most)) for each, most in self._most.items()}
        try:
            yield lambda: most
        finally:
            most = self._most.pop(mine)


class Crowd:
    """Asks each prompt once and hands every reply to `give`."""

    def __init__(self, client: Client, budget: Budget, give: Callable[[Written], None]) -> None:
        self.client, self.budget, self.give = client, budget, give
        self._pace = Pace(client.manners)
        self._free = asyncio.Semaphore(client.manners.concurrency)
        self._settled = asyncio.Event()
        self._together = _Together()
        self._in_a_row = 0
        self._given_up: list[Fault] = []

    async def ask(self, prompts: Sequence[Prompt]) -> None:
        """Ask them all, the shortest first: those most likely to be taken.

        Raises UsageError where the endpoint takes none, ServiceUnavailable where it is gone, or left some without a
        reply when all others had theirs.
        """
        try:
            rest = await self._probed(sorted(prompts, key=lambda p: p.size))
            async with asyncio.TaskGroup() as group:
                for prompt in rest:
                    await self._free.acquire()
                    if self.budget.stopped:
                        break
                    group.create_task(self._one(prompt))
        except ExceptionGroup as group_of:
            raise group_of.exceptions[0] from None
        finally:
            await self.client.close()
        if self._given_up and not self.budget.stopped:
            last = self._given_up[-1].said
            raise ServiceUnavailable(f"{self._name} gave no reply to {len(self._given_up)} prompts (the last: {last})")

    @property
    def _name(self) -> str:
        return f"the endpoint {self.client.where.url}"

    async def _probed(self, prompts: Sequence[Prompt]) -> Sequence[Prompt]:
        """Ask one by one until there is a reply; the prompts that are left."""
        if self.budget.replied:
            return prompts
        refused: list[Written] = []
        for place, prompt in enumerate(prompts):
            try:
                written = await self._tried(prompt)
            except Fault as fault:
                raise ServiceUnavailable(f"{self._name} does not answer ({fault.said})") from None
            except _OutOfBudget:
                return ()
            if written.reply.finish != REFUSED:
                written.reply.facts["warm_up"] = True
                for each in (*refused, written):
                    self._take(each)
                return prompts[place + 1 :]
            refused.append(written)
            if len(refused) in (PROBES, len(prompts)):
                raise UsageError(f"{self._name} refuses these requests ({written.reply.facts['refused']})")
        return ()

    async def _one(self, prompt: Prompt) -> None:
        try:
            self._take(await self._tried(prompt))
        except _OutOfBudget:
            return
        except Fault as fault:
            self._given_up.append(fault)
            self._in_a_row += 1
            if self._in_a_row >= DEAD_AFTER:
                raise ServiceUnavailable(f"{self._name} stopped answering ({fault.said})") from None
        finally:
            self._free.release()

    def _take(self, written: Written) -> None:
        self._in_a_row = 0
        self.give(written)

    async def _tried(self, prompt: Prompt) -> Written:
        """The reply, after as many attempts as it takes. Raises Fault where there were enough of them."""
        attempt = 0
        while True:
            attempt += 1
            claimed = await self._claimed(prompt)
            entry = await self._pace.go(claimed.tokens)
            self.budget.sent(prompt.item, claimed)
            try:
                with self._together.one() as at_once:
                    found, seconds = await self.client.complete(prompt)
            except Fault as fault:
                self._settle(prompt, claimed, claimed.read if fault.billed else 0, 0)
                if fault.then is Then.REFUSED:
                    return Written(prompt, Reply("", REFUSED, 0, 0, 0.0, attempt, {"refused": fault.said}))
                await self._wait_after(fault, attempt)
                continue
            read, written = self._counted(prompt, found)
            self._settle(prompt, claimed, read, written)
            self._pace.correct(entry, read + written)
            facts = {"device": "endpoint", "at_once": at_once(), **completion.facts(found)}
            if None in completion.usage(found):
                facts["tokens_are"] = "an upper bound"
            reply = Reply(completion.text(found), completion.finish(found), read, written, seconds, attempt, facts)
            return Written(prompt, reply)

    async def _wait_after(self, fault: Fault, attempt: int) -> None:
        """Pause before the next attempt. Raises the fault where there is none, UsageError where none would help."""
        if fault.then is Then.STOP:
            raise UsageError(f"{self._name}: {fault.said}")
        if fault.after is not None and fault.after > WAITED_FOR:
            raise ServiceUnavailable(f"{self._name} asks for a pause of {fault.after:.0f} s ({fault.said})")
        if attempt >= min(self.client.manners.attempts, PAID if fault.billed else self.client.manners.attempts):
            raise fault
        wait = pause(attempt, fault.after)
        if fault.after is not None:
            self._pace.hold(wait)
        await asyncio.sleep(wait)

    def _counted(self, prompt: Prompt, found: dict[str, object]) -> tuple[int, int]:
        """Tokens read and written; where the endpoint does not count, as many as there may be."""
        read, written = completion.usage(found)
        if read is None:
            read = self.budget.bound(prompt.size)
        else:
            self.budget.learn(prompt.size, read)
        text = completion.text(found)
        return read, self.budget.bound(len(text.encode("utf-8", "replace"))) if written is None else written

    async def _claimed(self, prompt: Prompt) -> Spent:
        """What one call may cost, held. Waits for calls on their way where that may make room."""
        while not self.budget.stopped:
            claimed = self.budget.claim(prompt.size, self.client.sampling.max_new_tokens)
            if claimed is not None:
                return claimed
            self._settled.clear()
            if not self.budget.stopped:
                await self._settled.wait()
        raise _OutOfBudget

    def _settle(self, prompt: Prompt, claimed: Spent, read: int, written: int) -> None:
        self.budget.settle(prompt.item, claimed, read, written)
        self._settled.set()
