"""What was sent about a target, in the state folder: so that nothing is repeated, and a recovery is sent once.

The file is replaced at once. If it can't be read, everything is sent again; if it can't be written, so it is next time.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

import msgspec

from psbridge.bounded_json import loads
from psbridge.files import file_name, private_folder, read_regular, write_whole
from psbridge.models.notify import NoticeEvent

_LARGEST = 1 << 18
_KEPT = 200


class Sent(msgspec.Struct, frozen=True):
    """One bad state that a service took: the event, the exit code's label, the backup's id if one is known, and when.

    Attributes:
        to: the label of the service.
    """

    event: str
    code: str
    id: str | None
    at: str
    to: str = ""


class Memory(msgspec.Struct, frozen=True):
    """What was sent since the last good end, the newest last.

    Attributes:
        run: the UUID of a start whose result is still to come: the ping of its wait carries it.
    """

    sent: tuple[Sent, ...] = ()
    run: str | None = None

    def is_due(self, event: NoticeEvent, code: str, id: str | None, now: datetime, repeat: float, *, to: str) -> bool:
        """Return whether a bad state is to be sent to a service: it is new to it, or was sent `repeat` seconds ago or more.

        A state that was sent in the future is sent again, because a clock was set back.
        """
        for each in reversed(self.sent):
            if (each.event, each.code, each.id, each.to) == (event, code, id, to):
                return not 0 <= (now - _moment(each.at)).total_seconds() < repeat
        return True

    def with_sent(self, event: NoticeEvent, code: str, id: str | None, now: datetime, *, to: str) -> Memory:
        """Return it with one more state that a service took."""
        key = (event, code, id, to)
        others = [each for each in self.sent if (each.event, each.code, each.id, each.to) != key]
        return Memory((*others[1 - _KEPT :], Sent(event, code, id, now.isoformat(), to)), self.run)


def read(folder: Path, target: str, config: str) -> Memory:
    """Return what is known of a target of a config; nothing, if there is no file or it can't be read."""
    try:
        return msgspec.convert(loads(read_regular(_path(folder, target, config), _LARGEST)), Memory)
    except (OSError, ValueError):  # msgspec's error is one
        return Memory()


def write(folder: Path, target: str, config: str, memory: Memory) -> None:
    """Keep what is known of a target of a config.

    Raises:
        OSError: it can't be kept.
    """
    path = _path(folder, target, config)
    private_folder(path.parent)
    plain = {"schema_version": 1, **msgspec.to_builtins(memory)}
    write_whole(path, json.dumps(plain).encode(), 0o600)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat("2000-01-01T00:00:00+00:00")
    return found if found.tzinfo else datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def _path(folder: Path, target: str, config: str) -> Path:
    """Return the file of a target. Configs that share a state folder may give one name to other hosts and other services."""
    key = hashlib.sha256(f"{config}\0{target}".encode(errors="surrogateescape")).hexdigest()[:16]
    return folder / "notify" / f"{file_name(target)}-{key}.json"
