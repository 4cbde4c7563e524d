"""A profile: one named sign-in at one API, and where it is kept.

Its file lies in the user's own config folder, never in a library: ``credentials/NAME.json``, for another API than
Pinterest's own ``credentials/NAME@API.json``. It holds the credentials, or says that they are in the keyring.
"""

from __future__ import annotations

import difflib
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pinplan.auth import private_files
from pinplan.auth.keyrings import KeyringFailed
from pinplan.config import API_URL, SANDBOX_API_URL, Store
from pinplan.errors import NotSignedIn
from pinplan.lock import hold
from pinplan.signin.credentials import Credentials, InKeyring, Kept, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pinplan.auth.keyrings import Keyring
    from pinplan.auth.private_files import Warn

_ROOM = 8192
"""Bytes: more than any credentials take."""
_PATIENCE = 120.0
"""Seconds to wait for another process that renews: longer than the token endpoint may take."""


class Profile:
    """The sign-in of one name at one API."""

    def __init__(self, folder: Path, name: str, api_url: str, *, keyring: Keyring, warn: Warn) -> None:
        """Name it.

        Args:
            folder: for all profiles, in the user's own config folder.
            name: a good one (see `pinplan.config`).
            api_url: the API that it is for.
            keyring: where secrets may be kept.
            warn: hears what was put right.
        """
        self.name, self.api_url = name, api_url
        self._suffix = _suffix(api_url)
        self._key = name + self._suffix
        self._path = folder / f"{self._key}.json"
        self._keyring = keyring
        self._warn = warn

    def __repr__(self) -> str:
        """The name."""
        return f"<Profile {self._key}>"

    def others(self) -> list[str]:
        """Names of all profiles for this API, this one included if it is there."""
        found = self._path.parent.glob(f"*{self._suffix}.json")
        names = (path.name.removesuffix(f"{self._suffix}.json") for path in found)
        return sorted(name for name in names if "@" not in name and not name.startswith("."))

    @property
    def place(self) -> str:
        """Where it is kept, in words; empty if it is not there."""
        match self._kept():
            case None:
                return ""
            case InKeyring():
                return "the keyring"
            case Credentials():
                return str(self._path)

    def read(self) -> Credentials:
        """The credentials.

        Raises:
            NotSignedIn: there are none under this name, they are damaged, or for another API; or the keyring fails.
            DiskRefused: the file cannot be read.
        """
        kept = self._kept()
        if kept is None:
            raise NotSignedIn(self._nobody())
        if isinstance(kept, InKeyring):
            secret = self._keyring.get(self._key)
            kept = decode(secret.encode()) if secret is not None else None
        if not isinstance(kept, Credentials):
            raise NotSignedIn(f"profile {self.name}: its credentials are not in the keyring any more")
        if kept.api_url != self.api_url:
            raise NotSignedIn(f"profile {self.name} is a sign-in at {kept.api_url}, this is {self.api_url}")
        return kept

    def _kept(self) -> Kept | None:
        data = private_files.read(self._path, self._warn)
        if data is None:
            return None
        kept = decode(data)
        if kept is None:
            raise NotSignedIn(f"{self._path}: it is damaged, or of another version of pinplan")
        return kept

    def _nobody(self) -> str:
        others = self.others()
        where = "" if self._suffix == "" else f" at {self.api_url}"
        if not others:
            return f"nobody is signed in{where}"
        near = difflib.get_close_matches(self.name, others, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"there is no profile {self.name}{where}; there is {', '.join(others)}{hint}"

    def begin(self, credentials: Credentials, store: Store) -> None:
        """Keep a new sign-in where ``store`` says. Raises `NotSignedIn` if that is a keyring that fails, `DiskRefused`."""
        use_keyring = store is Store.KEYRING or (store is Store.AUTO and self._keyring.works())
        if use_keyring:
            private_files.make_folder(self._path.parent, self._warn)
            self._keyring.put(self._key, encode(credentials).decode())
            private_files.write(self._path, encode(InKeyring()), self._warn)
            return
        was_in_keyring = private_files.read(self._path, self._warn) == encode(InKeyring())
        private_files.write(self._path, encode(credentials), self._warn)
        if was_in_keyring:
            self._forget_in_keyring()

    def keep(self, credentials: Credentials) -> None:
        """Put new credentials in the place of the old ones, durably. If the keyring fails, a file must do. Raises `DiskRefused`."""
        if isinstance(self._kept(), InKeyring):
            try:
                self._keyring.put(self._key, encode(credentials).decode())
            except KeyringFailed as error:
                self._warn(f"{error}; the sign-in is in {self._path} now")
            else:
                return
        private_files.write(self._path, encode(credentials), self._warn)

    def check_room(self) -> None:
        """Find out whether new credentials could be kept, before the old ones are used up. Raises `DiskRefused`."""
        private_files.try_to_write(self._path, _ROOM, self._warn)

    def remove(self) -> str:
        """Forget this sign-in, damaged or not; where it was. Raises `NotSignedIn` if there is none, `DiskRefused`."""
        data = private_files.read(self._path, self._warn)
        if data is None:
            raise NotSignedIn(self._nobody())
        in_keyring = data == encode(InKeyring())
        if in_keyring:
            self._forget_in_keyring()
        private_files.remove(self._path)
        return "the keyring" if in_keyring else str(self._path)

    def _forget_in_keyring(self) -> None:
        try:
            self._keyring.remove(self._key)
        except KeyringFailed as error:
            self._warn(f"{error}; an entry {self._key} of the service pinplan may be left in it")

    @contextmanager
    def locked(self, command: str) -> Iterator[None]:
        """Keep other processes from renewing, signing in or out meanwhile.

        Args:
            command: what to tell them that this process does.

        Raises:
            LockHeld: another one takes longer than it may.
            DiskRefused: the lock cannot be had.
        """
        private_files.make_folder(self._path.parent, self._warn)
        with hold(self._path.with_suffix(".lock"), command=command, timeout=_PATIENCE):
            yield


def _suffix(api_url: str) -> str:
    """What tells the file of one API from that of another."""
    match api_url:
        case _ if api_url == API_URL:
            return ""
        case _ if api_url == SANDBOX_API_URL:
            return "@sandbox"
        case _:
            return "@" + re.sub(r"[^A-Za-z0-9.-]", "_", urlsplit(api_url).netloc)
