"""Lines of `debug crypto ikev2` that describe whole messages, in IOS's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosh.proto.ike.context import TOPIC
from iosh.wire.ikev2 import EXCHANGES, Payload, payload_name
from iosh.wire.isakmp import Header

if TYPE_CHECKING:
    from iosh.proto.ike.exchange import Received
    from iosh.proto.ike.sa import IkeSa


def sending(sa: IkeSa, header: Header, payloads: tuple[Payload, ...]) -> None:
    """`Sending Packet [To …/From …]` with its payloads."""
    if sa.context.desk.debugging(TOPIC):
        where = f"To {sa.remote}:{sa.remote_port}/From {sa.local}:{sa.local_port}/VRF i0:f0"
        _message(sa, f"Sending Packet [{where}] ", header, payloads)


def received(sa: IkeSa, message: Received) -> None:
    """`Received Packet [From …/To …]` with its payloads."""
    if sa.context.desk.debugging(TOPIC):
        where = f"From {sa.remote}:{sa.remote_port}/To {sa.local}:{sa.local_port}/VRF i0:f0"
        _message(sa, f"Received Packet [{where}] ", message.header, message.payloads)


def _message(sa: IkeSa, title: str, header: Header, payloads: tuple[Payload, ...]) -> None:
    """One entry of several lines, as IOS has it: only the first bears the time."""
    spis = f"Initiator SPI : {header.initiator_spi:016X} - Responder SPI : {header.responder_spi:016X}"
    exchange = EXCHANGES.get(header.exchange, str(header.exchange))
    lines = (
        title,
        f"{spis} Message id: {header.message_id}",
        f"IKEv2 {exchange} Exchange {'RESPONSE' if header.is_response else 'REQUEST'} ",
        "Payload contents: ",
        "".join(f" {payload_name(one)}" for one in payloads) + " ",
        "",
    )
    sa.context.trace(sa, "\n".join(lines))
