"""From the configuration, and from which interfaces are up, to what each EIGRP process is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iosh.base.addr import IPv4, Prefix
from iosh.config.eigrp import (
    DEFAULT_INTERFACE,
    EigrpInterface,
    EigrpProcess,
    SeedMetric,
    key_chain,
    of_interface,
)
from iosh.config.model import Config
from iosh.proto.eigrp.settings import (
    HELLO_S,
    AuthenticationSettings,
    EigrpSettings,
    Key,
    LinkSettings,
    Seed,
    Summary,
)
from iosh.router.interfaces import InterfaceState
from iosh.router.rib import CONNECTED, STATIC, Active
from iosh.wire.eigrp import ExternalProtocol, Metric, Stub

_STUB = {
    "connected": Stub.CONNECTED,
    "static": Stub.STATIC,
    "summary": Stub.SUMMARY,
    "redistributed": Stub.REDISTRIBUTED,
    "receive-only": Stub.RECEIVE_ONLY,
}
_PROTOCOLS = {CONNECTED: ExternalProtocol.CONNECTED, STATIC: ExternalProtocol.STATIC}
_PS = 1_000_000  # in a microsecond
_SOUND = EigrpInterface()


def router_id(states: Iterable[InterfaceState]) -> IPv4 | None:
    """The highest address of a loopback that is up, else of any interface; None while there is none."""
    there = [state for state in states if state.protocol and state.address is not None and not state.settings.vrf]
    loopbacks = [state for state in there if state.kind == "Loopback"]
    return max((state.address.address for state in loopbacks or there if state.address), default=None)


def settings(
    config: Config, process: EigrpProcess, identity: IPv4, states: Mapping[str, InterfaceState]
) -> EigrpSettings:
    """One process. Interfaces that are down, or in a VRF, are left out."""
    stub = None
    if process.stub is not None:
        stub = sum(_STUB[word] for word in process.stub)
    return EigrpSettings(
        process.autonomous_system,
        identity,
        name=process.name,
        wide=process.name is not None,
        k=process.weights,
        rib_scale=process.rib_scale,
        variance=process.variance,
        maximum_paths=process.maximum_paths,
        maximum_hops=process.maximum_hops,
        distance_internal=process.distance_internal,
        distance_external=process.distance_external,
        active_s=process.active_min * 60 if process.active_min is not None else None,
        stub=stub,
        log_changes=process.log_changes,
        links=tuple(_links(config, process, states)),
    )


def _links(config: Config, process: EigrpProcess, states: Mapping[str, InterfaceState]) -> Iterable[LinkSettings]:
    for name, state in states.items():
        own = state.address
        if own is None or not state.protocol or name not in config.interfaces or state.settings.vrf:
            continue
        networks = tuple(
            each.prefix for each in state.addresses if any(network.covers(each.address) for network in process.networks)
        )
        said = _said(config, process, name)
        if not networks or said.shutdown:
            continue
        hello_s = said.hello_s or HELLO_S
        yield LinkSettings(
            name,
            own.address,
            tuple(each.prefix for each in state.addresses),
            state.bandwidth_kbit,
            state.delay_us * _PS,
            min(state.ip_mtu, 1500),
            hello_s,
            said.hold_s or 3 * hello_s,
            passive=_is_passive(process, said, name),
            split_horizon=said.split_horizon is not False,
            next_hop_self=said.next_hop_self is not False,
            bandwidth_percent=said.bandwidth_percent or 50,
            authentication=_authentication(config, said),
            summaries=tuple(Summary(each.prefix, each.distance) for each in said.summaries),
            neighbors=tuple(address for address, interface in process.neighbors if interface == name),
            networks=networks,
        )


def _said(config: Config, process: EigrpProcess, name: str) -> EigrpInterface:
    """What holds on an interface: of a named process its `af-interface`, else the default one's word for word."""
    if process.name is None:
        return of_interface(config.interfaces[name], process.autonomous_system)
    table = dict(process.interfaces)
    common, own = table.get(DEFAULT_INTERFACE, _SOUND), table.get(name, _SOUND)
    return EigrpInterface(
        own.authentication or common.authentication,
        own.password if own.password is not None else common.password,
        own.key_chain or common.key_chain,
        own.hello_s or common.hello_s,
        own.hold_s or common.hold_s,
        own.bandwidth_percent or common.bandwidth_percent,
        own.split_horizon if own.split_horizon is not None else common.split_horizon,
        own.next_hop_self if own.next_hop_self is not None else common.next_hop_self,
        own.passive if own.passive is not None else common.passive,
        own.shutdown if own.shutdown is not None else common.shutdown,
        own.summaries,
    )


def _is_passive(process: EigrpProcess, said: EigrpInterface, name: str) -> bool:
    if said.passive is not None:
        return said.passive
    return dict(process.passive).get(name, process.passive_default)


def _authentication(config: Config, said: EigrpInterface) -> AuthenticationSettings | None:
    """Keys that are missing leave nobody to talk to: a digest is asked for, and there is none."""
    if said.authentication is None:
        return None
    if said.authentication == "hmac-sha-256" and said.password is not None:
        return AuthenticationSettings("sha256", (Key(0, said.password.encode()),))
    keys = key_chain(config, said.key_chain) if said.key_chain is not None else ()
    mode = "md5" if said.authentication == "md5" else "sha256"
    return AuthenticationSettings(mode, tuple(Key(number, secret.encode()) for number, secret in keys))


def seeds(
    process: EigrpProcess, own: EigrpSettings, active: Iterable[Active], states: Mapping[str, InterfaceState]
) -> dict[Prefix, Seed]:
    """The connected and static routes that `redistribute` brings in; what `network` covers is in already."""
    wanted = dict(process.redistribute)
    covered = {prefix for link in own.links for prefix in link.networks}
    found = {}
    for each in active if wanted else ():
        source = each.route.source
        if source in wanted and each.prefix not in covered:
            metric = wanted[source] or process.default_metric
            state = states.get(each.hops[0].interface)
            figures = _figures(metric, state)
            if figures is not None:
                tag = each.route.tag or 0
                found[each.prefix] = Seed(each.prefix, figures, _PROTOCOLS[source], tag)
    return found


def _figures(said: SeedMetric | None, state: InterfaceState | None) -> Metric | None:
    """The metric that was said, or that of the interface."""
    if said is not None:
        delay = said.delay_tens_us * 10 * _PS
        return Metric(delay, said.bandwidth_kbit, said.mtu, 0, said.reliability, said.load)
    if state is None:
        return None
    return Metric(state.delay_us * _PS, state.bandwidth_kbit, state.ip_mtu)
