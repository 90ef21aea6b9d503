"""strongSwan as the peer: a charon of its own in a network namespace, and an iosh router that meets it on a veth.

The kernels that tests run on have XFRM's netlink and often no ESP. So a charon here has either its own ESP in user
space (`kernel-libipsec`: tunnel mode in UDP 4500 only), or `fakexfrm.c` before it, which lets it believe that its SAs
were installed and writes their keys down.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CHARON = "/usr/lib/ipsec/charon"
PATIENCE_S = 20.0
PEER, OURS = "10.99.0.1", "10.99.0.2"

_STRONGSWAN_CONF = """charon {{
  load_modular = no
  load = random nonce openssl kdf hmac gcm {kernel} socket-default vici counters
  install_routes = {routes}
  retransmit_timeout = 2
  retransmit_tries = 3
  replay_window = 32
  plugins {{
    vici {{ socket = {uri} }}
    {marks}
  }}
  filelog {{
    main {{
      path = {folder}/charon.log
      default = 1
      ike = 2
      chd = 2
      flush_line = yes
    }}
  }}
}}
swanctl {{ load = random nonce openssl }}
"""

# Where the peer itself is what ESP leads to, libipsec has to tell its own datagrams from those it is to protect.
_MARKS = """kernel-libipsec {{ allow_peer_ts = yes }}
    kernel-netlink {{ fwmark = !0x42 }}
    socket-default {{ fwmark = 0x42 }}"""

_SWANCTL_CONF = """connections {{
  p {{
    version = 2
    mobike = no
    local_addrs = {local}
    remote_addrs = {remote}
    proposals = {ike}
    encap = {encap}
    dpd_delay = {dpd_s}s
    rekey_time = 4h
    rand_time = 0
    keyingtries = 1
    local {{ auth = psk }}
    remote {{ auth = psk }}
    children {{
      c {{
        mode = {mode}
        local_ts = {local_ts}
        remote_ts = {remote_ts}
        esp_proposals = {esp}
        policies = {policies}
        rekey_time = 1h
        rand_time = 0
      }}
    }}
  }}
}}
secrets {{ ike-1 {{ secret = "{psk}" }} }}
"""

ROUTER = """hostname R
crypto ikev2 proposal P
 encryption {encryption}
 {ike_hash}
 group {group}
crypto ikev2 policy P
 proposal P
crypto ikev2 keyring K
 peer ANY
  address 0.0.0.0 0.0.0.0
  pre-shared-key Not-A-Secret
crypto ikev2 profile P
 match identity remote address 0.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local K
{ike_profile}
crypto ipsec transform-set T {transforms}
 mode {mode}
crypto ipsec profile P
 set transform-set T
 set ikev2-profile P
{ipsec_profile}
interface Loopback0
 ip address 10.2.0.1 255.255.255.255
interface Tunnel0
 ip address 10.255.0.2 255.255.255.0
 tunnel source {source}
 tunnel destination {destination}
 tunnel protection ipsec profile P
interface GigabitEthernet1
 ip address 10.99.0.2 255.255.255.0
ip route 0.0.0.0 0.0.0.0 10.99.0.1
{more}
"""


class Suite(NamedTuple):
    """The same algorithms in the words of both."""

    ike: str
    esp: str
    router: dict[str, str]


SUITES = {
    "cbc": Suite(
        "aes256-sha256-modp2048",
        "aes128-sha256",
        {
            "encryption": "aes-cbc-256",
            "ike_hash": "integrity sha256",
            "group": "14",
            "transforms": "esp-aes esp-sha256-hmac",
        },
    ),
    "gcm": Suite(
        "aes256gcm16-prfsha384-ecp256",
        "aes128gcm16",
        {"encryption": "aes-gcm-256", "ike_hash": "prf sha384", "group": "19", "transforms": "esp-gcm"},
    ),
}


class Charon:
    """One strongSwan, everything of it in a folder. Its connection is `p`, the child of that `c`."""

    def __init__(self, folder: Path, namespace: str, shim: Path | None, **wishes: str) -> None:
        folder.mkdir()
        (folder / "run").mkdir()
        (folder / "swanctl").mkdir()
        (folder / "keys.jsonl").touch()
        self.folder = folder
        self._uri = f"unix://{folder}/charon.vici"
        kernel = "kernel-netlink" if shim else "kernel-libipsec kernel-netlink"
        words = {"uri": self._uri, "folder": str(folder), "kernel": kernel, "routes": "no" if shim else "yes"}
        words["marks"] = "" if shim else _MARKS.format()
        (folder / "strongswan.conf").write_text(_STRONGSWAN_CONF.format(**words))
        (folder / "swanctl" / "swanctl.conf").write_text(_SWANCTL_CONF.format(**wishes))
        self._environment = os.environ | {
            "STRONGSWAN_CONF": str(folder / "strongswan.conf"),
            "SWANCTL_DIR": str(folder / "swanctl"),
        }
        before = {"LD_PRELOAD": str(shim), "FAKEXFRM_LOG": str(folder / "keys.jsonl")} if shim else {}
        # `ip netns exec` gives a mount namespace too: charon's pid file, whose place is compiled in, is in our folder.
        start = 'mount --bind "$1/run" /run; shift; exec env "$@"'
        command = ["ip", "netns", "exec", namespace, "sh", "-c", start, "sh", str(folder)]
        command += [f"{name}={value}" for name, value in before.items()]
        with (folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [*command, CHARON], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._environment
            )
        self.wait_for(lambda: (folder / "charon.vici").exists(), "charon.vici")
        self.say("--load-all", "--noprompt")

    def say(self, *words: str, check: bool = True) -> str:
        """What it answers to a swanctl command."""
        command = ["swanctl", *words, "--uri", self._uri]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=40)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}\n{self.log}"
        return done.stdout + done.stderr

    @property
    def log(self) -> str:
        return (self.folder / "charon.log").read_text()

    @property
    def sas(self) -> str:
        """Its SAs, as it lists them."""
        return self.say("--list-sas")

    def wait_for(self, happened: Callable[[], Any], what: str) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not happened():
            assert self._process.poll() is None, (self.folder / "output").read_text()
            assert time.monotonic() < ends, f"no {what} from strongSwan\n{self.log}"
            time.sleep(0.05)

    def wait_for_log(self, text: str) -> None:
        self.wait_for(lambda: text in self.log, repr(text))

    def keys(self) -> dict[str, tuple[str, str]]:
        """Encryption and integrity key of each SA it installed, by SPI."""
        found = {}
        for line in (self.folder / "keys.jsonl").read_text().splitlines():
            sa = json.loads(line)
            found[sa["spi"]] = (sa.get("aead", sa.get("enc"))["key"], sa.get("auth", {}).get("key", ""))
        return found

    def kill(self) -> None:
        """It is gone from one moment to the next."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE_S)


class Meeting:
    """A charon and a router on one veth; each is started when a test says so."""

    def __init__(self, hosts: Any, site: Any, shim: Path) -> None:
        self._hosts, self._site, self._shim = hosts, site, shim
        self._charons: list[Charon] = []
        self._ends: list[subprocess.Popen[str]] = []
        for name in ("peer", "ours"):
            hosts.host(name)
        hosts.join("peer", "eth0", "ours", "eth0")
        hosts.address("peer", "eth0", f"{PEER}/24")

    def charon(self, suite: str = "gcm", fake: bool = True, **wishes: str) -> Charon:
        """strongSwan, with GRE's selectors in transport mode unless something else is wished."""
        gre = "dynamic[gre]"
        settings = {
            "local": PEER, "remote": OURS, "ike": SUITES[suite].ike, "esp": SUITES[suite].esp, "encap": "no",
            "dpd_s": "0", "mode": "transport", "local_ts": gre, "remote_ts": gre, "policies": "no",
            "psk": "Not-A-Secret",
        }  # fmt: skip
        namespace = self._hosts.namespace("peer")
        charon = Charon(self._site.folder / "swan", namespace, self._shim if fake else None, **settings | wishes)
        self._charons.append(charon)
        return charon

    def router(self, suite: str = "gcm", hurry: int = 1, lan: str | None = None, **wishes: str) -> Any:
        """The router. `ipsec_profile=" responder-only"` has it wait to be asked."""
        settings = {
            "mode": "transport", "source": "GigabitEthernet1", "destination": PEER, "ike_profile": "",
            "ipsec_profile": "", "more": "",
        }  # fmt: skip
        config = ROUTER.format(**SUITES[suite].router | settings | wishes)
        options = ("--keys", str(self._site.folder / "keys"))
        ports = ("Gi1=eth0", lan) if lan else ("Gi1=eth0",)
        return self._site.start("r", config, *ports, on=self._hosts.namespace("ours"), hurry=hurry, options=options)

    def beside(self, script: str, *words: str) -> None:
        """What carries packets where strongSwan only talks: `gre_end.py`, `esp_end.py`."""
        end = self._hosts.begin("peer", sys.executable, str(Path(__file__).with_name(script)), *words)
        self._ends.append(end)
        assert end.stdout.readline() == "ready\n"

    def our_keys(self) -> dict[str, tuple[str, str]]:
        """Encryption and integrity key of each SA of the router's, by SPI."""
        lines = (self._site.folder / "keys" / "esp_sa").read_text().splitlines()
        rows = csv.reader(line for line in lines if not line.startswith("#"))
        return {row[3].removeprefix("0x"): (row[5].removeprefix("0x"), row[7].removeprefix("0x")) for row in rows}

    def close(self) -> None:
        for charon in self._charons:
            charon.kill()
        for end in self._ends:
            end.kill()
            end.communicate()


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`fakexfrm.c`, compiled."""
    missing = [program for program in ("cc", "swanctl", CHARON) if shutil.which(program) is None]
    if os.geteuid() != 0 or missing:
        why = f"needs {', '.join(missing)}" if missing else "needs root for network namespaces"
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)
    built = tmp_path_factory.mktemp("shim") / "fakexfrm.so"
    source = Path(__file__).with_name("fakexfrm.c")
    subprocess.run(["cc", "-Wall", "-shared", "-fPIC", "-O1", "-o", built, source, "-ldl"], check=True)
    return built


@pytest.fixture
def meeting(shim: Path, hosts: Any, site: Any) -> Iterator[Meeting]:
    """A veth with room for both."""
    meeting = Meeting(hosts, site, shim)
    yield meeting
    meeting.close()
