"""The clock: RedBeat's schedule in Redis, with one beat at a time that any number of others stand by for.

RedBeat alone waits for its lock in a signal's handler, deaf to all else; it dies of a lock that ran out (a machine that
slept) or was wiped, and of a Redis that is away, and nobody starts it anew. Here every tick takes the lock or holds it,
whoever takes it writes the schedule anew, and the worker looks after the clock's process.
"""

import logging
import os
import signal
from typing import Any

from celery import Celery, bootsteps
from celery.beat import EmbeddedService
from celery.signals import beat_embedded_init, beat_init
from redbeat import RedBeatScheduler
from redbeat.schedulers import LUA_EXTEND_TO_SCRIPT, acquire_distributed_beat_lock, get_redis
from redis.exceptions import LockError, RedisError

from infra.embedded.process import die_with_parent
from storage.settings import settings

TICK = 5  # seconds between two looks at the schedule, and at the lock
HELD = 25  # seconds the lock outlives its beat
logger = logging.getLogger(__name__)

beat_init.disconnect(acquire_distributed_beat_lock)


def configure(app: Celery) -> None:
    """Have the application's clock be this one."""
    app.conf.update(
        beat_scheduler="infra.clock:Clock",
        beat_max_loop_interval=TICK,
        redbeat_key_prefix="tabib:beat:",
        redbeat_lock_timeout=HELD,
        redbeat_redis_url=settings().redis(),
        redbeat_redis_options={"socket_connect_timeout": 10, "socket_timeout": 30, "health_check_interval": 30},
    )


class Clock(RedBeatScheduler):
    """RedBeat's scheduler, that stands by while another beat has the lock and outlives what RedBeat dies of."""

    lock: Any = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due if the lock is ours; returns the seconds until the next tick."""
        try:
            if self.lock is None and not self._take():
                return float(self.max_interval)
            return float(super().tick(*args, **kwargs))
        except LockError:
            logger.warning("the clock lost its lock, and stands by until it has it again")
            self.lock = None
        except RedisError as error:
            logger.warning("the clock waits for Redis: %s", error)
        return float(self.max_interval)

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        """Send a task unless its queue holds a message already: it would ask for the same, and pile up unread."""
        queue = self.app.amqp.router.route({}, entry.task)["queue"].name
        if get_redis(self.app).llen(queue):
            self.reserve(entry)
            return None
        return super().apply_async(entry, *args, **kwargs)

    def close(self) -> None:
        """Give the lock back, so that another beat goes on at once."""
        try:
            super().close()
        except RedisError as error:
            logger.warning("the clock's lock could not be given back: %s", error)

    def _take(self) -> bool:
        client = get_redis(self.app)
        lock = client.lock(self.lock_key, timeout=self.lock_timeout, blocking=False)
        lock.lua_extend = client.register_script(LUA_EXTEND_TO_SCRIPT)  # as RedBeat does: to a time, not by one
        if not lock.acquire():
            return False
        self.lock = lock
        try:
            self.setup_schedule()
        except RedisError:
            self.lock = None  # with half a schedule written it runs out, and is taken anew
            raise
        logger.info("the clock is here")
        return True


class Winder(bootsteps.StartStopStep):
    """Runs the clock as a process of the worker, and starts it anew when it was killed."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        self.process: Any = None
        self.timer: Any = None

    def start(self, worker: Any) -> None:
        """Start it, and look after it from then on."""
        parent = os.getpid()
        beat_embedded_init.connect(lambda **_: die_with_parent(signal.SIGTERM, parent), weak=False)
        self._start(worker)
        self.timer = worker.timer.call_repeatedly(TICK, self._look_after, (worker,))

    def stop(self, worker: Any) -> None:  # noqa: ARG002  Celery's signature
        """End it, which gives the lock back."""
        if self.timer is not None:
            self.timer.cancel()
        if self.process is not None:
            self.process.stop()
            self.process.join(TICK)

    terminate = stop

    def _start(self, worker: Any) -> None:
        self.process = EmbeddedService(worker.app, scheduler_cls=Clock)
        self.process.start()

    def _look_after(self, worker: Any) -> None:
        if not self.process.is_alive():
            logger.warning("the clock's process ended by %s and is started anew", self.process.exitcode)
            self._start(worker)
