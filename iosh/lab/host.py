"""The command line of a linux node: the `ip` commands a topology's `exec` lines use, `ping` and `traceroute`.

Understood, words abbreviated as iproute2 allows: `ip addr add A/L dev PORT`, `ip addr`, `ip route add|replace P
[via A] [dev PORT]`, `ip route del P`, `ip route`, `ip link set [dev] PORT [up|down] [mtu N]`; `ping [-c N] [-s SIZE]
[-i S] [-W S] [-t TTL] [-I SOURCE] [-M do] A` and `traceroute [-n] [-q N] [-w S] [-m TTL] A`. There is no shell: no
pipes, no variables.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from typing import Any, Final

from iosh.base.addr import DEFAULT, IPv4, Prefix
from iosh.base.time import Instant
from iosh.lab.link_settings import span
from iosh.underlay.sim.probe import Ping, Trace, ping_text, trace_text
from iosh.underlay.sim.station import Station

_HELP: Final = """\
  ping [-c N] [-s SIZE] [-M do] ADDRESS    send echoes
  traceroute ADDRESS                       the way there, hop by hop
  ip addr | ip route                       what this station has
  ip addr add A/L dev PORT                 and ip route add P via A, ip route del P, ip link set PORT up|down
"""
_BAD_WORD: Final = "not understood here: "


class Host:
    """One station's command line. `feed` begins a command; `busy` until its output is complete."""

    def __init__(self, name: str, station: Station, ports: Iterable[str], write: Callable[[str], object] = str) -> None:
        self.name = name
        self.station = station
        self.write = write
        self._ports = tuple(ports)
        self._probe: Ping | Trace | None = None

    @property
    def prompt(self) -> str:
        """What stands before the next command."""
        return f"{self.name}:~# "

    @property
    def help(self) -> str:
        """What there is to type."""
        return _HELP

    @property
    def busy(self) -> bool:
        """Is a ping or traceroute under way? Writes its text when it has come to its end."""
        if self._probe is not None and self._probe.is_done:
            probe, self._probe = self._probe, None
            lines = ping_text(probe) if isinstance(probe, Ping) else trace_text(probe)
            self.write("".join(f"{line}\n" for line in lines))
        return self._probe is not None

    def interrupt(self) -> None:
        """Stop waiting for what is under way."""
        if self._probe is not None:
            self.station.abandon(self._probe)

    def feed(self, line: str, now: Instant) -> bool:
        """Obey one line; False if it was refused, and why has been written."""
        try:
            words = shlex.split(line, comments=True)
            if words:
                self._obey(words, now)
        except ValueError as error:
            self.write(f"{self.name}: {error}\n")
            return False
        return True

    def configure(self, line: str) -> None:
        """Obey an `exec` line of a topology; `ValueError` with a sentence if it is not understood."""
        words = shlex.split(line)
        if words[:1] != ["ip"]:
            raise ValueError("only ip addr, ip route and ip link commands are understood")
        self._ip(words[1:])

    def _obey(self, words: list[str], now: Instant) -> None:
        match words[0]:
            case "ip":
                self._ip(words[1:])
            case "ping":
                options, target = _options(words[1:], {"c": _count, "s": _count, "i": span_s, "W": span_s, "t": _count,
                                                       "I": _address, "M": str})  # fmt: skip
                chosen = _renamed(options, c="count", s="size", i="interval", W="timeout", t="ttl", I="source")
                if "M" in options:
                    chosen["dont_fragment"] = options["M"] == "do"
                self._probe = self.station.ping(target, now, **chosen)
            case "traceroute":
                options, target = _options(words[1:], {"n": None, "q": _count, "w": span_s, "m": _count})
                chosen = _renamed(options, q="queries", w="timeout", m="most")
                self._probe = self.station.trace(target, now, **chosen)
            case "help" | "?":
                self.write(_HELP)
            case other:
                raise ValueError(f"{other}: command not found; there are ip, ping and traceroute")

    # --- ip -----------------------------------------------------------------------------------------------------------

    def _ip(self, words: list[str]) -> None:
        while words and words[0] in ("-4", "-br", "-brief"):
            words = words[1:]
        if not words:
            raise ValueError("ip what? There are addr, route and link")
        match _whole(words[0], ("addr", "address", "route", "link")):
            case "addr" | "address":
                self._ip_addr(words[1:])
            case "route":
                self._ip_route(words[1:])
            case "link":
                self._ip_link(words[1:])

    def _ip_addr(self, words: list[str]) -> None:
        if not words or _whole(words[0], ("add", "show", "list", "replace")) in ("show", "list"):
            for port, address, length in self.station.addresses():
                self.write(f"{port:<8} {address}/{length}\n")
            return
        named, plain = _named(words[1:], ("dev",))
        if len(plain) != 1 or "dev" not in named:
            raise ValueError("write ip addr add ADDRESS/LENGTH dev PORT")
        text = plain[0] if "/" in plain[0] else f"{plain[0]}/32"
        address = IPv4.parse(text.partition("/")[0])
        self.station.add_address(self._port(named["dev"]), address, Prefix.parse(text).length)

    def _ip_route(self, words: list[str]) -> None:
        verb = _whole(words[0], ("add", "replace", "del", "delete", "show", "list")) if words else "show"
        if verb in ("show", "list"):
            for route, gateway, port in self.station.routes():
                by = (f" via {gateway}" if gateway else "") + (f" dev {port}" if port else "")
                self.write(f"{'default' if route == DEFAULT else route}{by}\n")
            return
        named, plain = _named(words[1:], ("via", "dev"))
        if len(plain) != 1:
            raise ValueError("write ip route add PREFIX via ADDRESS, the PREFIX as 10.0.0.0/8 or default")
        text = plain[0] if "/" in plain[0] or plain[0] == "default" else f"{plain[0]}/32"
        prefix = DEFAULT if text == "default" else Prefix.parse(text)
        if verb in ("del", "delete"):
            self.station.remove_route(prefix)
            return
        if not named:
            raise ValueError("a route needs via ADDRESS or dev PORT")
        via = IPv4.parse(named["via"]) if "via" in named else None
        self.station.add_route(prefix, via, self._port(named["dev"]) if "dev" in named else None)

    def _ip_link(self, words: list[str]) -> None:
        if not words or _whole(words[0], ("set",)) != "set":
            raise ValueError("write ip link set PORT up, down or mtu BYTES")
        words = [word for word in words[1:] if word != "dev"]
        if len(words) < 2:
            raise ValueError("write ip link set PORT up, down or mtu BYTES")
        port, rest = self._port(words[0]), words[1:]
        while rest:
            if rest[0] in ("up", "down"):
                self.station.set_link(port, rest.pop(0) == "up")
            elif rest[0] == "mtu" and len(rest) > 1 and rest[1].isdigit() and 68 <= int(rest[1]) <= 65535:
                self.station.set_mtu(port, int(rest[1]))
                rest = rest[2:]
            else:
                raise ValueError(_BAD_WORD + " ".join(rest))

    def _port(self, name: str) -> str:
        if name not in self._ports:
            raise ValueError(f"no link of the topology is plugged into {name!r} of {self.name}")
        return name


def _named(words: list[str], names: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """`via A dev P` by name, and the words between them."""
    named: dict[str, str] = {}
    plain: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in names:
            value = next(rest, None)
            if value is None:
                raise ValueError(f"{word} needs a value")
            named[word] = value
        else:
            plain.append(word)
    if len(plain) > 1:
        raise ValueError(_BAD_WORD + " ".join(plain[1:]))
    return named, plain


def _whole(word: str, words: tuple[str, ...]) -> str:
    """The word an abbreviation stands for: the first it begins, as iproute2 does."""
    for whole in words:
        if whole.startswith(word):
            return whole
    raise ValueError(_BAD_WORD + word)


def _options(words: list[str], known: dict[str, Any]) -> tuple[dict[str, Any], IPv4]:
    """`-c 3 10.0.0.1` to options and the destination. A reader of None takes no value."""
    options: dict[str, Any] = {}
    plain: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            plain.append(word)
            continue
        name, value = word[1:2], word[2:] or None
        if name not in known:
            raise ValueError(_BAD_WORD + word)
        if known[name] is None:
            continue
        value = value or next(rest, None)
        if value is None:
            raise ValueError(f"-{name} needs a value")
        options[name] = known[name](value)
    if len(plain) != 1:
        raise ValueError("give one address")
    return options, IPv4.parse(plain[0])


def _renamed(options: dict[str, Any], **names: str) -> dict[str, Any]:
    return {names[name]: value for name, value in options.items() if name in names}


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError(f"{text!r} is not a number from 1 to 65535")
    return int(text)


def _address(text: str) -> IPv4:
    return IPv4.parse(text)


def span_s(text: str) -> int:
    """Seconds, as ping takes them, to nanoseconds."""
    return span(f"{text}s")
