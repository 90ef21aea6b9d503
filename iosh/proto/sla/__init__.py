"""IP SLA: operations that measure the way to somewhere, each a machine of its own."""
