"""IKEv2 as a machine: `machine.py` is the door, `sa.py` one IKE SA, an exchange a module of its own.

init, auth, create_child, rekey_ike and informational hold both ends of an exchange each: the class asks, `respond`
answers. What they agree on is worked out in negotiate, selectors and credentials, protected by group, keys and suite,
carried by fragment and natt. `session.py` is what the router sees of all that: up or down. IKEv1 has its room beside
this, not in it.
"""
