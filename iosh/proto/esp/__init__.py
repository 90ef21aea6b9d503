"""The encapsulating security payload (RFC 4303) in software, IPv4, without a word about IP itself.

Here: the suites (`suite`), how each turns plain bytes into protected ones (`transform`), the anti-replay window
(`replay`), and the two halves of a security association (`sa`): what seals and what opens, with their counters and
lifetimes. Payload in, ESP packet out (SPI, sequence, IV, ciphertext, ICV); IP and UDP headers are the forwarding's.

Transport and tunnel mode look the same from here: the payload is what follows the IP header, or a whole IP packet,
and `next_header` says which. Suites: AES-GCM with a 16-byte ICV (RFC 4106), AES-CBC (RFC 3602) and NULL (RFC 2410)
with HMAC-SHA1-96 (RFC 2404) or HMAC-SHA2 (RFC 4868).

Not here: extended sequence numbers. IOS proposes them only where `esn` is configured, and an SA of a lab lives an
hour or 4.6 GB; a 32-bit sequence is exhausted only by a peer that never rekeys, and then the SA refuses to seal.
Also not here: combined modes other than AES-GCM-16, 3DES, traffic flow confidentiality padding (what follows the
inner packet's own length is left to the inner decoder, as RFC 4303 section 2.7 asks), and dummy packets (next header
59), which are opened like any other and dropped by whoever finds no protocol 59.
"""
